"""Kubeconfigs as kubectl reads them: several files merged, of which only what the chosen context names has to be right.

Nothing that could be a credential is ever in a message.
"""

import base64
import difflib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import yaml
from urllib3.util import parse_url

from autoscale.base.errors import InputError, Problem
from loadtest.yamltext import KubernetesLoader, fault, text_of

EMBEDDED = "embedded"
UNREADABLE = "(unreadable)"
_PARTS = ("clusters", "contexts", "users")
_PATHS = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}
_USERINFO = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#]*@")  # what may be a credential in an address is not shown
_IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")
_TOKEN = re.compile(r"[\x21-\x7e]+")


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


@dataclass(frozen=True)
class Kubeconfig:
    """What the files hold, by name; ``path`` as they were named; nothing can be made of ``strange`` entries."""

    path: str
    clusters: Mapping[str, Mapping[str, Any]]
    contexts: Mapping[str, Mapping[str, Any]]
    users: Mapping[str, Mapping[str, Any]]
    strange: tuple[Problem, ...]


def kubeconfig_path(given: Path | str | None = None) -> str:
    """The kubeconfig to read: the given one, $KUBECONFIG, or ~/.kube/config."""
    return str(given or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")


def read(path: str, wanted: str = "") -> Kubeconfig:
    """Every file of a path (several joined by ``:``); the first definition of a name counts. InputError.

    ``wanted``: the context it is read for; where there is no file the word may have been meant for ``embedded``.
    """
    files = [Path(part).expanduser() for part in path.split(os.pathsep) if part]
    present = [file for file in files if os.path.isfile(file)]
    if not present:
        fix = "name one with --kubeconfig or $KUBECONFIG, or use --context embedded for no cluster at all"
        raise InputError(f"there is no kubeconfig at {path}", fix=_nearest(wanted, [], fix))
    held: dict[str, dict[str, Mapping[str, Any]]] = {part: {} for part in _PARTS}
    strange: list[Problem] = []
    for file in present:
        config = _load(file)
        for part in _PARTS:
            for name, body in _entries(config, part, file, strange):
                held[part].setdefault(name, body)
    return Kubeconfig(
        path=path, clusters=held["clusters"], contexts=held["contexts"], users=held["users"], strange=tuple(strange)
    )


def _load(file: Path) -> Mapping[str, Any]:
    """One kubeconfig file as a mapping; an error names the place, never what stands there."""
    try:
        config = yaml.load(text_of(file), KubernetesLoader)
    except yaml.YAMLError as error:
        line, _ = fault(error)  # the text may hold a token
        raise InputError(f"the kubeconfig {file}{f', {line}' if line else ''} is not YAML") from None
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "bytes that are not UTF-8"
        raise InputError(f"the kubeconfig {file} cannot be read: {what}") from None
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise InputError(f"the kubeconfig {file} holds no configuration")
    return config


def _entries(
    config: Mapping[str, Any], part: str, file: Path, strange: list[Problem]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The named entries of a part, file names in them made absolute; kubectl passes over those without a name too."""
    listed = config.get(part) or []
    if not isinstance(listed, list):
        problem = Problem(f"{file}: {part}", f"a {type(listed).__name__}", "a list of entries with a name each")
        raise InputError(f"the kubeconfig {file} cannot be read", problems=[problem])
    kind = part.removesuffix("s")
    for number, entry in enumerate(listed):
        name = entry.get("name") if isinstance(entry, dict) else None
        body = entry.get(kind) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not isinstance(body, dict | None):
            strange.append(Problem(f"{file}: {part}[{number}]", "no name or no content", f"a name and a {kind}"))
            continue
        yield name, _absolute(body or {}, kind, file.parent)


def _absolute(body: Mapping[str, Any], kind: str, folder: Path) -> Mapping[str, Any]:
    """File names are relative to the kubeconfig that names them; so is a plugin that is named with a path."""
    made = dict(body)
    for key in _PATHS.get(kind, ()):
        if isinstance(made.get(key), str) and made[key]:
            made[key] = str(folder / made[key])
    plugin = made.get("exec")
    if isinstance(plugin, dict) and os.sep in str(plugin.get("command", "")):
        made["exec"] = {**plugin, "command": str(folder / str(plugin["command"]))}
    return made


def contexts_of(config: Kubeconfig) -> list[Context]:
    """Every context, whatever is wrong with it."""
    return [_context(config, name) for name in config.contexts]


def _context(config: Kubeconfig, name: str) -> Context:
    body = config.contexts[name]
    cluster = config.clusters.get(str(body.get("cluster", "")), {})
    try:
        ca = _ca(cluster)
    except (OSError, ValueError, TypeError):
        ca = UNREADABLE
    server = _USERINFO.sub(r"\1", str(cluster.get("server") or "")).rstrip("/")
    return Context(name, server, ca, str(body.get("namespace") or "default"))


def _ca(cluster: Mapping[str, Any]) -> str:
    """The SHA-256 of a cluster's CA certificate, "" where it names none."""
    data = b""
    if cluster.get("certificate-authority-data"):
        data = base64.b64decode(cluster["certificate-authority-data"])
    elif cluster.get("certificate-authority"):
        data = Path(cluster["certificate-authority"]).read_bytes()
    return hashlib.sha256(data).hexdigest() if data else ""


def choose(config: Kubeconfig, name: str) -> Context:
    """One context by name, whole enough to be used. InputError naming what is wrong, or the closest name."""
    if name not in config.contexts:
        names = ", ".join(config.contexts) or "none"
        fix = "choose one with --context, another file with --kubeconfig, or --context embedded for no cluster at all"
        what = f"there is no context {name} in {config.path} (contexts there: {names})"
        raise InputError(what, problems=config.strange, fix=_nearest(name, config.contexts, fix))
    context = _context(config, name)
    problems = list(_faults(config, context))
    if problems:
        raise InputError(f"the context {name} of {config.path} cannot be used", problems=problems)
    return context


def _nearest(name: str, names: Iterable[str], otherwise: str) -> str:
    """A question after the context that was meant, where one is near; else another way out."""
    close = difflib.get_close_matches(name, [*names, EMBEDDED], n=1)
    return f"did you mean {close[0]}?" if close else otherwise


def _faults(config: Kubeconfig, context: Context) -> Iterator[Problem]:
    """What keeps a context from being used."""
    body = config.contexts[context.name]
    where = f"{config.path}: context {context.name}"
    cluster = config.clusters.get(str(body.get("cluster", "")))
    if cluster is None:
        yield Problem(f"{where}: cluster", repr(body.get("cluster")), "the name of one of its clusters")
        return
    server = _address(cluster.get("server"))
    if server.scheme not in ("http", "https") or not server.hostname:
        yield Problem(f"{where}: server", "no address", "https://HOST:PORT")
    elif server.username is not None or server.password is not None:
        yield Problem(
            f"{where}: server", "an address with credentials in it", "credentials in users, not in an address"
        )
    if context.ca == UNREADABLE:
        yield Problem(
            f"{where}: certificate-authority", "a certificate that cannot be read", "a PEM file, or its base64"
        )
    proxy = _address(cluster.get("proxy-url"))
    if cluster.get("proxy-url") and (proxy.scheme not in ("http", "https") or not proxy.hostname):
        found = f"a {proxy.scheme} proxy" if proxy.hostname else "no address"
        yield Problem(f"{where}: proxy-url", found, "an http or https proxy: http://HOST:PORT")
    user = config.users.get(str(body.get("user", "")))
    if user is None and body.get("user"):
        yield Problem(f"{where}: user", repr(body.get("user")), "the name of one of its users")
    yield from _user_faults(user or {}, where)


def _address(url: Any) -> SplitResult:
    """A URL in parts; of what is none, or could not be asked, all parts are empty."""
    try:
        parts = urlsplit(str(url or ""))
        _ = parts.port  # which is read only here
        parse_url(str(url or ""))  # what the client will make of it
    except ValueError:  # of urllib3, too
        return urlsplit("")
    return parts


def _user_faults(user: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """What of a user would be passed over in silence, or cannot be read."""
    for key in _IMPERSONATION:
        if user.get(key):
            yield Problem(f"{where}: user: {key}", "impersonation", "a user with rights of its own")
    if user.get("auth-provider"):
        yield Problem(f"{where}: user: auth-provider", "a provider, which kubectl has dropped (1.26)", "an exec plugin")
    if user.get("tokenFile"):
        yield from _token_faults(str(user["tokenFile"]), where)


def _token_faults(file: str, where: str) -> Iterator[Problem]:
    try:
        token = read_token(file)
    except (OSError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else "not text"
        yield Problem(f"{where}: tokenFile", f"{file}: {what}", "a readable file")
        return
    if not is_token(token):
        yield Problem(f"{where}: tokenFile", f"{file}, which holds no token", "one line of visible characters")


def read_token(file: str) -> str:
    """The token in a file, as client-go reads it: without blanks and line ends around it. OSError or ValueError."""
    return Path(file).read_text(encoding="utf-8").strip()


def is_token(text: str) -> bool:
    """Whether a text can be a bearer token in a header."""
    return bool(_TOKEN.fullmatch(text))


def alone(config: Kubeconfig, context: Context) -> dict[str, Any]:
    """A kubeconfig with this context and nothing else, for the client library; a token file's token stands in it."""
    body = dict(config.contexts[context.name])
    cluster = config.clusters[str(body["cluster"])]
    user = dict(config.users.get(str(body.get("user", "")), {}))
    if user.get("tokenFile"):
        user["token"] = read_token(str(user.pop("tokenFile")))
    names = {"cluster": "cluster", "user": "user"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": dict(cluster)}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": context.name, "context": {**body, **names}}],
        "current-context": context.name,
    }


def token_file(config: Kubeconfig, context: Context) -> str | None:
    """The file that a context's token is read from, again and again; None where it is not in a file."""
    user = config.users.get(str(config.contexts[context.name].get("user", "")), {})
    return str(user["tokenFile"]) if user.get("tokenFile") else None


def plugin_of(config: Kubeconfig, context: Context) -> str | None:
    """The command that gives a context's credentials; None where it has another way."""
    user = config.users.get(str(config.contexts[context.name].get("user", "")), {})
    plugin = user.get("exec")
    return str(plugin.get("command")) if isinstance(plugin, dict) else None
