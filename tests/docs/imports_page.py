"""docs/imports.md, made from what the importers know."""

from autoscale.imports import importers
from autoscale.imports.prom.families import KNOWN, KUBERNETES, Family
from autoscale.imports.prom.requests import NAMESPACES, WHOSE
from autoscale.imports.prom.status import LABELS

INTRODUCTION = """# Imports

`autoscale import FILE... --out run.jsonl` turns what another tool measured into a record, so that it can be
reported, judged and compared. Made by `make docs` from what the importers know; do not edit.

What the files do not hold stays unknown, never 0 and never a pass: an objective can be judged where what it needs
is there. A request that several views count (Istio's two reporters, Traefik's entry point, router and service) is
counted once, and a note says by which. A file that was cut off is read as far as it goes, and the record is marked
partial. `.gz` is read as it is.

**Percentiles** are known as far as the buckets allow: a p95 somewhere between 250 and 500 ms is told so, a bound
inside the bucket is unknown, and what lies above the last bound is "at least".

**A server's own figures** (a service's, not a proxy's before it) are of what it answered. How long clients had waited
before it began, and whether they were still there, is not in them: 20 of 20 were well where clients got 2
([peers](peers.md)). Each import says so. Durations may also hold what came after the answer: FastAPI's background
tasks, with prometheus-fastapi-instrumentator or OpenTelemetry (3 s where the client waited 30 ms).

**New pods** (a `pod` label, first seen after the others): what their counters hold at the first scrape was counted in
the step before it, which `increase()` leaves out; but not where it is more than twice what the busiest pod grows by in
a step: such a pod was there before, and its past is left aside.

## Forms

They are told apart by how a file begins; `--from` asks for one tool's.

| tool | form |
| --- | --- |
"""

SERIES = """
## Series that count requests

Raw counters, not `rate()`, whose answer has no name any more. The unit is that of the series' own name, and where that
names none the buckets' bounds may tell. Names and labels were read in each one's own source or documentation (the last
column); but for this project's own app the programs were not run. OpenTelemetry's dots (`http.server.request.duration`,
as Prometheus 3 may keep them) are read as underscores.

| from | counters, the first that is there | durations, unit | labels that are used | release line | read in |
| --- | --- | --- | --- | --- | --- |
"""

REST = """
The end of a request is read from the first of these labels that a series has, in any spelling (`statusCode`,
`http.status_code`): {labels}. Codes of 1xx to 3xx and words such as `success` are answers, 4xx, 5xx and words such as
`error` failures; where two labels disagree (gRPC fails with HTTP 200) the failure counts; without any, the end is
unknown.

Whose requests they are is read from the first of these labels: {whose}, or from the pods' owners; the namespace from
{namespaces}.

## Kubernetes in Prometheus

{kubernetes}. A container's CPU is taken, and the sum of its pod (a series without a `container` label) left aside.
Objects are told apart by namespace, owner and the `_info` series; where several fit, `--workload NAMESPACE/NAME`
chooses.
"""


def page() -> str:
    """The whole page."""
    forms = "".join(f"| {one.tool} | {one.form} |\n" for one in importers())
    series = "".join(
        f"| {one.source} | {_code(one.counters)} | {_durations(one)} | {one.labels} | {one.since} | {one.read_in} |\n"
        for one in KNOWN
    )
    return (
        INTRODUCTION
        + forms
        + SERIES
        + series
        + REST.format(
            labels=_code(LABELS),
            kubernetes=KUBERNETES,
            whose=_code(tuple(name for name, _ in WHOSE)),
            namespaces=_code(NAMESPACES),
        )
    )


def _durations(family: Family) -> str:
    return f"`{family.histogram}`, {family.unit}" if family.histogram else "none"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
