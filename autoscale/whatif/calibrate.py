"""From a record to a ``Service``: every figure measured where the run showed it, else from the manifest, else assumed.

CPU per request and of an idle pod come from the service demand law (``autoscale.analysis.service_demand``), over steady
windows; how a request spends its time from the calm seconds of the run, where nothing queues. Of that time as much is
CPU as the mean cost says, the longest parts of it waiting: for each of many equally likely times b, CPU = min(b, k),
with k such that the mean is right.
"""

import math
import statistics
from collections.abc import Iterator, Sequence

from autoscale.analysis import service_demand
from autoscale.analysis.intake.pods import PodHistory
from autoscale.analysis.service_demand import Point, least_squares
from autoscale.whatif import phases
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.service import Figure, Profile, Service
from loadtest.histogram import Counts, merge, quantiles

APP_THREADS = 8  # app/server.py
MANY_THREADS = 64
CALM = 0.3  # of its CPU: a pod that is busier makes requests wait for each other
_PROFILE = 100
_SOME = 0.3
_BLOCK_S = 15
_MOST_SCATTER = 0.1
_LEAST_CALM = 50
_PROXY_S = 0.5  # from the EndpointSlice to every kube-proxy
_START_S = 5.0  # the pod start-up SLO of Kubernetes' sig-scalability


def calibrate(seen: Evidence, *, threads: int | None = None) -> Service | None:
    """What the run shows of its service; None where CPU per request cannot be told (``refusals`` says why)."""
    found = costs(seen)
    if found.each_s is None or found.idle_m is None:
        return None
    cost_s, idle_m = _cost(found.points, found.idle_m, found.each_s)
    cores, width = _cores(seen)
    profiles, fixed = _profiles(seen, cost_s.value, min(width.value, _limit(seen)))
    starts, start_s = _starts(seen)
    period, together = phases.metric_period(seen)
    return Service(
        cost_s=cost_s,
        idle_m=idle_m,
        fixed_s=fixed,
        scatter=_scatter(found.points, idle_m.value, cost_s.value, period.value),
        profiles=profiles,
        threads=_threads(seen, threads),
        width=width,
        cores=cores,
        starts=starts,
        start_s=start_s,
        start_cpu_s=_start_cpu(seen, cost_s.value, idle_m.value),
        endpoint_s=_endpoint(seen),
        drain_s=_drain(seen),
        metric_period_s=period,
        metric_fresh_s=Figure(
            min(10.0, period.value * 2 / 3), "s", "assumed", "metrics-server counts a pod's first span"
        ),
        scrape_phase=phases.scrape_phase(seen, period.value) if together else None,
        sync_phase=phases.sync_phase(seen, phases.config(seen).sync_period_s),
        timeout_s=_timeout(seen),
    )


def costs(seen: Evidence) -> service_demand.Cost:
    """What a request and an idle pod cost, of the container that the HPA looks at, or why that is not known."""
    container = seen.run.hpa.container if seen.run.hpa else None
    return service_demand.cost(seen.kept, seen.run.seconds, seen.run.replicas.ready, container)


def _cost(points: Sequence[Point], idle: float, each: float) -> tuple[Figure, Figure]:
    """CPU seconds a request and millicores of an idle pod, each with twice the jackknife's standard error."""
    left_out = [least_squares([*points[:i], *points[i + 1 :]]) for i in range(len(points))] if len(points) > 3 else []
    kept = [pair for pair in left_out if pair is not None]
    how = f"from {len(points)} moments at which every ready pod's CPU was sampled"
    figures = []
    for value, place, unit in ((each, 1, "s"), (idle, 0, "m")):
        others = [pair[place] for pair in kept]
        error = math.sqrt((len(others) - 1) * statistics.pvariance(others)) if len(others) > 2 else None
        low, high = (None, None) if error is None else (max(0.0, value - 2 * error), value + 2 * error)
        figures.append(Figure(value=value, unit=unit, source="measured", how=how, low=low, high=high))
    return figures[0], figures[1]


def _scatter(points: Sequence[Point], idle: float, each: float, period: float) -> Figure:
    """The standard deviation of samples around the fit, as a share of the fit, where there is load to speak of.

    Of means over a quarter of a minute: how single requests fall into shorter windows, the model shows by itself.
    """
    fitted = [(idle * n + 1000 * each * rate, used) for n, rate, used in points]
    most = max(value for value, _ in fitted)
    off = [used / value - 1 for value, used in fitted if value > _SOME * most]
    several = max(1, round(_BLOCK_S / period))
    means = [statistics.fmean(off[i : i + several]) for i in range(0, len(off), several)]
    how = f"{len(off)} samples around the fit of CPU per request"
    return Figure(min(statistics.pstdev(means), _MOST_SCATTER) if len(means) > 2 else 0.0, "", "measured", how)


def _limit(seen: Evidence) -> float:
    """CPU limit of a pod in cores, inf without one."""
    limits = [pod.limit_m for pod in seen.kept.pods.values() if pod.limit_m]
    return statistics.median(limits) / 1000 if limits else math.inf


def _profiles(seen: Evidence, cost: float, cores: float) -> tuple[tuple[Profile, ...], Figure]:
    """What requests alone in their pod do with their time, for each calm span, and the mean waiting."""
    spans, how = _calm(seen, cost, cores)
    if not spans:
        return (((cost, 0.0),),), Figure(0.0, "s", "assumed", "no answers were timed")
    profiles = tuple(_split(counts, cost) for counts in spans)
    waits = sorted(statistics.fmean(wait for _, wait in profile) for profile in profiles)
    return profiles, Figure(
        value=statistics.fmean(waits),
        unit="s",
        source="measured",
        how=f"{how}: time less CPU",
        low=waits[0],
        high=waits[-1],
    )


def _split(counts: Counts, cost: float) -> Profile:
    """Equally likely (CPU, waiting) with the mean cost, from a histogram of whole times."""
    shares = [(i + 0.5) / _PROFILE for i in range(_PROFILE)]
    times = [value for value in quantiles(counts, shares) if value is not None]
    mean = statistics.fmean(times)
    if mean <= cost:
        return tuple((time * cost / mean, 0.0) for time in times)
    most = _cap(times, cost)
    return tuple((min(time, most), time - min(time, most)) for time in times)


def _cap(times: Sequence[float], mean: float) -> float:
    """The bound at which to cut the times so that their mean is ``mean``."""
    low, high = 0.0, max(times)
    for _ in range(60):
        middle = (low + high) / 2
        if sum(min(time, middle) for time in times) / len(times) < mean:
            low = middle
        else:
            high = middle
    return high


def _calm(seen: Evidence, cost: float, cores: float) -> tuple[list[Counts], str]:
    """Service times of each quarter of a minute in which pods were little busy; of the calmest third where none was."""
    series, ready = seen.run.seconds, seen.run.replicas.ready
    busy: list[tuple[float, int]] = []
    for i, answered in enumerate(series.answered):
        pods = ready.at(series.start + i + 0.5)
        if answered and pods and not series.failed[i]:
            around = [n or 0 for n in series.answered[max(0, i - 2) : i + 3]]
            busy.append((sum(around) / len(around) * cost / (pods * cores) if cores < math.inf else 0.0, i))
    calm, how = [i for share, i in busy if share <= CALM], f"calm seconds, at most {CALM:.0%} of the CPU in use"
    if sum(series.answered[i] or 0 for i in calm) < _LEAST_CALM:
        calm = [i for _, i in sorted(busy)[: max(1, len(busy) // 3)]]
        how = "the calmest third of the run (nothing was really calm)"
    return list(_blocks(seen, sorted(calm))), how


def _blocks(seen: Evidence, calm: Sequence[int]) -> Iterator[Counts]:
    """The calm seconds' histograms, put together until a quarter of a minute and enough answers are in one."""
    first = round(seen.run.seconds.start - seen.run.services.phase)
    positions = seen.run.services.by_second()
    parts: list[Counts] = []
    for i in calm:
        parts.append(seen.run.services.of(positions.get(first + i, ())))
        if len(parts) >= _BLOCK_S and sum(sum(part.values()) for part in parts) >= _LEAST_CALM:
            yield merge(parts)
            parts = []
    rest = merge(parts)
    if sum(rest.values()) >= _LEAST_CALM or (rest and len(calm) == len(parts)):
        yield rest


def _threads(seen: Evidence, given: int | None) -> Figure:
    if given is not None:
        return Figure(given, "", "assumed", "as given")
    if seen.kept.load.pods:
        return Figure(
            APP_THREADS, "", "manifest", "answers name their pod: this project's app, one worker of 8 threads"
        )
    return Figure(
        MANY_THREADS, "", "assumed", "how many requests a pod works on at once is not known: many (--threads)"
    )


def _cores(seen: Evidence) -> tuple[Figure, Figure]:
    """Cores of all nodes, and those that one pod may use at once."""
    nodes = [cpu / 1000 for cpu in seen.run.nodes.values()]
    if not nodes:
        environment = seen.kept.header["environment"]
        cores = environment.get("cpus") or environment.get("cores")
        nodes = [float(cores)] if isinstance(cores, int | float) else []
    if not nodes:
        none = Figure(math.inf, "cores", "assumed", "the nodes were not seen: no bound")
        return none, Figure(1.0, "cores", "assumed", "a pod works on one core at a time")
    how = f"allocatable CPU of {len(nodes)} node(s); what others use on them is not known"
    return Figure(sum(nodes), "cores", "measured", how), Figure(max(nodes), "cores", "measured", "the largest node's")


def _started(seen: Evidence) -> list[PodHistory]:
    """Pods that were made while the record was written."""
    first = seen.run.load_start or seen.kept.first_t
    return [pod for pod in seen.kept.pods.values() if pod.first_seen > first and pod.ready]


def _starts(seen: Evidence) -> tuple[tuple[float, ...], Figure]:
    """Creation to ready of each pod that started, with what it waited for room on a node."""
    found = []
    for pod in _started(seen) or [pod for pod in seen.kept.pods.values() if pod.ready]:
        created = seen.kept.clocks.moment(*pod.created)
        ready = seen.kept.clocks.moment(*pod.conditions["Ready"]) if "Ready" in pod.conditions else None
        if created and ready and ready.at - created.at > 0:
            found.append(ready.at - created.at)
    if not found:
        return (_START_S,), Figure(_START_S, "s", "assumed", "no pod was seen to start: Kubernetes' own SLO")
    how = f"creation to ready of {len(found)} pod(s)"
    return tuple(sorted(found)), Figure(
        value=statistics.fmean(found), unit="s", source="measured", how=how, low=min(found), high=max(found)
    )


def waited_for_room(seen: Evidence, pod: PodHistory) -> float:
    """Seconds from a pod's creation until a node was found for it."""
    scheduled = pod.conditions.get("PodScheduled")
    created, placed = seen.kept.clocks.moment(*pod.created), scheduled and seen.kept.clocks.moment(*scheduled)
    return max(0.0, placed.at - created.at) if created and placed else 0.0


def _start_cpu(seen: Evidence, cost: float, idle_m: float) -> Figure:
    """CPU of starting: what the first sample of new pods holds beyond idling and answering."""
    found = []
    for pod in _started(seen):
        usage, load = seen.kept.usage.get(pod.uid), seen.kept.load.pods.get(pod.name)
        created = seen.kept.clocks.moment(*pod.created)
        if not usage or not usage.at or not created or usage.at[0] - usage.window_s[0] > created.at + 2.0:
            continue
        span = usage.at[0] - pod.ready[0][0]
        answers = _answers(seen, pod.name, usage.at[0]) if load else 0.0
        spent = usage.cpu_m[0] * usage.window_s[0] / 1000
        found.append(max(0.0, spent - cost * answers - idle_m / 1000 * max(0.0, span)))
    if not found:
        return Figure(0.0, "s", "assumed", "no sample covers the start of a pod")
    how = f"CPU in the first sample of {len(found)} new pod(s), less idling and answers"
    return Figure(value=statistics.median(found), unit="s", source="measured", how=how, low=min(found), high=max(found))


def _answers(seen: Evidence, name: str, until: float) -> float:
    """How many answers a pod gave before a time, from its counts of every 10 s."""
    first, counts = seen.run.pod_bins.get(name, (0.0, ()))
    return sum(n * min(1.0, max(0.0, (until - first - 10 * i) / 10)) for i, n in enumerate(counts))


def _endpoint(seen: Evidence) -> Figure:
    found = []
    for pod in _started(seen):
        endpoint = seen.kept.endpoints.get(pod.uid)
        if endpoint and endpoint.ready is not None:
            found.append(max(0.0, endpoint.ready - pod.ready[0][0]))
    if not found:
        return Figure(1.0, "s", "assumed", "ready to in service: no new endpoint was seen")
    how = f"ready to endpoint of {len(found)} pod(s), and {_PROXY_S} s for kube-proxy"
    return Figure(statistics.median(found) + _PROXY_S, "s", "measured", how)


def _drain(seen: Evidence) -> Figure:
    """How long an ending pod keeps its connections: its preStop sleep."""
    for workload in seen.objects(str(seen.kept.target["kind"])):
        pod = ((workload.get("spec") or {}).get("template") or {}).get("spec") or {}
        for container in pod.get("containers") or []:
            sleep = ((container.get("lifecycle") or {}).get("preStop") or {}).get("sleep") or {}
            if isinstance(sleep.get("seconds"), int | float):
                return Figure(float(sleep["seconds"]), "s", "manifest", "preStop sleep")
    return Figure(1.0, "s", "assumed", "no preStop sleep is known: connections end with the pod")


def _timeout(seen: Evidence) -> Figure:
    requests = seen.scenario.get("requests") or []
    timeouts = {request["timeout"] for request in requests if isinstance(request.get("timeout"), int | float)}
    if not timeouts:
        return Figure(10.0, "s", "assumed", "the scenario's default")
    how = "of the scenario's requests" + (", the longest of several" if len(timeouts) > 1 else "")
    return Figure(float(max(timeouts)), "s", "manifest", how)
