"""Speed of what-if: modelled against recorded time, and many variants of a short run, compiled and plain."""

import math
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from autoscale.hpa import Config
from autoscale.whatif import fast
from autoscale.whatif.answer import modelled
from autoscale.whatif.service import Figure, Load, Service, Setting, Span

HOUR_S, RATE, PODS = 3600.0, 1000.0, 20
VARIANTS, SHORT_S, SHORT_RATE = 1000, 240.0, 50.0
_SPEC = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    "minReplicas": 2,
    "maxReplicas": PODS,
    "metrics": [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
    ],
}


def _figure(value: float) -> Figure:
    return Figure(value, "", "assumed", "benchmark")


def service() -> Service:
    """A service of 10 ms of CPU a request, 2 ms of waiting, 8 threads."""
    given = {
        "cost_s": 0.01, "idle_m": 1.0, "fixed_s": 0.002, "scatter": 0.02, "threads": 8, "width": 2.0, "cores": math.inf,
        "start_s": 2.0, "start_cpu_s": 0.3, "endpoint_s": 0.5, "drain_s": 5.0, "metric_period_s": 15.0,
        "metric_fresh_s": 10.0, "timeout_s": 10.0,
    }  # fmt: skip
    figures = {name: _figure(value) for name, value in given.items()}
    profile = tuple((0.01, 0.002) for _ in range(100))
    return Service(**figures, profiles=(profile,), starts=(2.0,), scrape_phase=None, sync_phase=None)


def setting(rate: float, seconds: float, least: int) -> Setting:
    """So many requests a second, on pods of which each may use three quarters of a core."""
    load = Load(((0.0, rate), (seconds, rate)), (("steady", 0.0, seconds),), "uniform", 1, 50, 0.1, 1000)
    return Setting("bench", {**_SPEC, "minReplicas": least}, Config(), 500, 750, 15.0, load)


def _span(seconds: float, pods: int) -> Span:
    return Span(1.8e9, -30.0, seconds, ((-30.0, -30.0),) * pods)


def _one(target: int) -> float:
    spec = {**_SPEC, "maxReplicas": 4 + target % 16}
    chosen = replace(setting(SHORT_RATE, SHORT_S, 2), hpa=spec)
    return modelled(service(), chosen, _span(SHORT_S, 2), [target])[0].replica_minutes()


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure). CPU time stands beside wall time: on a busy machine only the former says anything."""
    _one(0)  # compiles
    begin, used = time.perf_counter(), time.process_time()
    if fast.available():
        modelled(service(), setting(RATE, HOUR_S, PODS), _span(HOUR_S, PODS), [1])
    took, cpu = time.perf_counter() - begin, time.process_time() - used
    begin, used = time.perf_counter(), _children_cpu_s()
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_one, range(VARIANTS), chunksize=25))
    many, many_cpu = time.perf_counter() - begin, _children_cpu_s() - used
    return [
        (
            f"an hour at {RATE:,.0f}/s through {PODS} pods: modelled by recorded time (wanted: 1/1000, 3 s)",
            f"1/{HOUR_S / took:,.0f} ({took:.1f} s, {cpu:.1f} s of CPU)" if fast.available() else "no numba",
        ),
        (
            f"{VARIANTS:,} variants of four minutes at {SHORT_RATE:.0f}/s on two cores (wanted: 20 s)",
            f"{many:.1f} s ({many_cpu:.1f} s of CPU)",
        ),
    ]


def _children_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system
