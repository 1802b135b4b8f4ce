"""What the service reads from its environment."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass


class SettingsError(ValueError):
    """One or more environment variables are wrong; the message lists them all."""


@dataclass(frozen=True)
class Settings:
    """One container's settings. Ages in seconds; None: connections may grow as old as they like. ``upstream``: a URL
    that is asked for each ``/work``, as a service asks the next one in a path; "" for none. ``session_key`` signs the
    shop's cookies, the same in all pods; the one that everybody knows does where nothing is sold."""

    pod: str
    host: str = "127.0.0.1"
    port: int = 8080
    admin_port: int = 8081
    app_name: str = "Python container"
    app_number: str = "1"
    max_connection_age_s: float | None = None
    upstream: str = ""
    session_key: str = "known to everybody"

    @property
    def greeting(self) -> str:
        """What ``/`` answers."""
        return f"Hello from {self.app_name} {self.app_number}!"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Settings from ``POD_NAME, POD_IP, PORT, ADMIN_PORT, APP_NAME, APP_NUMBER, MAX_CONNECTION_AGE, UPSTREAM,
    SESSION_KEY``.

    Raises SettingsError naming every variable that is wrong.
    """
    problems: list[str] = []
    port = _port(environment, "PORT", 8080, problems)
    admin_port = _port(environment, "ADMIN_PORT", 8081, problems)
    if port == admin_port:
        problems.append(f"ADMIN_PORT: found {admin_port}, wanted another port than PORT")
    age = _age(environment, problems)
    upstream = environment.get("UPSTREAM") or ""
    if upstream and not upstream.startswith("http://"):
        problems.append(f"UPSTREAM: found {upstream!r}, wanted a URL such as http://cart:8080/work")
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(
        pod=environment.get("POD_NAME") or socket.gethostname(),
        host=environment.get("POD_IP") or "127.0.0.1",
        port=port,
        admin_port=admin_port,
        app_name=environment.get("APP_NAME") or "Python container",
        app_number=environment.get("APP_NUMBER") or "1",
        max_connection_age_s=age,
        upstream=upstream,
        session_key=environment.get("SESSION_KEY") or Settings.session_key,
    )


def _port(environment: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = environment.get(name) or str(default)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    problems.append(f"{name}: found {text!r}, wanted a port from 1 to 65535")
    return default


def _age(environment: Mapping[str, str], problems: list[str]) -> float | None:
    text = environment.get("MAX_CONNECTION_AGE") or ""
    if not text:
        return None
    try:
        age = float(text)
    except ValueError:
        age = -1
    if 0 < age < 1e9:
        return age
    problems.append(f"MAX_CONNECTION_AGE: found {text!r}, wanted seconds above 0 (unset: no limit)")
    return None
