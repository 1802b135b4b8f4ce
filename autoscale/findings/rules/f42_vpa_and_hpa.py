"""F42 vpa-and-hpa: a VPA changes the request that the HPA divides by."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F42: VPA and HPA act on the same resource: each resize moves the HPA's ratio without any change of load."""
    vpa, hpa = run.analysis.vpa, run.hpa
    if vpa is None or hpa is None or not vpa.acts:
        return None
    shared = [name for name in _measured(run) if name in vpa.resources]
    if not shared:
        return None
    resizes = [one for one in run.interventions if one.kind in ("resize", "eviction")]
    done = f" In this run: {'; '.join(one.words for one in resizes)}." if resizes else ""
    names = " and ".join(shared)
    return Hit(
        sentence=f"The VPA {vpa.name} ({vpa.mode}) sets the {names} request that the HPA's percentage is of: when it "
        f"asks for less, the same load counts for more, and the HPA adds pods.{done}",
        evidence=(
            Evidence(f"the VPA's mode: {vpa.mode}", None, ""),
            *(Evidence(f"recommended for {name}", value, "millicores") for name, value in vpa.recommended_m.items()),
            *(
                Evidence(words=one.words, value=one.until - one.at or None, unit="s", start=one.at, end=one.until)
                for one in resizes[:3]
            ),
        ),
        advice="Let the VPA size what the HPA does not look at (controlledResources: [memory]), scale on requests "
        f"or a queue instead of {names}, or set the VPA to Off and take over its recommendation by hand.",
        patch=(f"vpa/{vpa.name}", {"spec": {"updatePolicy": {"updateMode": "Off"}}}),
        start=resizes[0].at if resizes else None,
        end=resizes[-1].until if resizes else None,
    )


def _measured(run: Run) -> list[str]:
    """The resources whose share of the request the HPA aims at."""
    found = []
    for metric in (run.hpa.raw.get("metrics") or []) if run.hpa else []:
        source = metric.get("resource") or metric.get("containerResource") or {}
        if (source.get("target") or {}).get("averageUtilization") is not None:
            found.append(str(source.get("name")))
    return list(dict.fromkeys(found))


RULE = Rule(
    id="F42",
    name="vpa-and-hpa",
    order=93,
    title="VPA and HPA act on the same resource",
    severity="warning",
    check=check,
    facts=True,
    cure="VPA on memory alone, an HPA on another metric, or the VPA in mode Off.",
)
