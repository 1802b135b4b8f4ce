"""F29 pods-refused: pods were asked for and never made."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F29: the API server refused pods (quota, limit range, admission, Pod Security): the workload stayed smaller."""
    refused = [event for event in run.analysis.events if event.reason == "FailedCreate" and event.at >= run.start]
    if not refused:
        return None
    start, end = refused[0].at, refused[-1].at
    short = run.both(run.desired, run.analysis.replicas.running, lambda wanted, there: there < wanted)
    spell = short.longest(lambda value: value > 0, start - 5.0, run.analysis.end)
    if spell is None:
        return None  # the refusal was over before a pod was missed
    end = max(end, spell[1])
    wanted, there = run.desired.highest(start - 5.0, end), run.analysis.replicas.running.highest(start - 5.0, end)
    return Hit(
        sentence=f"The workload was to have {wanted or 0:.0f} pods and got {there or 0:.0f}: {refused[-1].message}",
        evidence=(
            Evidence(
                words="fewer pods than asked for", value=spell[1] - spell[0], unit="s", start=spell[0], end=spell[1]
            ),
            *(Evidence(message) for message in dict.fromkeys(event.message for event in refused[:3])),
        ),
        advice="No HPA can mend this: raise the quota of the namespace, lower the pods' requests, or meet the "
        "admission rule.",
        patch=None,
        start=start,
        end=end,
    )


RULE = Rule(
    id="F29",
    name="pods-refused",
    order=45,
    title="Pods were asked for and never made",
    severity="error",
    check=check,
    cluster=True,
    cure="Quota, limits or admission of the namespace, named by the event. Not a fault of the HPA.",
    facts=True,
)
