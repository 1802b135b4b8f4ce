"""F28 mass-failure: many requests failed."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

FAILED_SHARE = Threshold(0.05, "of all requests", "failed or never sent over the whole load")
FAILED_SPELL = Threshold(0.5, "of the requests", "failed or never sent in some 30 s")
_SPELL_S = 30


def check(run: Run) -> Hit | None:
    """F28: requests failed or timed out in numbers that no objective would bear."""
    seconds = run.analysis.seconds
    wrong = [(a or 0) + (b or 0) for a, b in zip(seconds.failed, seconds.dropped, strict=True)]
    total = [(a or 0) + n for a, n in zip(seconds.answered, wrong, strict=True)]
    if not sum(total):
        return None
    share = sum(wrong) / sum(total)
    worst = _worst(wrong, total)
    if share < FAILED_SHARE.value and worst < FAILED_SPELL.value:
        return None
    bad = [i for i, n in enumerate(wrong) if n]
    start, end = seconds.start + bad[0], seconds.start + bad[-1] + 1
    causes = sorted(run.analysis.failures.items(), key=lambda item: -item[1])[:3]
    if (dropped := sum(n or 0 for n in seconds.dropped)) > 0:
        causes.append(("never sent", dropped))
    return Hit(
        sentence=f"{sum(wrong)} of {sum(total)} requests ({share:.1%}) failed or were never sent: "
        + ", ".join(f"{cause} {n}" for cause, n in causes)
        + ".",
        evidence=(
            Evidence(words="failed or never sent", value=share, unit="share", start=start, end=end),
            Evidence(words="worst 30 s", value=worst, unit="share", start=start, end=end),
            *(Evidence(words=cause, value=n, unit="requests", start=start, end=end) for cause, n in causes),
        ),
        advice=_advice(dict(causes)),
        patch=None,
        start=start,
        end=end,
    )


def _worst(wrong: list[int], total: list[int]) -> float:
    """The largest share in 30 s; of a shorter load, in all of it."""
    length = min(_SPELL_S, len(total))
    shares = [
        sum(wrong[i : i + length]) / n for i in range(len(total) - length + 1) if (n := sum(total[i : i + length]))
    ]
    return max(shares, default=0.0)


def _advice(causes: dict[str, int]) -> str:
    first = max(causes, key=lambda cause: causes[cause])
    if first == "timeout":
        return "Requests outlasted their time-out: there were too few pods for the load, or the pods wait for others."
    if first.startswith("connection"):
        return "Nobody answered: see whether pods were ready, restarted, or refused connections."
    if first.startswith("status 5"):
        return f"The service answered {first.removeprefix('status ')}: see its log."
    if first.startswith("status "):
        return f"Most are {first.removeprefix('status ')}: are the scenario's paths and `expect` right?"
    return "See the causes, and the service's log."


RULE = Rule(
    id="F28",
    name="mass-failure",
    order=55,
    title="Many requests failed",
    severity="error",
    check=check,
    thresholds=(FAILED_SHARE, FAILED_SPELL),
    facts=True,
    symptom=True,
    cure="By the cause: more capacity for time-outs, the service's log for 5xx, the scenario's paths for 4xx.",
)
