"""The objectives as JUnit XML: each one a test case, so that any CI server shows them."""

import re
import xml.etree.ElementTree as ElementTree

from autoscale.report.gather import Account
from autoscale.verdict.results import Judgement

# Characters that XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(account: Account) -> str:
    """One test suite; a failed objective is a failure, an unknown or invalid one an error: never a pass."""
    name = str((account.analysis.header.get("scenario") or {}).get("name") or "run")
    judgements = account.verdict.judgements
    suite = ElementTree.Element(
        "testsuite",
        name=_legal(f"autoscale {name}"),
        tests=str(len(judgements) + 1),
        failures=str(sum(j.outcome == "fail" for j in judgements)),
        errors=str(
            sum(j.outcome in ("unknown", "invalid") for j in judgements) + (account.verdict.validity.outcome != "valid")
        ),
    )
    _validity(suite, account, name)
    for judgement in judgements:
        _case(suite, judgement, name)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _validity(suite: ElementTree.Element, account: Account, name: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=_legal(name), name="the run can be believed")
    validity = account.verdict.validity
    if validity.outcome != "valid":
        doubts = "; ".join(check.words for check in validity.checks if check.effect != "none")
        ElementTree.SubElement(case, "error", message=_legal(doubts), type=validity.outcome)


def _case(suite: ElementTree.Element, judgement: Judgement, name: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=_legal(name), name=_legal(judgement.text))
    if judgement.outcome != "pass":
        tag = "failure" if judgement.outcome == "fail" else "error"
        detail = ElementTree.SubElement(case, tag, message=_legal(judgement.reason), type=judgement.outcome)
        detail.text = _legal(f"value {judgement.value_text}, bound {judgement.bound_text}")


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
