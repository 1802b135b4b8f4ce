"""What custom.metrics.k8s.io and external.metrics.k8s.io answer, by the rules, from the series.

Source: prometheus-adapter v0.12 (pkg/custom-provider, pkg/external-provider). It lists the series anew every ten
minutes and so learns late of a new metric; here a series is known as soon as it is scraped.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autoscale.base.times import format_time
from autoscale.kube.kinds import BY_KIND, Object
from autoscale.kube.selectors import selector_matches
from autoscale.kube.targets import NO_PODS
from autoscale.plane.adapter.rules import Rule, Rules
from autoscale.plane.adapter.series import Labels, Series, evaluate

CUSTOM, EXTERNAL = "custom.metrics.k8s.io", "external.metrics.k8s.io"

Selector = Mapping[str, Any] | None
"""A LabelSelector over the series' labels, as an HPA's metric has it."""


class NoMetric(LookupError):
    """There is no such metric; the text is what the API answers."""


@dataclass(frozen=True)
class Answers:
    """The two APIs at ``now``. ``rules`` of None: neither is there."""

    rules: Rules | None
    series: tuple[Series, ...]
    now: float

    def metrics(self) -> list[str]:
        """The names of the custom metrics, as discovery has them: ``pods/http_requests_per_second``."""
        found = {
            f"{_plural(resource)}/{metric}"
            for rule in (self.rules.custom if self.rules else ())
            for one in self.series
            if rule.takes(one.name, one.labels) and (metric := rule.metric(one.name))
            for resource in ("namespace", "pod", "service")
            if (label := rule.label(resource)) and label in one.labels
        }
        return sorted(found)

    def externals(self) -> list[str]:
        """The names of the external metrics."""
        rules = self.rules.external if self.rules else ()
        found = {rule.metric(one.name) for rule in rules for one in self.series if rule.takes(one.name, one.labels)}
        return sorted(name for name in found if name)

    def custom(
        self, kind: str, namespace: str, names: Collection[str], metric: str, selector: Selector = None
    ) -> list[Object]:
        """``MetricValue`` (v1beta2) of each named object of a kind that has one. NoMetric where none ever could."""
        if self.rules is None:
            raise NoMetric(f"no custom metrics API ({CUSTOM}) registered")
        resource = kind.lower()
        for rule in self.rules.custom:
            label, home = rule.label(resource), rule.label("namespace")
            picked = self._picked(rule, metric, selector)
            if label is None or not any(label in one.labels for one in picked):
                continue
            if rule.namespaced and home and resource != "namespace":
                picked = [one for one in picked if one.labels.get(home) == namespace]
            found = evaluate(rule.query, (one for one in picked if one.labels.get(label) in names), (label,), self.now)
            return [
                self._value(kind, namespace, group[0][1], metric, selector, value) for group, value in found.items()
            ]
        raise NoMetric(f"the server could not find the metric {metric} for {_plural(resource)}")

    def external(self, namespace: str, metric: str, selector: Selector = None) -> list[Object]:
        """``ExternalMetricValue`` of a metric: empty where no series is there now. NoMetric without that API."""
        if self.rules is None or not self.rules.external:
            raise NoMetric(f"the server could not find the requested resource (get {metric}.{EXTERNAL})")
        for rule in self.rules.external:
            picked = self._picked(rule, metric, selector)
            home = rule.label("namespace")
            if rule.namespaced and home:
                picked = [one for one in picked if one.labels.get(home) == namespace]
            found = evaluate(rule.query, picked, (), self.now)
            if found:
                return [self._external(metric, group, value) for group, value in found.items()]
        return []

    def _picked(self, rule: Rule, metric: str, selector: Selector) -> list[Series]:
        return [
            one
            for one in self.series
            if rule.takes(one.name, one.labels)
            and rule.metric(one.name) == metric
            and selector_matches(selector or {}, one.labels)
        ]

    def _value(self, kind: str, namespace: str, name: str, metric: str, selector: Selector, value: float) -> Object:
        described = {"kind": kind, "namespace": namespace, "name": name, "apiVersion": f"/{BY_KIND[kind].version}"}
        if kind == "Namespace":
            described.pop("namespace")
        return {
            "describedObject": described,
            "metric": {"name": metric, "selector": selector},
            "timestamp": format_time(self.now),
            "value": "0" if math.isnan(value) else quantity(value),
        }

    def _external(self, metric: str, group: Labels, value: float) -> Object:
        return {
            "metricName": metric,
            "metricLabels": dict(group),
            "timestamp": format_time(self.now),
            "value": quantity(value),
        }


NOTHING = Answers(None, (), 0.0)
"""A cluster without an adapter."""


def quantity(value: float) -> str:
    """A value as a quantity in thousandths, cut off as the adapter does; what is no finite number, or beyond 64 bits,
    becomes the smallest number of 64 bits (Go on amd64), which the HPA then reads as 0."""
    if not abs(value * 1000) < 2**63:
        return NO_PODS
    milli = int(value * 1000)
    return f"{milli // 1000}" if milli % 1000 == 0 else f"{milli}m"


def selector_of(text: Iterable[Any]) -> Selector:
    """A LabelSelector of a parsed label query's requirements; None of an empty one."""
    operators = {"Equals": "In", "NotEquals": "NotIn"}
    found = [
        {"key": one.key, "operator": operators.get(one.operator, one.operator), "values": list(one.values)}
        for one in text
    ]
    return {"matchExpressions": found} if found else None


def _plural(resource: str) -> str:
    """``pods`` of ``pod``, by the table of kinds."""
    known = {of.kind.lower(): of.plural for of in BY_KIND.values()}
    return known.get(resource, f"{resource}s")
