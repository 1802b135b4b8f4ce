"""The objectives as JUnit XML: each one a test case, so that any CI server shows them."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from datetime import UTC, datetime

from autoscale.base.visible import visible
from autoscale.report.gather import Account
from autoscale.verdict.results import Judgement

# Characters that XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(account: Account) -> str:
    """One test suite; a failed objective is a failure, an unknown or invalid one an error: never a pass."""
    analysis = account.analysis
    name = str(analysis.header["scenario"].get("name") or "run")
    judgements = account.verdict.judgements
    suite = ElementTree.Element(
        "testsuite",
        name=_legal(f"autoscale {name}"),
        hostname=_legal(str(analysis.header["context"].get("name") or "unknown")),
        tests=str(len(judgements) + 1),
        failures=str(sum(j.outcome == "fail" for j in judgements)),
        errors=str(
            sum(j.outcome in ("unknown", "invalid") for j in judgements) + (account.verdict.validity.outcome != "valid")
        ),
        time=_seconds(analysis.start, analysis.end),
        timestamp=datetime.fromtimestamp(analysis.start, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    whole = _seconds(analysis.start, analysis.end)
    _validity(suite, account, name, whole)
    for judgement in judgements:
        _case(suite, judgement, name, whole)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _validity(suite: ElementTree.Element, account: Account, name: str, whole: str) -> None:
    case = _element(suite, "testcase", classname=name, name="the run can be believed", time=whole)
    validity = account.verdict.validity
    _values(case, {check.name: check.words for check in validity.checks})
    if validity.outcome != "valid":
        doubts = "; ".join(check.words for check in validity.checks if check.effect != "none")
        _element(case, "error", message=doubts, type=validity.outcome)


def _case(suite: ElementTree.Element, judgement: Judgement, name: str, whole: str) -> None:
    """One objective: its span as the time that it took, value and bound as properties and in words."""
    span = _seconds(judgement.start, judgement.end) if judgement.start is not None else whole
    case = _element(suite, "testcase", classname=name, name=judgement.text, time=span)
    _values(case, {"value": judgement.value_text, "bound": judgement.bound_text})
    detail = f"value {judgement.value_text}, bound {judgement.bound_text}"
    if judgement.outcome != "pass":
        tag = "failure" if judgement.outcome == "fail" else "error"
        _element(case, tag, message=judgement.reason, type=judgement.outcome).text = _legal(detail)
    _element(case, "system-out").text = _legal(f"{judgement.outcome}: {detail}")


def _values(case: ElementTree.Element, values: Mapping[str, str]) -> None:
    properties = _element(case, "properties")
    for name, value in values.items():
        _element(properties, "property", name=name, value=value)


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: _legal(value) for name, value in attributes.items()})


def _seconds(start: float | None, end: float | None) -> str:
    return f"{max(0.0, end - start):.3f}" if start is not None and end is not None else "0"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", visible(text))
