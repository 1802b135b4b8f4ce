"""Each finding has a record that shows it, and a near miss beside it that does not."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from autoscale.analysis import analyse
from autoscale.findings import Finding, find
from autoscale.findings.rules import RULES
from tests.fixtures.handmade import T0, Record

FLAT = [[0, 20], [300, 20]]
RISE = [[0, 20], [60, 20], [60, 80], [300, 80]]


def run(points: list[list[float]] | None = None, ms: float = 20, slow: tuple[int, int] = (0, 0), **how: Any) -> Record:
    """Five minutes of load with a latency objective; between the two times of ``slow`` it is missed."""
    plan = points or FLAT
    record = Record(plan, objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 300)
    for second in range(300):
        rate = 80 if plan is RISE and second >= 60 else 20
        record.load(second, rate, ms=900 if slow[0] <= second < slow[1] else ms, **how)
    return record


def saturated(percent: int) -> Record:
    """Ten of ten pods at some utilisation for 100 s."""
    return run().scale(-1, 10).hpa(-1, 10, 40).hpa(100, 10, percent).hpa(200, 10, 40)


def idle(percent: int, seconds: int = 300) -> Record:
    """Four of at least four pods at some utilisation, until the load makes the HPA grow for its last quarter."""
    record = Record([[0, 20], [seconds, 20]]).mark("load-start", 0).mark("load-end", seconds).steady(0, seconds, 20)
    grown = 0.75 * seconds
    record.scale(-1, 4).hpa(-1, 4, percent, least=4).scale(grown, 5).hpa(grown, 5, percent, least=4)
    return record.mark("seen", seconds)


def old_metrics(window: float) -> Record:
    """CPU samples over windows of this length."""
    return run().pod("p0", -5).usage(100, {"p0": 50}, window).scale(-1, 1).hpa(-1, 1, 50)


def starting(seconds: float) -> Record:
    """A growth whose pods take this long to become ready."""
    record = run(RISE).scale(-1, 2).hpa(-1, 2, 50).scale(70, 4, ready=2).scale(70 + seconds, 4)
    return record.pod("p0", -5).pod("p1", -5).pod("p2", 70, ready=seconds).pod("p3", 70, ready=seconds)


def ramp(slow: tuple[int, int]) -> Record:
    """Thirty seconds under ScaleUpLimit, slow or not."""
    held = {"ScalingLimited": ("True", "ScaleUpLimit", "")}
    return run(slow=slow).scale(-1, 4).hpa(-1, 4, 90).hpa(100, 4, 90, conditions=held).hpa(130, 4, 90)


def capped(percent: int) -> Record:
    """Two growths at some utilisation with a limit of twice the request."""
    record = run().pod("p0", -5, request=100, limit=200).scale(-1, 2).hpa(-1, 2, 60)
    record.hpa(60, 4, percent, current=2).scale(60, 4).hpa(90, 8, percent, current=4).scale(90, 8)
    return record


def sized(limit: int) -> Record:
    """Request 100m, target 80 %, and this limit."""
    return run().pod("p0", -5, request=100, limit=limit).scale(-1, 1).hpa(-1, 1, 70, target=80)


def requested(request: int | None) -> Record:
    """A pod with or without a request."""
    return run().pod("p0", -5, request=request).scale(-1, 1).hpa(-1, 1, 45)


def running_idle(idle_m: float) -> Record:
    """Two pods whose CPU is this much each, and 1 ms a request besides."""
    record = run(RISE).pod("p0", -5).pod("p1", -5).scale(-1, 2).hpa(-1, 2, 50)
    for at in range(15, 300, 15):
        rate = 80 if at >= 75 else 20
        record.usage(at, {"p0": idle_m + rate / 2, "p1": idle_m + rate / 2})
    return record


def turning(times: int) -> Record:
    """A size that goes up and down under constant load."""
    record = run().scale(-1, 4).hpa(-1, 4, 50)
    for i in range(times + 1):
        record.scale(60 + 40 * i, 6 if i % 2 == 0 else 4)
    return record


def spiking(cpu: float) -> Record:
    """A second growth 20 s after new pods were ready, whose CPU is this much; later taken back."""
    record = run(RISE).scale(-1, 2).hpa(-1, 2, 50).pod("p0", -5).pod("p1", -5).pod("p2", 80).pod("p3", 80)
    record.scale(80, 4).scale(105, 8).scale(250, 4)
    return record.usage(90, {"p0": 100, "p1": 100}).usage(100, {"p0": 100, "p1": 100, "p2": cpu, "p3": cpu})


def warming(ms: float) -> Record:
    """A young pod's answers of so many ms beside an old one's of 20 ms."""
    record = run().pod("p0", -200).pod("p1", 100).scale(-1, 2)
    for at in range(0, 300, 10):
        record.pod_load(at, "p0", 100, 20)
    return record.pod_load(110, "p1", 200, ms)


def collapsing(seconds: float) -> Record:
    """Two of four ready pods gone for a while, under load."""
    return run().hpa(-1, 4, 90).scale(-1, 4).scale(100, 4, ready=2).scale(100 + seconds, 4)


def waiting(seconds: float) -> Record:
    """A pod that waits this long for a node."""
    return run().pod("p0", -5).pod("p1", 60, scheduled=seconds, ready=seconds + 2).scale(-1, 1).scale(60, 2)


def kept(until: int) -> Record:
    """Eight pods where two are needed, held by stabilisation from 60 s on until this time."""
    held = {"AbleToScale": ("True", "ScaleDownStabilized", "")}
    free = {"AbleToScale": ("True", "ReadyForNewScale", "")}
    record = run().scale(-1, 8).hpa(-1, 8, 12).hpa(0, 8, 12, conditions=held).hpa(until, 2, 50, conditions=free)
    record.scale(until, 2)
    for i in range(8):
        record.pod(f"p{i}", -5)
    for at in range(15, 300, 15):
        names = [f"p{i}" for i in range(8)]
        record.usage(at, dict.fromkeys(names, 200 / 8))
    return record


def shrinking(again: float) -> Record:
    """Four pods taken away at 60 s and wanted again later."""
    return run().scale(-1, 8).scale(60, 4).scale(60 + again, 8)


def losing(failed: int, cause: str = "reset") -> Record:
    """A shrinking at 100 s, with failures just after it."""
    record = Record(FLAT, objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 300)
    for second in range(300):
        bad = {cause: 1} if 101 <= second < 101 + failed else None
        record.load(second, 20, failed=bad)
    record.pod("p0", -5).pod("p1", -5, deleted=100, gone=106)
    return record.scale(-1, 2).scale(100, 1).hpa(-1, 2, 40)


def waiting_elsewhere(percent: int) -> Record:
    """Slow for two minutes at some utilisation."""
    return run(slow=(100, 220)).scale(-1, 2).hpa(-1, 2, percent)


def banded(percent: int) -> Record:
    """Slow for 130 s at some utilisation."""
    return run(slow=(100, 240)).scale(-1, 2).hpa(-1, 2, percent)


def uneven(factor: float) -> Record:
    """Three old pods of which one uses more."""
    record = run().scale(-1, 3).hpa(-1, 3, 50)
    for name in ("p0", "p1", "p2"):
        record.pod(name, -100)
    for at in range(0, 300, 15):
        record.usage(at, {"p0": 50 * factor, "p1": 50, "p2": 50})
    return record


def blind(seconds: float, ready: int = 4) -> Record:
    """An HPA without a metric for a while; fewer ready pods than running ones make it F27."""
    lost = {"ScalingActive": ("False", "FailedGetResourceMetric", "did not receive metrics for targeted pods")}
    record = run().scale(-1, 4).hpa(-1, 4, 50).hpa(100, 4, None, conditions=lost).hpa(100 + seconds, 4, 50)
    return record.scale(100, 4, ready=ready).scale(100 + seconds, 4)


def written(by_hpa: bool) -> Record:
    """A change of size, by the HPA or not."""
    record = run().scale(-1, 4).hpa(-1, 4, 50).scale(100, 6)
    return record.hpa(100, 6, 70, current=4) if by_hpa else record


def crawling(pods: int) -> Record:
    """Three growths from one pod, bound by a policy of so many pods."""
    policy = {
        "scaleUp": {
            "policies": [{"type": "Pods", "value": pods, "periodSeconds": 15}],
            "selectPolicy": "Max",
            "stabilizationWindowSeconds": 0,
        },
        "scaleDown": {
            "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
            "selectPolicy": "Max",
            "stabilizationWindowSeconds": 0,
        },
    }
    record = run(RISE)
    size, how = 2, {"behavior": policy, "most": 40, "target": 10}
    record.scale(-1, size).hpa(0, size, 10, **how)
    names = [f"p{i}" for i in range(2)]
    for name in names:
        record.pod(name, -400)
    for i, at in enumerate((60, 90, 120)):
        record.usage(at - 5, dict.fromkeys(names[: 2 + i * pods], 400.0))
        record.hpa(at, size + pods, 400, current=size, **how).scale(at, size + pods)
        for j in range(pods):
            name = f"n{i}-{j}"
            record.pod(name, at - 400)
            names.append(name)
        size += pods
    return record


def overshooting(pods: int) -> Record:
    """Demand of eight pods after the rise, and so many ready."""
    record = run(RISE).scale(-1, 2).hpa(-1, 2, 50, most=40).scale(70, pods)
    for i in range(pods):
        record.pod(f"p{i}", -5 if i < 2 else 70)
    for at in range(15, 300, 15):
        names = [f"p{i}" for i in range(pods if at >= 75 else 2)]
        record.usage(at, {name: (80 if at >= 75 else 20) * 5 / len(names) for name in names})
    return record


def surprised(ready: float, cost_m: float = 5) -> Record:
    """Two pods, and requests that are late from a rise until 100 s; the HPA grows 25 s after it, and the pods are ready
    then. ``cost_m``: millicores of a request a second; a pod asks for 100m, half of which is the target."""
    record = run(RISE, slow=(60, 100)).scale(-1, 2).hpa(-1, 2, 50, most=40).scale(85, 8, ready=2).scale(ready, 8)
    for i in range(8):
        record.pod(f"p{i}", -5 if i < 2 else 85, ready=1 if i < 2 else ready - 85)
    for at in range(15, 300, 15):
        names = [f"p{i}" for i in range(8 if at > ready else 2)]
        record.usage(at, {name: (80 if at >= 75 else 20) * cost_m / len(names) for name in names})
    return record


def throttled(cpu: float) -> Record:
    """One pod at its limit of 500m while the mean is low."""
    record = run().scale(-1, 2).hpa(-1, 2, 60).pod("p0", -5).pod("p1", -5)
    for at in range(100, 200, 15):
        record.usage(at, {"p0": cpu, "p1": 10})
    return record


def failing(each: int) -> Record:
    """So many of 20 requests a second time out, all the time."""
    record = Record(FLAT, objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 300)
    record.steady(0, 300, 20 - each, failed={"timeout": each} if each else {})
    return record


def refused(running: int) -> Record:
    """4 pods wanted from 100 s on, a quota in the way; so many are there."""
    quota = 'pods "web-5d-x" is forbidden: exceeded quota: compute.'
    return (
        run()
        .scale(-1, 2)
        .scale(100, 4, running=running, ready=running)
        .event(101, "FailedCreate", quota, "ReplicaSet/web-5d")
    )


def deleted(back: float) -> Record:
    """The HPA deleted at 100 s, or edited there, when ``back`` is 0."""
    record = run().scale(-1, 2).hpa(-1, 2, 40).hpa(90, 2, 40)
    row = dict(record.body[-1])
    record.add("hpa", 100, **{name: value for name, value in row.items() if name not in ("k", "t")}, removed=back > 0)
    return record.hpa(max(back, 115), 2, 40)


def edited(target: int) -> Record:
    """The HPA's target is 50 %, from 100 s on another one."""
    return run().scale(-1, 2).hpa(-1, 2, 40).hpa(100, 2, 40, target=target)


def metric(kind: str, name: str, **amounts: Any) -> dict[str, Any]:
    """A metric with what the spec wants of it, or what the status shows (``seeing`` tells which)."""
    key = kind[:1].lower() + kind[1:]
    about = {"name": name} if "Resource" in kind else {"metric": {"name": name}}
    return {"type": kind, key: {**about, "amounts": amounts}}


def seeing(record: Record, at: float, size: int, wanted: list[dict[str, Any]], seen: list[dict[str, Any]]) -> Record:
    """The HPA's status with any metrics; a value that could not be had has no type."""
    record.hpa(at, size, 40)
    row = record.body[-1]
    row["spec"] = {**row["spec"], "metrics": [_as(one, "target") for one in wanted]}
    row["metrics"] = [_as(one, "current") for one in seen]
    return record


def _as(one: dict[str, Any], field: str) -> dict[str, Any]:
    """The metric with its amounts as target or as current value."""
    return {
        key: {field if name == "amounts" else name: held for name, held in value.items()} if key != "type" else value
        for key, value in one.items()
    }


CPU = metric("Resource", "cpu", averageUtilization=50)
QUEUE = metric("External", "queue", averageValue="5")
NONE = {"type": ""}


def half_blind(seconds: float) -> Record:
    """A queue without series for so long, beside CPU."""
    cpu, queue = metric("Resource", "cpu", averageUtilization=45), metric("External", "queue", averageValue="4")
    record = seeing(run().scale(-1, 2), -1, 2, [CPU, QUEUE], [cpu, queue])
    seeing(record, 100, 2, [CPU, QUEUE], [cpu, NONE])
    return seeing(record, 100 + seconds, 2, [CPU, QUEUE], [cpu, queue])


def still(until: float) -> Record:
    """A queue whose length stays the same from before the rise at 60 s on."""
    record = seeing(run(RISE).scale(-1, 2), -1, 2, [QUEUE], [metric("External", "queue", averageValue="4")])
    return seeing(record, until, 2, [QUEUE], [metric("External", "queue", averageValue="4100m")])


def counted(factor: float, name: str = "http_requests_per_second") -> Record:
    """Two pods share 20, then 80 requests a second; the adapter shows so many times what each of them has."""
    wanted = [metric("Pods", name, averageValue="100")]
    record = run(RISE).scale(-1, 2)
    for at, rate in ((40, 20), (55, 22), (100, 80), (130, 84), (160, 76), (200, 80)):
        seeing(record, at, 2, wanted, [metric("Pods", name, averageValue=f"{round(rate / 2 * factor * 1000)}m")])
    return record


def asked(took: float, times: int = 4) -> Record:
    """The same adapter right in what it says, after so many seconds each time that it was asked."""
    record = counted(1)
    for at in range(60, 60 + 15 * times, 15):
        record.add("metric", at, type="Pods", name="http_requests_per_second", took_s=took, values=[])
    return record


def held(until: float) -> Record:
    """Memory keeps eight pods that CPU has no use for."""
    memory = metric("Resource", "memory", averageUtilization=70)
    high, cpu = metric("Resource", "memory", averageUtilization=77), metric("Resource", "cpu", averageUtilization=10)
    record = seeing(run().scale(-1, 8), -1, 8, [CPU, memory], [metric("Resource", "cpu", averageUtilization=50), high])
    seeing(record, 100, 8, [CPU, memory], [cpu, metric("Resource", "memory", averageUtilization=78)])
    return seeing(record, until, 8, [CPU, memory], [cpu, metric("Resource", "memory", averageUtilization=20)])


def multiplied(last: str) -> Record:
    """Two pods, then four, then eight, for a queue of 40 against a value of 20."""
    whole = metric("External", "queue", value="20")
    record = seeing(run().scale(-1, 2), -1, 2, [whole], [metric("External", "queue", value="20")])
    for at, before, size in ((60, 2, 4), (90, 4, 8)):
        seeing(record, at, size, [whole], [metric("External", "queue", value="40")])
        record.body[-1]["current"] = before
        record.scale(at, size)
    return seeing(record, 120, 8, [whole], [metric("External", "queue", value=last)])


def silent(seconds: int) -> Record:
    """Two pods at 80 % against a target of 50 %, and an HPA that goes on showing 20 % for so long."""
    record = run().pod("p0", -5).pod("p1", -5).scale(-1, 2).hpa(-1, 2, 20)
    for at in range(15, 300, 15):
        record.usage(at, {"p0": 80, "p1": 80})
    return record.hpa(16 + seconds, 4, 80, current=2)


def of_one_container(record: Record) -> Record:
    """The HPA goes by one container of the pods, whose samples here are of all of them."""
    for row in record.body:
        for one in (*row["spec"]["metrics"], *(row["metrics"] or [])) if row["k"] == "hpa" else ():
            one["type"] = "ContainerResource"
            one["containerResource"] = {**one.pop("resource"), "container": "web"}
    return record


def unasked(first: int) -> Record:
    """A new pod beside one that answers everything; from this second on half of it is the new one's."""
    record = Record(FLAT).mark("load-start", 0).mark("load-end", 300).scale(-1, 1).scale(60, 2).hpa(-1, 1, 50)
    for second in range(300):
        record.load(second, 20, by_pod={"p0": 20} if second < first else {"p0": 10, "p1": 10})
    return record.pod("p0", -5).pod("p1", 60)


def unnamed() -> Record:
    """The same two pods, and nobody tells who answered."""
    return run().scale(-1, 1).scale(60, 2).hpa(-1, 1, 50).pod("p0", -5).pod("p1", 60)


Case = tuple[str, Callable[[], Record], Callable[[], Record]]
CASES: list[Case] = [
    ("F1", lambda: saturated(70), lambda: saturated(54)),
    ("F2", lambda: idle(20), lambda: idle(26)),
    ("F2", lambda: idle(20, seconds=90), lambda: idle(20, seconds=70)),
    ("F3", lambda: old_metrics(50), lambda: old_metrics(40)),
    ("F4", lambda: starting(20), lambda: starting(10)),
    ("F5", lambda: ramp((100, 125)), lambda: ramp((0, 0))),
    ("F6", lambda: capped(195), lambda: capped(180)),
    ("F7", lambda: sized(85), lambda: sized(95)),
    ("F8", lambda: requested(None), lambda: requested(100)),
    ("F9", lambda: running_idle(50), lambda: running_idle(40)),
    ("F10", lambda: turning(3), lambda: turning(2)),
    ("F11", lambda: spiking(200), lambda: spiking(120)),
    ("F12", lambda: warming(60), lambda: warming(30)),
    ("F13", lambda: collapsing(10), lambda: collapsing(3)),
    ("F14", lambda: waiting(15), lambda: waiting(8)),
    ("F15", lambda: kept(200), lambda: kept(20)),
    ("F16", lambda: shrinking(200), lambda: shrinking(301)),
    ("F17", lambda: losing(6), lambda: losing(2)),
    ("F18", lambda: waiting_elsewhere(30), lambda: waiting_elsewhere(48)),
    ("F19", lambda: banded(53), lambda: banded(57)),
    ("F20", lambda: uneven(4), lambda: uneven(1.5)),
    ("F21", lambda: blind(40), lambda: blind(20)),
    ("F22", lambda: written(False), lambda: written(True)),
    ("F23", lambda: crawling(1), lambda: crawling(2)),
    ("F24", lambda: overshooting(12), lambda: overshooting(9)),
    ("F25", lambda: run(dropped=1), lambda: run(dropped=0)),
    ("F26", lambda: throttled(490), lambda: throttled(450)),
    ("F27", lambda: blind(40, ready=1), lambda: blind(20, ready=1)),
    ("F28", lambda: failing(1), lambda: failing(0)),
    ("F29", lambda: refused(2), lambda: refused(4)),
    ("F30", lambda: deleted(200), lambda: deleted(0)),
    ("F31", lambda: edited(60), lambda: edited(50)),
    ("F32", lambda: unguarded("Node/autoscale"), lambda: unguarded("Pod/web-1")),
    ("F33", lambda: half_blind(40), lambda: half_blind(20)),
    ("F34", lambda: still(150), lambda: still(110)),
    ("F50", lambda: counted(1000), lambda: counted(1)),
    ("F50", lambda: counted(1 / 1000), lambda: counted(1 / 1000, "queue_length")),
    ("F50", lambda: counted(60), lambda: counted(10)),
    ("F51", lambda: silent(60), lambda: silent(30)),
    ("F51", lambda: silent(60), lambda: silent(60).scale(40, 2, ready=1)),
    ("F51", lambda: silent(60), lambda: of_one_container(silent(60))),
    ("F52", lambda: unasked(300), lambda: unasked(299)),
    ("F54", lambda: surprised(95), lambda: surprised(130)),
    ("F54", lambda: surprised(95), lambda: surprised(95, cost_m=2.4)),
    ("F53", lambda: asked(1.0), lambda: asked(0.9)),
    ("F53", lambda: asked(1.0), lambda: asked(1.0, 3)),
    ("F52", lambda: unasked(300), unnamed),
    ("F52", lambda: unasked(300), lambda: unasked(300).scale(62, 2, ready=1)),
    ("F35", lambda: held(230), lambda: held(210)),
    ("F36", lambda: multiplied("39"), lambda: multiplied("12")),
    ("F37", lambda: owned("ReplicaSet/web-worker-5d4f"), lambda: owned("ReplicaSet/web-5d4f")),
    ("F38", lambda: woken(5), lambda: woken(0)),
    ("F39", lambda: asleep(150), lambda: asleep(310)),
    ("F40", lambda: sourceless(40), lambda: sourceless(20)),
    ("F42", lambda: recommended("InPlaceOrRecreate"), lambda: recommended("Off")),
    ("F44", lambda: late_node(70), lambda: late_node(50)),
    (
        "F45",
        lambda: run().event(100, "DisruptionBlocked", "Pdb prevents pod evictions", "Node/n1"),
        lambda: run().event(100, "DisruptionTerminating", "Disrupting Node: Empty", "Node/n1"),
    ),
    ("F47", lambda: restarted(100), lambda: restarted(-2)),
    ("F49", lambda: imageless(285), lambda: imageless(295)),
    ("F48", lambda: lost_node(100), lambda: lost_node(-4)),
    ("F46", lambda: rolled_out(None), lambda: rolled_out(130)),
    ("F43", lambda: recommended("Off", 210), lambda: recommended("Off", 190)),
    ("F41", lambda: run().keda(-5).keda(100, paused="whole"), lambda: run().keda(-5)),
]


def woken(rate: int) -> Record:
    """A target without pods under a load of this rate, woken by KEDA after 25 s and answering after 30 s."""
    record = Record([[0, 20], [300, 20]], objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 300)
    for second in range(300):
        lost = {"refused": rate} if second < 30 and rate else None
        record.load(second, 0 if second < 30 else 20, failed=lost, by_pod={"p0": 20} if second >= 30 else None)
    record.keda(-5, active=False).scale(-1, 0).scale(25, 1, ready=0).scale(29, 1).pod("p0", 25, ready=4)
    said = "Scaled apps/v1.Deployment shop/web from 0 to 1, triggered by s0-cron"
    return record.event(25, "KEDAScaleTargetActivated", said, "ScaledObject/web")


def asleep(back: float) -> Record:
    """A target that KEDA put to sleep, and woke at a time."""
    record = run().keda(-5).scale(-1, 1).scale(100, 0).scale(back, 1)
    said = "apps/v1.Deployment shop/web from"
    record.event(100, "KEDAScaleTargetDeactivated", f"Deactivated {said} 1 to 0", "ScaledObject/web")
    return record.event(back, "KEDAScaleTargetActivated", f"Scaled {said} 0 to 1, triggered by c", "ScaledObject/web")


def late_node(seconds: float) -> Record:
    """A second node comes at 100 s and is Ready so many seconds later."""
    record = run().add("node", -5, name="n1", ready=True, cpu_m=1000, unschedulable=False)
    record.add("node", 100, name="n2", ready=False, cpu_m=1000, unschedulable=False)
    return record.add("node", 100 + seconds, name="n2", ready=True, cpu_m=1000, unschedulable=False)


def lost_node(at: float) -> Record:
    """A node that was Ready before the record is not for two seconds."""
    record = run().add("node", -5, name="n1", ready=True, cpu_m=1000, unschedulable=False)
    record.add("node", at, name="n1", ready=False, cpu_m=1000, unschedulable=False)
    return record.add("node", at + 2, name="n1", ready=True, cpu_m=1000, unschedulable=False)


def imageless(at: float) -> Record:
    """A pod that is made at a time and whose image is not there."""
    record = run().pod("p0", at, ready=None)
    row = record.body[-1]
    held = [{**one, "reason": "ErrImageNeverPull"} for one in row["containers"]]
    row = {k: v for k, v in row.items() if k not in ("k", "t")} | {"containers": held}
    ended = [{**one, "reason": "ContainerStatusUnknown"} for one in held]
    record.add("pod", at + 1, **row).add("pod", 310, **row | {"deletion": T0 + 340})
    return record.add("pod", 312, **row | {"deletion": T0 + 340, "containers": ended, "removed": True})


def restarted(at: float) -> Record:
    """A pod whose container was killed for its memory and runs again."""
    record = run().pod("p0", -20)
    row = record.body[-1]
    again = [{**one, "restarts": 1, "reason": "OOMKilled"} for one in row["containers"]]
    return record.add("pod", at, **{k: v for k, v in row.items() if k not in ("k", "t")} | {"containers": again})


def replica_set(record: Record, at: float, name: str, size: int, ready: int, *, there: int | None = None) -> Record:
    """A row of a ReplicaSet of the target."""
    return record.add(
        "workload", at, kind="ReplicaSet", uid=name, name=name, generation=1, spec_replicas=size,
        status_replicas=size if there is None else there, ready=ready, available=ready,
    )  # fmt: skip


def rolled_out(ready: float | None, undone: float | None = None) -> Record:
    """Four pods at 75 % of a target of 50 %; from 100 s on a rollout brings one more, which is ready at a time, or
    never, or is taken back."""
    record = replica_set(run().scale(-1, 4).hpa(-1, 4, 40).hpa(95, 4, 75), -5, "web-old", 4, 4)
    replica_set(record, 100, "web-new", 1, 0, there=0)
    replica_set(record, 101, "web-new", 1, 0).scale(101, 4, running=5)
    record.event(110, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "Pod/web-new-1")
    if ready is not None:
        replica_set(replica_set(record, ready, "web-new", 4, 4), ready + 1, "web-old", 0, 0).scale(ready + 1, 4)
    if undone is not None:
        replica_set(record, undone, "web-new", 0, 0).scale(undone, 4)
    return record.hpa(290, 4, 75)


def test_a_rollout_that_stands_still_says_how_long_what_it_held_and_why() -> None:
    """Usage above the target and the same size, with the pods' own reason; F31 names the rollout beside it."""
    found = findings(rolled_out(None))
    one = found["F46"]
    assert "at most 1, of web-new) became ready in 200 s of the load; the size stayed 4" in one.sentence
    assert "up to 75% of a target of 50%" in one.sentence
    assert [item.words for item in one.evidence][1:] == [
        "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503"
    ]
    assert "kubectl rollout undo" in one.advice
    assert "F31" in found


@pytest.mark.parametrize(("undone", "told"), [(165, True), (155, False)])
def test_a_rollout_that_is_taken_back_held_the_size_until_then(undone: float, told: bool) -> None:
    """More than a minute counts, less does not."""
    found = findings(rolled_out(None, undone))
    assert ("F46" in found) is told
    if told:
        assert "became ready in 65 s of the load" in found["F46"].sentence


def test_first_pods_that_are_not_ready_are_no_rollout() -> None:
    """Without pods of another ReplicaSet that were ready there is nothing that was rolled out anew."""
    assert "F46" not in findings(replica_set(run().scale(-1, 4, ready=0), -5, "web-new", 4, 0))


def test_pods_that_a_rollout_replaced_because_they_were_never_ready_are_no_rollout_that_stands_still() -> None:
    """The new pods are the ones that became ready; the old ones held nothing by a rollout of theirs."""
    record = replica_set(run().scale(-1, 4, ready=0), -5, "web-old", 4, 0)
    replica_set(replica_set(record, 100, "web-new", 4, 0), 110, "web-new", 4, 4)
    assert "F46" not in findings(replica_set(record, 111, "web-old", 0, 0))


def sourceless(seconds: float) -> Record:
    """KEDA's source fails for so long."""
    return run().scale(-1, 2).keda(-5).keda(100, failing=3).keda(100 + seconds)


def recommended(mode: str, milli: int = 100) -> Record:
    """A VPA of this mode beside an HPA on CPU, with its recommendation for pods that ask for 100m."""
    told = {"name": "web", "cpu_m": milli, "mem_b": None, "lower_cpu_m": None, "upper_cpu_m": None}
    record = run().pod("p0", -5, request=100).hpa(-1, 2, 30)
    return record.add("vpa", -5, uid="v", name="web", generation=1, mode=mode, resources=["cpu", "memory"],
                      recommended=[told], conditions={})  # fmt: skip


def owned(owner: str) -> Record:
    """A run beside two pods with the workload's labels, of an owner."""
    record = run()
    for name in ("b1", "b2"):
        record.pod(name, -30)
    for row in record.body:
        if row["k"] == "pod" and row["name"] in ("b1", "b2"):
            row["owner"] = owner
    return record


@pytest.mark.parametrize("owner", ["Job/web-migrate-28", "ReplicaSet/worker-5d4f", "StatefulSet/web", "DaemonSet/web"])
def test_pods_of_others_are_named_with_their_owner_in_finding_and_decision(owner: str) -> None:
    """Jobs, other workloads and namesakes of another kind; the decision says that "above target" counts them too."""
    analysis = analyse(owned(owner).hpa(55, 2, 30, current=2, target=60).hpa(70, 4, 31, current=2, target=60).rows())
    assert dict(analysis.others) == {owner: ("b1", "b2")}
    assert f"belong to others ({owner})" in analysis.decisions[-1].words
    assert owner in next(one for one in find(analysis) if one.id == "F37").sentence


def test_bare_pods_are_others_where_the_workloads_own_say_whose_they_are() -> None:
    """A pod without an owner under the selector; where no pod says whose it is, the record knows no owners."""
    record = owned("ReplicaSet/web-5d4f").pod("debug", -30).hpa(55, 2, 30, current=2, target=60)
    assert dict(analyse(record.rows()).others) == {"nobody (bare pods)": ("debug",)}
    assert "belong to nobody (bare pods)" in findings(record)["F37"].sentence
    assert not analyse(run().pod("a", -5).pod("debug", -30).rows()).others


def test_the_request_of_an_injected_sidecar_is_an_annotation() -> None:
    """A container that a webhook put in is in no template: the patch sets what its injector reads."""
    said = "failed to get cpu utilization: missing request for cpu in container daprd of Pod web-1"
    record = run().hpa(30, 2, None, conditions={"ScalingActive": ("False", "FailedGetResourceMetric", said)})
    found = findings(record)["F8"]
    assert "Dapr put that container" in found.sentence
    assert yaml.safe_load(found.patch or "") == {
        "spec": {"template": {"metadata": {"annotations": {"dapr.io/sidecar-cpu-request": "100m"}}}}
    }


def test_little_use_is_no_fault_of_the_request() -> None:
    """A run that kept its pods idle says how light its load was: no advice on their request."""
    record = run()
    for at in range(15, 120, 15):
        record.hpa(at, 2, 5, current=2)
    assert "F8" not in findings(record)


def unguarded(about: str) -> Record:
    """A run in which an event says that the reaper was gone."""
    return run().event(30, "ReaperGone", "it was started again", about=about)


def findings(record: Record) -> dict[str, Finding]:
    """The findings of a record by id."""
    return {found.id: found for found in find(analyse(record.rows()))}


@pytest.mark.parametrize(("name", "hit", "miss"), CASES, ids=[case[0] for case in CASES])
def test_a_finding_and_its_near_miss(name: str, hit: Callable[[], Record], miss: Callable[[], Record]) -> None:
    """The finding is there with figures, span and a patch that is YAML; just beside its threshold it is not."""
    found = findings(hit())
    assert name in found, f"found only {sorted(found)}"
    one = found[name]
    assert one.evidence
    assert one.sentence.endswith((".", ":")) or name == "F14"
    if one.patch is not None:
        assert isinstance(yaml.safe_load(one.patch)["spec"], dict)
        assert one.patch_target in ("hpa/web", "deployment/web", "scaledobject/web", "vpa/web")
    assert name not in findings(miss())


def test_every_rule_has_a_case_and_a_threshold_names_its_rule() -> None:
    """54 rules, each tried here, in an order of their own, each with a cure and a word on what it looks for."""
    ids = {rule.id for rule in RULES}
    assert ids == {case[0] for case in CASES} == {f"F{i}" for i in range(1, 55)}
    assert len({rule.order for rule in RULES}) == len(RULES)
    assert all(rule.cure and rule.check.__doc__ for rule in RULES)


def test_an_invalid_test_is_told_alone() -> None:
    """Where the generator was the limit, nothing else is claimed."""
    record = saturated(70).load(300, 0, dropped=500)
    assert list(findings(record)) == ["F25"]


def test_an_invalid_test_says_what_would_make_it_valid() -> None:
    """Requests that only found no room ask for ``max_in_flight``; a generator that was late as well, for workers."""
    full, late = run(dropped=1), run(dropped=1, lag_ms=500)
    for record in (full, late):
        record.header["scenario"]["load"]["max_in_flight"] = 50
    advice = findings(full)["F25"].advice
    assert "50 were waiting for answers already" in advice
    assert "load.max_in_flight" in advice
    assert "load.workers" in findings(late)["F25"].advice
    full.header["scenario"]["load"] = None  # as an imported record has it
    assert "load.workers" in findings(full)["F25"].advice


def test_an_invalid_test_of_journeys_speaks_of_users() -> None:
    """A locustfile has a pool of users, and no ``max_in_flight``."""
    record = run(dropped=1)
    record.header["scenario"]["load"] = {"max_in_flight": 1000, "locustfile": "users.py", "pool": 100}
    advice = findings(record)["F25"].advice
    assert "all 100 were busy" in advice
    assert "load.pool" in advice
    assert "max_in_flight" not in advice


def test_what_the_cluster_said_is_told_beside_an_invalid_test() -> None:
    """A quota refused pods, whatever the load was."""
    record = refused(2).load(200, 0, dropped=500)
    assert list(findings(record)) == ["F25", "F29"]
    assert "exceeded quota: compute" in findings(record)["F29"].sentence


def test_a_busy_time_is_no_want_of_warm_up() -> None:
    """New pods are young when the load is highest: older ones answer as slowly then, and quickly later."""
    record = run().pod("p0", -200).pod("p1", 100).scale(-1, 2)
    for at in range(0, 300, 10):
        record.pod_load(at, "p0", 100, 60 if 100 <= at < 140 else 20)
    for at in range(110, 140, 10):
        record.pod_load(at, "p1", 100, 60)
    assert "F12" not in findings(record)


def test_a_quiet_run_has_no_findings() -> None:
    """A run with nothing wrong gives none."""
    assert findings(run().scale(-1, 2).hpa(-1, 2, 45).pod("p0", -5).pod("p1", -5)) == {}


def test_pods_that_nobody_asked_anything_are_not_too_many() -> None:
    """A run whose load never came says nothing of the minimum, however idle its pods were."""
    silent = Record(FLAT).mark("load-start", 0).mark("load-end", 300).scale(-1, 4).hpa(-1, 4, 20, least=4)
    assert "F2" in findings(idle(20))
    assert "F2" not in findings(silent)


def test_a_load_that_never_made_the_hpa_grow_is_no_advice_on_the_minimum() -> None:
    """The same idle pods under a steady light load: nobody knows whether it is the load that is meant."""
    assert "F2" not in findings(run().scale(-1, 4).hpa(-1, 4, 20, least=4))


def test_an_empty_record_has_no_findings() -> None:
    """What was not seen is no finding."""
    assert find(analyse(Record().rows())) == ()


def test_low_cpu_is_no_finding_while_pods_or_metrics_are_missing() -> None:
    """Users who wait for missing pods, or before an HPA that shows its last metric on, do not wait beside the CPU."""
    lost = {"ScalingActive": ("False", "FailedGetResourceMetric", "did not receive metrics for targeted pods")}
    assert "F18" in findings(waiting_elsewhere(30))
    assert "F18" not in findings(waiting_elsewhere(30).scale(100, 2, ready=0).scale(220, 2))
    assert "F18" not in findings(waiting_elsewhere(30).hpa(100, 2, 30, conditions=lost).hpa(220, 2, 30))


def test_refused_requests_are_not_slow_ones() -> None:
    """Where most bad requests failed outright, nothing is said of what slow ones wait for."""
    record = Record(FLAT, objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 300)
    for second in range(300):
        record.load(second, 4 if 100 <= second < 220 else 20, failed={"refused": 16} if 100 <= second < 220 else None)
    assert "F18" not in findings(record.scale(-1, 2).hpa(-1, 2, 30))


@pytest.mark.parametrize(("window", "proposed"), [(None, 560), (0, 260), (60, 320)])
def test_a_longer_window_is_longer_than_the_one_that_is_set(window: int | None, proposed: int) -> None:
    """Also than one of 0 s, which is no default: what is proposed is a minute beyond window and way back together."""
    behavior = None if window is None else {"scaleDown": {"stabilizationWindowSeconds": window}}
    patch = findings(shrinking(200).hpa(-1, 8, 50, behavior=behavior))["F16"].patch
    assert f"stabilizationWindowSeconds: {proposed}\n" in (patch or "")


def test_a_symptom_is_left_out_beside_its_cause() -> None:
    """A shrinking that came too early is told by itself, and not beside the flapping that it is part of."""
    assert "F16" in findings(turning(2))
    assert {"F10", "F16"} & set(findings(turning(3))) == {"F10"}


@pytest.mark.parametrize(("gone", "told"), [(-10, False), (20, True)])
def test_a_pod_that_found_no_node_and_was_gone_before_the_load_is_no_finding(gone: float, told: bool) -> None:
    """It kept nobody waiting: only what was still missing while the load went on counts."""
    record = run().pod("p0", -5).pod("p1", -60, scheduled=None, ready=None)
    last = {name: value for name, value in record.body[-1].items() if name not in ("k", "t")}
    record.add("pod", gone, **{**last, "removed": True})
    assert ("F14" in findings(record)) is told


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            "FailedScheduling",
            "Failed to schedule pod, all available instance types exceed limits for nodepool (NodePool=pool)",
        ),
        ("FailedScheduling", "Failed to schedule pod, node limits have been exhausted for nodepool (NodePool=pool)"),
        ("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached"),
    ],
)
def test_a_node_autoscaler_at_its_limit_is_what_is_to_be_changed(reason: str, message: str) -> None:
    """In the words of Karpenter 1.15 and of cluster-autoscaler about a pod that waits; not where it is another's, or
    where a node was added for the pod and that is all that took its time."""

    def stuck() -> Record:
        return run().pod("p0", -5).pod("p1", 60, scheduled=None, ready=None).scale(-1, 1).scale(60, 2)

    asked = stuck().event(61, "Nominated", "Pod should schedule on: nodeclaim/pool-1", "Pod/p0")
    assert message in findings(asked.event(62, reason, message, "Pod/p1"))["F14"].advice
    other = stuck().event(61, "Nominated", "Pod should schedule on: nodeclaim/pool-1", "Pod/p1")
    assert "A node had to be added" in findings(other.event(62, reason, message, "Pod/x"))["F14"].advice


@pytest.mark.parametrize(
    ("cause", "told"), [("status 503", True), ("502", True), ("status 429", False), ("connection reset", False)]
)
def test_answers_of_5xx_as_pods_go_are_told_what_no_sleep_cures(cause: str, told: bool) -> None:
    """A pod that refuses requests on kept connections, or a proxy, answered; broken connections add nothing."""
    advice = findings(losing(6, cause))["F17"].advice
    assert "preStop sleep" in advice
    assert ("Connection: close" in advice) is told
