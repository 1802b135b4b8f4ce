"""The verdict's second opinion is itself held against rows: each verdict is true of some, and untrue of others."""

from typing import Any

import pytest

from tests.faults.oracle import untrue

Rows = list[dict[str, Any]]
HEADER = {
    "k": "header",
    "t": 0.0,
    "target": {"name": "web"},
    "scenario": {
        "objectives": ["errors < 5%", "ready >= 3 within 20s of peak"],
        "requests": [{"timeout": 30.0}],
        "stages": [{"name": "peak", "start_s": 2.0}],
    },
}


def record(
    *, failed: int = 0, ready_at: float | None = 10.0, lag: int = 100, gap: bool = False, end: bool = True
) -> Rows:
    """Thirty seconds of ten answers each; ``lag``: the bucket in which every request's lateness lies."""
    rows: Rows = [HEADER, {"k": "mark", "t": 1.0, "at": 1.0, "name": "load-start"}]
    rows += [
        {
            "k": "load",
            "t": 2.0 + n,
            "shard": 0,
            "seq": n,
            "planned": 10,
            "answered": 10 - failed,
            "dropped": 0,
            "failed": {"timeout": failed},
            "lag": {str(lag): 10},
            "cpu_s": 0.1,
        }
        for n in range(30)
    ]
    rows += [
        {"k": "workload", "t": t, "name": "web", "uid": "w", "ready": n} for t, n in ((0.5, 2), (ready_at, 3)) if t
    ]
    rows += [{"k": "gap", "t": 20.0, "source": "pods"}] if gap else []
    rows.sort(key=lambda row: float(row["t"]))
    return [*rows, {"k": "end", "t": 40.0, "reason": "done"}] if end else rows


@pytest.mark.parametrize(
    ("rows", "true"),
    [
        (record(), {0}),
        (record(failed=1), {1}),
        (record(ready_at=30.0), {1}),
        (record(ready_at=None), {1}),
        (record(ready_at=23.5), {0, 1, 5}),
        (record(gap=True), {0, 5}),
        (record(end=False), {5}),
        (record(lag=450), {6}),
    ],
    ids=["whole", "errors", "late", "never", "near its bound", "a gap", "cut", "a late generator"],
)
def test_a_verdict_is_true_of_the_rows_that_speak_for_it(rows: Rows, true: set[int]) -> None:
    """Where the generator kept its plan, both objectives held and nothing is missing, only a pass is; and so on."""
    found = {code for code in (0, 1, 5, 6) if not untrue(code, rows)}
    assert true <= found
    assert found <= true | ({1, 5} if rows[-1]["k"] != "end" or 6 in true else set())


def test_a_worker_that_was_lost_may_make_it_unknown() -> None:
    """So may an HPA that another took the place of; neither makes it invalid."""
    lost = [*record()[:-1], {"k": "mark", "t": 21.0, "at": 21.0, "name": "worker-lost"}, record()[-1]]
    assert untrue(5, lost) == []
    assert untrue(6, lost) == ["invalid, though by the rows the generator kept its plan"]
    assert untrue(5, record()) == ["unknown, though nothing in the rows makes it so"]
