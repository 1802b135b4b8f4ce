"""Other tools' results as records; what they do not hold stays unknown (docs/imports.md)."""

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.imports import files, tools
from autoscale.imports.building import record, write
from autoscale.imports.importer import Importer
from autoscale.imports.near import close_by
from autoscale.record.rows.kinds import Row

__all__ = ["convert", "detect", "importers", "tool_names", "write"]


@cache
def importers() -> tuple[Importer, ...]:
    """Every importer: the modules of ``autoscale.imports.tools``, in the order of their names."""
    modules = (import_module(f"{tools.__name__}.{module.name}") for module in pkgutil.iter_modules(tools.__path__))
    return tuple(module.IMPORTER for module in modules)


def tool_names() -> list[str]:
    """The tools whose results can be imported."""
    return sorted({importer.tool for importer in importers()})


def detect(path: Path, tool: str | None = None) -> Importer:
    """The importer for a file, by its beginning; of ``tool``'s where that is given. InputError where none is."""
    head = files.head(path)
    fitting = [importer for importer in importers() if tool in (None, importer.tool)]
    for importer in fitting:
        if importer.recognises(head):
            return importer
    if (near := close_by(head)) is not None:
        problem = Problem(str(path), near.what, near.wanted)
        raise InputError(f"{path} does not say what happened when", problems=[problem], fix=near.fix)
    known = "; ".join(f"{importer.tool}: {importer.form}" for importer in fitting)
    found = repr(head[:60].splitlines()[0]) if head.strip() else "an empty file"
    raise InputError(f"{path} is of no known form", problems=[Problem(str(path), f"it begins with {found}", known)])


def convert(
    paths: Sequence[Path], tool: str | None, name: str, *, workload: str | None = None, objectives: Sequence[str] = ()
) -> list[Row]:
    """The rows of a record from one file, or (Prometheus) several. InputError on what cannot be read."""
    importer = detect(paths[0], tool)
    for path in paths[1:]:
        if (other := detect(path, tool)) is not importer:
            problem = Problem(str(path), f"{other.tool}: {other.form}", f"{importer.tool} as {paths[0]}")
            raise InputError("the files are of different forms", problems=[problem])
    return record(importer.tool, name, importer.read(paths, workload), workload, objectives)
