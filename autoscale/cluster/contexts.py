"""Which clusters there are, and which of them may receive load: kept by server address and CA, not by name."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autoscale.base.errors import InputError

EMBEDDED = "embedded"
MANY_NODES = 20
_PRODUCTION = re.compile(r"(^|[^a-z])(prod|production|prd|live)([^a-z]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Context:
    """A named context of a kubeconfig. ``ca`` is the SHA-256 of its CA certificate ("" where it names none)."""

    name: str
    server: str
    ca: str
    namespace: str

    @property
    def identity(self) -> tuple[str, str]:
        """What the allow-list keeps: a renamed context stays allowed, another cluster of the same name does not."""
        return (self.server, self.ca)


def kubeconfig_path(given: Path | str | None = None) -> str:
    """The kubeconfig to read: the given one, $KUBECONFIG, or ~/.kube/config."""
    return str(given or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")


def find(name: str, kubeconfig: Path | str | None = None) -> tuple[Context, str]:
    """One context and the path it was read from; InputError naming the contexts that there are."""
    path = kubeconfig_path(kubeconfig)
    contexts = read_contexts(path)
    for context in contexts:
        if context.name == name:
            return context, path
    names = ", ".join(context.name for context in contexts) or "none"
    raise InputError(
        f"there is no context {name} in {path} (contexts there: {names})",
        fix="choose one with --context, another file with --kubeconfig, or --context embedded for no cluster at all",
    )


def read_contexts(path: str) -> list[Context]:
    """Every context of a kubeconfig (several files joined by ``:``, the first definition of a name counts)."""
    files = [Path(part).expanduser() for part in path.split(os.pathsep) if part]
    present = [file for file in files if file.is_file()]
    if not present:
        raise InputError(f"there is no kubeconfig at {path}", fix="name one with --kubeconfig or $KUBECONFIG")
    clusters: dict[str, tuple[str, str]] = {}
    contexts: dict[str, dict[str, Any]] = {}
    for file in present:
        config = _load(file)
        for entry in config.get("clusters") or []:
            clusters.setdefault(entry["name"], _identity(entry.get("cluster") or {}, file.parent))
        for entry in config.get("contexts") or []:
            contexts.setdefault(entry["name"], entry.get("context") or {})
    return [
        Context(name, *clusters.get(body.get("cluster", ""), ("", "")), body.get("namespace") or "default")
        for name, body in contexts.items()
    ]


def _load(file: Path) -> dict[str, Any]:
    """One kubeconfig file as a mapping."""
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"the kubeconfig {file} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise InputError(f"the kubeconfig {file} holds no configuration")
    return config


def _identity(cluster: dict[str, Any], folder: Path) -> tuple[str, str]:
    """Server address and CA hash of a kubeconfig's cluster."""
    data = b""
    try:
        if cluster.get("certificate-authority-data"):
            data = base64.b64decode(cluster["certificate-authority-data"])
        elif cluster.get("certificate-authority"):
            data = (folder / cluster["certificate-authority"]).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"the CA certificate of {cluster.get('server')} cannot be read: {error}") from error
    return str(cluster.get("server", "")).rstrip("/"), hashlib.sha256(data).hexdigest() if data else ""


def allow_file() -> Path:
    """Where the allow-list lies: $XDG_CONFIG_HOME/autoscale/contexts.json."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "autoscale" / "contexts.json"


def allowed() -> list[dict[str, str]]:
    """The allow-list: ``[{"name", "server", "ca"}]``; InputError when the file is not one."""
    file = allow_file()
    if not file.exists():
        return []
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return [{key: str(entry[key]) for key in ("name", "server", "ca")} for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the allow-list {file} cannot be read: {error}", fix="remove it and allow again") from error


def allow(context: Context) -> None:
    """Let a cluster receive load from now on."""
    others = [entry for entry in allowed() if (entry["server"], entry["ca"]) != context.identity]
    _save([*others, {"name": context.name, "server": context.server, "ca": context.ca}])


def revoke(name: str) -> bool:
    """Take clusters of this name off the list; whether there was one."""
    return _drop("name", name)


def revoke_server(server: str) -> bool:
    """Take clusters at this address off the list, whatever they are called; whether there was one."""
    return _drop("server", server)


def _drop(key: str, value: str) -> bool:
    entries = allowed()
    kept = [entry for entry in entries if entry[key] != value]
    if len(kept) < len(entries):
        _save(kept)
    return len(kept) < len(entries)


def _save(entries: Iterable[dict[str, str]]) -> None:
    """Write the allow-list whole, so that a crash leaves the old one or the new one."""
    file = allow_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(list(entries), indent=2) + "\n", encoding="utf-8")
    draft.replace(file)


def is_allowed(context: Context) -> bool:
    """Whether this very cluster (address and CA) was allowed."""
    return any((entry["server"], entry["ca"]) == context.identity for entry in allowed())


def doubts(context: Context, nodes: int | None) -> list[str]:
    """Why a person should look twice, allowed or not."""
    found = []
    if _PRODUCTION.search(context.name) or _PRODUCTION.search(context.server):
        found.append("its name looks like production")
    if nodes is not None and nodes > MANY_NODES:
        found.append(f"it has {nodes} nodes (more than {MANY_NODES})")
    return found


def guard(context: Context, nodes: int | None, ask: Callable[[str], str] | None) -> None:
    """Refuse a cluster that may not receive load.

    ``ask(prompt)`` returns what a person typed; None where there is no terminal. InputError on refusal.
    """
    if context.name == EMBEDDED:
        return
    doubt = doubts(context, nodes)
    if is_allowed(context) and not doubt:
        return
    why = " and ".join(doubt) if is_allowed(context) else " and ".join(["it was never allowed", *doubt])
    if ask is not None:
        typed = ask(f"Load would be sent to {context.name} ({context.server}): {why}. Type the context's name to go on")
        if typed.strip() == context.name:
            return
    raise InputError(
        f"the cluster of context {context.name} ({context.server}) is refused: {why}",
        fix=f"run `autoscale contexts allow {context.name}` first"
        if not is_allowed(context)
        else "start it from a terminal, where the question can be answered",
    )
