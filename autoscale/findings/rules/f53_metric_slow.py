"""F53 metric-slow: the API of a metric took long to answer."""

from statistics import median

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

SLOW = Threshold(1, "s", "what half of the answers of a metric's API took at least")
ANSWERS = Threshold(4, "answers", "answers that it takes to say so")


def check(run: Run) -> Hit | None:
    """F53: an adapter that answers in seconds: the HPA waits as long at each of its passes, and so do others."""
    slow = [(median(took for _, took in asked), name) for name, asked in _asked(run).items()]
    worst, name = max(slow, default=(0.0, ""))
    if worst < SLOW.value:
        return None
    answers = _asked(run)[name]
    longest = max(took for _, took in answers)
    return Hit(
        sentence=f"The API behind {name} took {worst:.1f} s to answer (the longest {longest:.1f} s of {len(answers)} "
        "times that this run asked): the HPA waits as long at each of its passes, and what it decides by is as old.",
        evidence=(Evidence(words=f"answer of {name}, median", value=worst, unit="s"),),
        advice="See the adapter's query and what it asks (a shorter range, a recording rule, fewer series), its CPU "
        "and memory, and for KEDA `useCachedMetrics`. A controller looks after few HPAs at a time "
        "(`--concurrent-horizontal-pod-autoscaler-syncs`, 5): slow metrics of some hold up all.",
        patch=None,
        start=answers[0][0],
        end=answers[-1][0],
    )


def _asked(run: Run) -> dict[str, list[tuple[float, float]]]:
    """When each metric was asked for under load, and how long the answer took; those with enough answers."""
    asked = {
        metric.name: [one for one in metric.answers if run.start <= one[0] <= run.end]
        for metric in run.analysis.hpa_metrics
    }
    return {name: answers for name, answers in asked.items() if len(answers) >= ANSWERS.value}


RULE = Rule(
    id="F53",
    name="metric-slow",
    order=98,
    title="A metric's API took long to answer",
    severity="warning",
    check=check,
    thresholds=(SLOW, ANSWERS),
    cure="The adapter's query, its resources, or a cache.",
)
