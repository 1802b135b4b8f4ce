"""All faults, by kind: a file for each kind, which opens with what it is and has ``FAULTS``."""

import importlib
import pkgutil

from tests.faults.fault import Fault


def kinds(context: str | None = None) -> dict[str, list[Fault]]:
    """{kind: its faults}; the kind is the first line of its file, which says ``CONTEXT = "local"`` where its faults
    need the real cluster of `make cluster`. ``context``: those of that cluster alone."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {
        (module.__doc__ or "").splitlines()[0].rstrip("."): list(module.FAULTS)
        for module in modules
        if context in (None, getattr(module, "CONTEXT", "embedded"))
    }
