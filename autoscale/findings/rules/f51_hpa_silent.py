"""F51 hpa-silent: the HPA did not look."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

SILENT_FOR = Threshold(3, "syncs", "how long the HPA's status stood still while its pods' CPU was above the target")

ABOVE = Threshold(1.1, "x", "the pods' CPU beside the target: the HPA's own tolerance")


def check(run: Run) -> Hit | None:
    """F51: an HPA whose status goes on showing a low CPU while the samples of its pods are above the target."""
    cpu, replicas = run.analysis.cpu, run.analysis.replicas
    if any(metric.is_cpu and metric.container for metric in run.analysis.hpa_metrics):
        return None  # the samples here are of whole pods
    over = run.both(cpu.total, cpu.target, lambda total, target: total >= ABOVE.value * target)
    counted = run.both(replicas.running, replicas.ready, lambda running, ready: ready >= running)  # by the HPA
    low = run.both(counted, cpu.utilization, lambda all_of_them, shown: all_of_them and shown <= (run.target or 0.0))
    silent = run.both(over, low, lambda high, shown: high and shown)
    longest = (0.0, 0.0)
    for since, until, shown in cpu.utilization.segments(run.start, run.analysis.end):
        if shown is None or any(gap.start < until and gap.end > since for gap in run.analysis.gaps):
            continue
        longest = max((longest, *silent.spans(bool, since, until)), key=lambda span: span[1] - span[0])
    start, end = longest
    if end - start < SILENT_FOR.value * run.period_s:
        return None
    shown, used, asked = cpu.utilization.at(start), cpu.total.mean(start, end), cpu.requested.mean(start, end)
    measured = 100 * (used or 0.0) / (asked or 1.0)
    return Hit(
        sentence=f"For {end - start:.0f} s the HPA's status stood still at {shown:.0f} % of CPU, while the samples of "
        f"its pods said {measured:.0f} % beside a target of {run.target:.0f} %: nobody looked at the metric, or nobody "
        "may write what was found.",
        evidence=(
            Evidence(words="the HPA's status beside its pods' CPU", value=end - start, unit="s", start=start, end=end),
        ),
        advice="See whether kube-controller-manager runs and holds its lease (kubectl get lease -n kube-system "
        "kube-controller-manager). No setting of the HPA helps.",
        start=start,
        end=end,
    )


RULE = Rule(
    id="F51",
    name="hpa-silent",
    order=44,
    title="The HPA did not look",
    severity="error",
    check=check,
    facts=True,
    thresholds=(SILENT_FOR, ABOVE),
    cure="The controller manager, its lease and its rights: no setting of the HPA helps.",
)
