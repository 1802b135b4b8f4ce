"""The rule file of prometheus-adapter (``config.yaml`` of its ConfigMap), read and checked whole.

Of PromQL the queries have what adapter rules are mostly written with: ``AGG(SELECTION) by (<<.GroupBy>>)`` where AGG is
sum, avg, max, min or count, and the selection ``<<.Series>>{<<.LabelMatchers>>}``, or a ``rate``, ``increase`` or
``max_over_time`` ... of it over a range. Source: docs/config.md of kubernetes-sigs/prometheus-adapter v0.12.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from autoscale.base.times import parse_duration
from autoscale.kube.kinds import Object
from autoscale.kube.patterns import compiled
from autoscale.plane.adapter.functions import AGGREGATIONS, RANGE_FUNCTIONS
from loadtest.yamltext import KubernetesLoader

LABEL, FILE = ("app.kubernetes.io/name", "prometheus-adapter"), "config.yaml"
"""The ConfigMap whose file holds the rules carries this label."""

_SERIES = re.compile(r"\s*(?P<name>[a-zA-Z_:][\w:]*)?\s*(?:\{(?P<matchers>.*)\})?\s*", re.DOTALL)
_MATCHER = re.compile(r"""\s*(\w+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?:,|$)""")
_SELECTION = r"<<\s*\.Series\s*>>\s*\{(?P<matchers>[^{}]*)\}"
_INNER = rf"(?:(?P<function>\w+)\(\s*{_SELECTION}\s*\[(?P<range>\w+)\]\s*\)|{_SELECTION.replace('matchers', 'bare')})"
_BY = r"by\s*\(\s*<<\s*\.GroupBy\s*>>\s*\)"
_QUERY = re.compile(
    rf"\s*(?P<agg>\w+)\s*(?:{_BY}\s*\(\s*{_INNER}\s*\)|\(\s*{_INNER.replace('?P<', '?P<x')}\s*\)\s*(?:{_BY})?)\s*"
)
_MATCHERS = re.compile(r"<<\s*\.LabelMatchers\s*>>")
_TEMPLATE = re.compile(r"<<\s*\.Resource\s*>>")
_GROUP = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_FIELDS = {
    "": {"rules", "externalRules"},
    "rule": {"seriesQuery", "seriesFilters", "resources", "name", "metricsQuery"},
    "resources": {"template", "overrides", "namespaced"},
}
_QUERY_FORM = "sum, avg, max, min or count of <<.Series>>{<<.LabelMatchers>>}, or of its rate over a range such as [1m]"
_SERIES_FORM = 'a series with matchers, such as http_requests_total{namespace!="",pod!=""}'


class RuleError(ValueError):
    """A rule file cannot be used; ``mistakes`` are (field, what is wrong)."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(f"{field}: {what}" for field, what in mistakes))


class Matcher(NamedTuple):
    """``label OP "value"``; regular expressions are anchored, as PromQL has them."""

    label: str
    operator: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy it; an absent label is an empty one."""
        found = labels.get(self.label, "")
        equal = compiled(self.value).fullmatch(found) is not None if "~" in self.operator else found == self.value
        return equal != self.operator.startswith("!")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the series of a metric; ``function`` over ``range_s`` of each, "" for the newest value."""

    aggregation: str
    function: str
    range_s: float
    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: which series (``series`` "": of any name), which labels name resources, what the metric is called.

    ``resources``: resource in the singular -> label; ``template``: the label of any other, ``{}`` for the resource.
    """

    series: str
    matchers: tuple[Matcher, ...]
    name_filters: tuple[tuple[str, bool], ...]
    resources: Mapping[str, str]
    template: str
    namespaced: bool
    matches: str
    as_: str
    query: Query

    def takes(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a series is one of the rule's."""
        if self.series and name != self.series:
            return False
        named = {**labels, "__name__": name}
        filters = all((compiled(pattern).search(name) is not None) == wanted for pattern, wanted in self.name_filters)
        return filters and all(matcher.holds(named) for matcher in self.matchers)

    def label(self, resource: str) -> str | None:
        """The label that names a resource (``pod``, ``namespace``, ``service``); None where none does."""
        return self.resources.get(resource) or (self.template.format(resource) if self.template else None)

    def metric(self, series: str) -> str | None:
        """What the metric of a series is called; None where the name does not match."""
        found = compiled(self.matches).search(series)
        if found is None:
            return None
        as_ = self.as_ or ("$1" if found.re.groups else "$0")
        return _GROUP.sub(lambda group: _captured(found, group.group(1) or group.group(2)), as_)


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole rule file."""

    custom: tuple[Rule, ...] = ()
    external: tuple[Rule, ...] = ()

    @property
    def longest_s(self) -> float:
        """How far back a query looks at most, in seconds."""
        return max((rule.query.range_s for rule in (*self.custom, *self.external)), default=0.0)


def is_adapters(config: Object) -> bool:
    """Whether a ConfigMap holds the adapter's rules."""
    labels = config["metadata"].get("labels") or {}
    return labels.get(LABEL[0]) == LABEL[1] and FILE in (config.get("data") or {})


def read_rules(text: str) -> Rules:
    """The rules in the text of a ``config.yaml``; RuleError with every mistake."""
    try:
        data = yaml.load(text, KubernetesLoader)
    except yaml.YAMLError as error:
        raise RuleError([(FILE, f"is not YAML: {' '.join(str(error).split())}")]) from None
    if not isinstance(data, dict):
        raise RuleError([(FILE, "holds no `rules:` and no `externalRules:`")])
    mistakes: list[tuple[str, str]] = [(name, "is not known here") for name in data if name not in _FIELDS[""]]
    found: dict[str, list[Rule]] = {"rules": [], "externalRules": []}
    for part, made in found.items():
        listed = data.get(part) or []
        if not isinstance(listed, list):
            mistakes.append((part, "is no list"))
            continue
        for at, entry in enumerate(listed):
            rule, wrong = _rule(entry if isinstance(entry, dict) else {}, f"{part}[{at}]")
            mistakes += wrong
            made += [rule] if rule else []
    if mistakes:
        raise RuleError(mistakes)
    return Rules(tuple(found["rules"]), tuple(found["externalRules"]))


def _rule(entry: Mapping[str, Any], at: str) -> tuple[Rule | None, list[tuple[str, str]]]:
    mistakes = list(_unknown(entry, at))
    selection, query = _selection(str(entry.get("seriesQuery") or "")), _query(str(entry.get("metricsQuery") or ""))
    if selection is None:
        mistakes.append((f"{at}.seriesQuery", f"found {entry.get('seriesQuery')!r}, wanted {_SERIES_FORM}"))
    if isinstance(query, str):
        mistakes.append((f"{at}.metricsQuery", query))
    patterns, resources, naming = _filters(entry), entry.get("resources") or {}, entry.get("name") or {}
    texts = [*(pattern for pattern, _ in patterns), naming.get("matches") or ""]
    mistakes += [(at, f"{text!r} is not a regular expression") for text in texts if not _is_pattern(text)]
    if mistakes or selection is None or isinstance(query, str):
        return None, mistakes
    overrides = resources.get("overrides") or {}
    rule = Rule(
        series=selection[0],
        matchers=selection[1],
        name_filters=patterns,
        resources={_singular(one.get("resource") or ""): label for label, one in overrides.items()},
        template=_TEMPLATE.sub("{}", resources.get("template") or ""),
        namespaced=resources.get("namespaced") is not False,
        matches=naming.get("matches") or "^.*$",
        as_=naming.get("as") or "",
        query=query,
    )
    return rule, []


def _unknown(entry: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for path, part, known in ((at, entry, "rule"), (f"{at}.resources", entry.get("resources") or {}, "resources")):
        yield from ((f"{path}.{name}", "is not known here") for name in part if name not in _FIELDS[known])


def _filters(entry: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    """(pattern, whether names must match it)."""
    return tuple(
        (str(one.get("is") or one.get("isNot") or ""), "is" in one) for one in entry.get("seriesFilters") or []
    )


def _selection(text: str) -> tuple[str, tuple[Matcher, ...]] | None:
    found = _SERIES.fullmatch(text) if text.strip() else None
    matchers = _matchers(found["matchers"] or "") if found else None
    return None if found is None or matchers is None else (found["name"] or "", matchers)


def _matchers(text: str) -> tuple[Matcher, ...] | None:
    """The matchers between braces, None where they are none."""
    found, at = [], 0
    while text[at:].strip():
        one = _MATCHER.match(text, at)
        if one is None or ("~" in one[2] and not _is_pattern(_unquoted(one[3]))):
            return None
        found.append(Matcher(one[1], one[2], _unquoted(one[3])))
        at = one.end()
    return tuple(found)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _query(text: str) -> Query | str:
    """The query, or what is wrong with it."""
    found = _QUERY.fullmatch(text)
    if found is None:
        return f"found {text!r}, wanted {_QUERY_FORM}"
    part = {name.removeprefix("x"): value for name, value in found.groupdict().items() if value is not None}
    inside = part.get("matchers", part.get("bare", ""))
    matchers = _matchers(_MATCHERS.sub("", inside).strip().strip(","))
    if not _MATCHERS.search(inside) or matchers is None:
        return f"found {{{inside}}}, wanted <<.LabelMatchers>> between the braces, alone or with matchers"
    function, aggregation = part.get("function", ""), part["agg"]
    if aggregation not in AGGREGATIONS or (function and function not in RANGE_FUNCTIONS):
        return (
            f"the embedded cluster has {', '.join(AGGREGATIONS)} of {', '.join(RANGE_FUNCTIONS)}, and no other function"
        )
    try:
        range_s = parse_duration(part["range"]) if function else 0.0
    except ValueError:
        return f"found the range [{part['range']}], wanted one such as [1m]"
    return Query(aggregation, function, range_s, matchers)


def _is_pattern(text: str) -> bool:
    try:
        compiled(text)
    except re.error:
        return False
    return True


def _singular(resource: str) -> str:
    """Rules name resources in the singular or the plural."""
    return resource[:-1] if resource.endswith("s") else resource


def _captured(found: "re.Match[str]", group: str) -> str:
    try:
        return found[int(group) if group.isdigit() else group] or ""
    except (IndexError, KeyError):
        return ""
