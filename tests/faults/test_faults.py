"""The part of the fault matrix that takes no time: what is read or asked, in this process (`make faults` meets all)."""

from pathlib import Path

import pytest

from tests.faults.asking import Asked
from tests.faults.fault import Met, Wanted
from tests.faults.files import Given
from tests.faults.matrix import kinds
from tests.faults.page import page, read

ALL = [fault for faults in kinds().values() for fault in faults]
READ = [fault for fault in ALL if isinstance(fault, Given)]
ASKED = [fault for fault in ALL if isinstance(fault, Asked)]


@pytest.mark.parametrize("fault", READ, ids=lambda fault: fault.name)
def test_what_is_wrong_is_told_and_what_is_right_is_taken_afterwards(fault: Given, tmp_path: Path) -> None:
    """Its exit code and words are true, and no file is left that was not there."""
    met = fault.meet(tmp_path)
    assert (met.amiss, met.left) == ([], []), met.said[-800:]


@pytest.mark.parametrize("fault", ASKED, ids=lambda fault: fault.name)
def test_what_cannot_be_asked_of_the_embedded_api_is_refused_and_the_next_request_answered(
    fault: Asked, tmp_path: Path
) -> None:
    """With a 4xx, never a 5xx, and nothing hangs by it."""
    met = fault.meet(tmp_path)
    assert met.amiss == [], met.said[-800:]


def test_each_fault_has_a_name_of_its_own() -> None:
    """By kind and name it is chosen and written down."""
    names = [(kind, fault.name) for kind, faults in kinds().items() for fault in faults]
    assert len(names) == len(set(names)) >= 100


def test_what_is_not_true_is_amiss() -> None:
    """Another exit code, words that are not said, words that must not be; an invalid run says nothing else."""
    wanted = Wanted((5, 6), ["HPA web"])
    assert wanted.amiss(5, "the HPA\n web was deleted") == []
    assert wanted.amiss(6, "the load generator was the limit") == []
    assert wanted.amiss(0, "Traceback (most recent call last)") == [
        "ended with 0",
        "“HPA web” is not said",
        "“Traceback (most recent call last)” is said",
    ]


def test_the_page_counts_what_was_measured() -> None:
    """Rows that are lost and named are not lost in silence; what is left is."""
    row = {"kind": "k", "fault": "f", "wanted": "pass", "code": 0, "why": [], "lost": 7, "named": True, "left": [],
           "next_s": 1.0, "took_s": 1.0, "held": True, "truthful": True, "at": "2026-11-29T00:00:00+00:00"}  # fmt: skip
    silent = {**row, "fault": "g", "named": False, "left": ["a process"], "truthful": False, "why": ["x"]}
    text = page([row, silent])
    assert "2 faults: 7 rows of load lost, 1 told the truth, 1 left something behind" in text
    assert "| f | pass | 0 | yes | 0 (7) | nothing | 1.0 |" in text


def test_the_page_is_of_faults_that_there_are() -> None:
    """What was measured of a fault that is no more would say what nobody can try."""
    known = {(kind, fault.name) for kind, faults in kinds().items() for fault in faults}
    assert {(row["kind"], row["fault"]) for row in read()} <= known


def test_a_fault_that_is_met_in_vain_is_amiss(tmp_path: Path) -> None:
    """A near miss: what is right is taken for what is wrong."""
    one = next(one for one in READ if one.right is not None)
    assert one.right is not None
    met: Met = Given("nothing", one.command, one.right, one.wanted).meet(tmp_path)
    assert met.amiss
