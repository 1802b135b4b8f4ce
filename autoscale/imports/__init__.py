"""Other tools' results as records: Prometheus range answers, k6's JSON lines, Locust's CSV."""

import json
from collections.abc import Sequence
from pathlib import Path

from autoscale.base.errors import InputError
from autoscale.imports import k6, locust, prometheus
from autoscale.imports.building import Source, record, write
from autoscale.record.rows import Row

TOOLS = ("prometheus", "k6", "locust")

__all__ = ["TOOLS", "convert", "detect", "write"]


def detect(path: Path) -> str:
    """Which tool wrote a file, by its beginning; raises InputError where none did."""
    head = _text(path, 4096).lstrip()
    if head.startswith("{") and '"type"' in head.splitlines()[0] and '"metric"' in head.splitlines()[0]:
        return "k6"
    if head.startswith("{"):
        return "prometheus"
    if head.startswith(("Timestamp,", '"Timestamp"')):
        return "locust"
    raise InputError(
        f"{path} is of no known form", fix="give a Prometheus range answer, k6 JSON lines or a Locust history"
    )


def convert(
    paths: Sequence[Path], tool: str | None, name: str, *, workload: str | None = None, objectives: Sequence[str] = ()
) -> list[Row]:
    """The rows of a record from one or (Prometheus) several files. Raises InputError on what cannot be read."""
    tool = tool or detect(paths[0])
    if tool == "prometheus":
        series = [one for path in paths for one in prometheus.series_of(_document(path), str(path))]
        others, found = prometheus.rows(series, workload)
        source = Source("Prometheus", name, "Deployment", found, objectives, prometheus.NOTES)
        return record(source, prometheus.seconds(series), others)
    if len(paths) > 1:
        raise InputError(f"{tool} results are one file, found {len(paths)}", fix="import each on its own")
    module = k6 if tool == "k6" else locust
    try:
        with paths[0].open(encoding="utf-8", errors="replace", newline="") as file:
            seconds = module.read(file, str(paths[0]))
    except OSError as error:
        raise InputError(f"cannot read {paths[0]}: {error.strerror}") from None
    source = Source(tool, name, "Deployment", workload or "unknown", objectives, module.NOTES)
    return record(source, seconds, ())


def _text(path: Path, size: int = -1) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(size)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def _document(path: Path) -> object:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from None
