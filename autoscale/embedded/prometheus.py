"""Prometheus and its adapter: scrapes the pods whose annotations say so, and answers by the rules of a ConfigMap.

A pod says so as the charts' default scrape job has it: ``prometheus.io/scrape: "true"``, and where, in
``prometheus.io/port`` and ``prometheus.io/path``. Without a ConfigMap of rules nothing is scraped.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Iterator

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from autoscale.kube.kinds import Object
from autoscale.kube.selectors import selector_matches
from autoscale.plane.adapter.answers import NOTHING, Answers
from autoscale.plane.adapter.rules import FILE, RuleError, Rules, is_adapters, read_rules
from autoscale.plane.adapter.series import LOOKBACK_S, SeriesStore
from autoscale.plane.store import Objects

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_LARGEST_B = 8 * 1024 * 1024
_SCRAPE = "prometheus.io/scrape"
_LOG = logging.getLogger(__name__)


class Prometheus:
    """``rules``: those that hold now, None where no ConfigMap has any."""

    def __init__(self, objects: Objects, period_s: float, now: Callable[[], float] = time.time) -> None:
        """``period_s``: between two scrapes of a pod."""
        self.series = SeriesStore()
        self.rules: Rules | None = None
        self._now = now
        self._objects = objects
        self._period_s = period_s
        self._read = -1

    def answers(self, now: float) -> Answers:
        """What the two APIs answer at ``now``."""
        self._follow()
        return Answers(self.rules, tuple(self.series.all()), now) if self.rules else NOTHING

    async def run(self) -> None:
        """Scrape until cancelled; the first time at any moment of the period, as the program was there before."""
        due = self._now() + random.uniform(0, self._period_s)
        async with aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                await asyncio.sleep(max(0.0, due - self._now()))
                due = max(due + self._period_s, self._now())
                self._follow()
                if self.rules:
                    await self._scrape_all(session, self.rules)

    def _follow(self) -> None:
        """Read the rules again where a ConfigMap has changed."""
        version = self._objects.changed(("ConfigMap",))
        if version != self._read:
            self._read, self.rules = version, rules_of(self._objects)

    async def _scrape_all(self, session: aiohttp.ClientSession, rules: Rules) -> None:
        pods = [pod for pod in self._objects.list("Pod") if is_target(pod)]
        self.series.forget({pod["metadata"]["uid"] for pod in pods})
        keep_s = max(rules.longest_s, LOOKBACK_S)
        await asyncio.gather(*(self._scrape(session, pod, keep_s) for pod in pods))

    async def _scrape(self, session: aiohttp.ClientSession, pod: Object, keep_s: float) -> None:
        """One pod's metrics; one that cannot be had leaves its series stale, as in Prometheus."""
        at, found = self._now(), []
        try:
            async with session.get(address(pod)) as response:
                response.raise_for_status()
                found = list(samples((await _whole(response.content)).decode()))
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            _LOG.info("%s: %r", address(pod), error)
        self.series.add(pod["metadata"]["uid"], labels_of(pod, self._objects), found, at, keep_s)


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """A body to its end, which one ``read(n)`` is not. ValueError where it is larger than any pod's metrics are."""
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > _LARGEST_B:
            raise ValueError(f"more than {_LARGEST_B} bytes of metrics")
    return bytes(body)


def rules_of(objects: Objects) -> Rules | None:
    """The rules of every ConfigMap with the adapter's label; None where there is none."""
    found = []
    for config in objects.list("ConfigMap"):
        if is_adapters(config):
            with contextlib.suppress(RuleError):  # refused when it was written
                found.append(read_rules((config.get("data") or {})[FILE]))
    if not found:
        return None
    return Rules(tuple(r for one in found for r in one.custom), tuple(r for one in found for r in one.external))


def is_target(pod: Object) -> bool:
    """Whether a pod runs and asks to be scraped."""
    annotations, status = pod["metadata"].get("annotations") or {}, pod.get("status") or {}
    return annotations.get(_SCRAPE) == "true" and bool(status.get("podIP")) and status.get("phase") == "Running"


def address(pod: Object) -> str:
    """Where a pod's metrics are: by its annotations, else the first port that it names."""
    annotations = pod["metadata"].get("annotations") or {}
    ports = [port["containerPort"] for one in pod["spec"]["containers"] for port in one.get("ports") or []]
    port = annotations.get("prometheus.io/port") or (ports[0] if ports else 80)
    path = "/" + annotations.get("prometheus.io/path", "/metrics").lstrip("/")
    return f"http://{pod['status']['podIP']}:{port}{path}"


def labels_of(pod: Object, objects: Objects) -> dict[str, str]:
    """What Prometheus adds to a pod's series: pod, namespace, node, and the Service in front of it."""
    metadata = pod["metadata"]
    found = {"namespace": metadata["namespace"], "pod": metadata["name"], "node": pod["spec"].get("nodeName", "")}
    for service in objects.list("Service", metadata["namespace"]):
        selector = service["spec"].get("selector")
        if selector and selector_matches({"matchLabels": selector}, metadata.get("labels") or {}):
            return {**found, "service": service["metadata"]["name"]}
    return found


def samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """The samples of a scrape in the text format, by the names they have there. ValueError where it is not one.

    Comments are left out: by a ``# TYPE`` the parser would rename a counter that does not end in ``_total``
    (ingress-nginx's ``nginx_ingress_controller_requests``), and a rule would then find nothing.
    """
    values = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))
    for family in text_string_to_metric_families(values):
        for sample in family.samples:
            yield sample.name, sample.labels, float(sample.value)
