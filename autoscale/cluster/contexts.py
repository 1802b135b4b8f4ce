"""Which clusters there are, and which of them may receive load: kept by server address and CA, not by name."""

import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from autoscale.base.errors import InputError
from autoscale.cluster.kubeconfig import EMBEDDED, Context, choose, kubeconfig_path, read

MANY_NODES = 20
_PRODUCTION = re.compile(r"(^|[^a-z])(prod|production|prd|live)([^a-z]|$)", re.IGNORECASE)


def find(name: str, kubeconfig: Path | str | None = None) -> Context:
    """One context that can be used; InputError naming the contexts that there are, or what is wrong with it."""
    return choose(read(kubeconfig_path(kubeconfig), name), name)


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
