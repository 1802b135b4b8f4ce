"""The pages of measures and findings say what the code does."""

from pathlib import Path

import pytest

from autoscale.analysis.results import reference as measures
from autoscale.findings import reference as findings
from autoscale.findings.rules import RULES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "text"), [("measures.md", measures.markdown()), ("findings.md", findings.markdown())])
def test_a_page_is_what_the_code_makes(page: str, text: str) -> None:
    """The committed page equals what the catalogue or the rules give now."""
    assert (DOCS / page).read_text() == text


def test_links_of_findings_lead_to_a_heading() -> None:
    """Each rule's link is the anchor of a heading on the page."""
    anchors = {
        line[3:].lower().replace(" ", "-") for line in findings.markdown().splitlines() if line.startswith("## ")
    }
    assert {f"{rule.id.lower()}-{rule.name}" for rule in RULES} == anchors
