"""Status, conditions, and the controller's memory as JSON."""

import json

from hpa_cases import UNHURRIED
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.times import parse_time
from autoscale.hpa import Condition, Recommendation, ScaleEvent, State, Status
from autoscale.hpa.status import remove_condition, set_condition

TIMES = st.floats(0, 2e9, allow_nan=False)
COUNTS = st.integers(0, 2**31 - 1)
STATES = st.builds(
    State,
    st.lists(st.builds(Recommendation, COUNTS, TIMES)).map(tuple),
    st.lists(st.builds(ScaleEvent, COUNTS, TIMES, st.booleans())).map(tuple),
    st.lists(st.builds(ScaleEvent, COUNTS, TIMES, st.booleans())).map(tuple),
)


@UNHURRIED
@given(STATES)
def test_state_survives_json(state: State) -> None:
    """What was written as JSON is read back the same, to the last bit of its times."""
    assert State.from_dict(json.loads(json.dumps(state.to_dict()))) == state


def test_empty_state_is_read_from_nothing() -> None:
    """A new controller remembers nothing."""
    assert State.from_dict({}) == State()


def test_condition_keeps_its_place_and_time_while_its_status_stays() -> None:
    """Reason and message change in place; the time moves with the status only."""
    first = Condition("AbleToScale", "True", "A", "a", 10.0)
    other = Condition("ScalingActive", "True", "B", "b", 10.0)

    same = set_condition((first, other), "AbleToScale", "True", "C", "c", 20.0)
    changed = set_condition((first, other), "AbleToScale", "False", "C", "c", 20.0)
    assert same == (Condition("AbleToScale", "True", "C", "c", 10.0), other)
    assert changed == (Condition("AbleToScale", "False", "C", "c", 20.0), other)


def test_new_condition_is_appended() -> None:
    """With the time of the pass."""
    made = set_condition((), "ScalingLimited", "False", "R", "m", 5.0)

    assert made == (Condition("ScalingLimited", "False", "R", "m", 5.0),)


def test_condition_is_removed_by_type() -> None:
    """Others stay."""
    kept = Condition("AbleToScale", "True")

    assert remove_condition((kept, Condition("ScaledToZero", "True")), "ScaledToZero") == (kept,)


def test_status_is_found_by_type() -> None:
    """None where there is no such condition."""
    status = Status(conditions=(Condition("AbleToScale", "True"),))

    assert status.condition("AbleToScale") == status.conditions[0]
    assert status.condition("ScalingActive") is None


def test_status_round_trips_as_the_api_writes_it() -> None:
    """Absent fields stay absent, and metrics that were never computed stay null."""
    data = {
        "observedGeneration": 3,
        "lastScaleTime": "2026-11-23T12:00:00Z",
        "currentReplicas": 2,
        "desiredReplicas": 5,
        "currentMetrics": [{"type": ""}],
        "conditions": [
            {
                "type": "AbleToScale",
                "status": "True",
                "lastTransitionTime": "2026-11-23T11:00:00Z",
                "reason": "R",
                "message": "m",
            }
        ],
    }

    assert Status.from_dict(data).to_dict() == data
    assert Status.from_dict(data).last_scale_time == parse_time("2026-11-23T12:00:00Z")
    assert Status().to_dict() == {"desiredReplicas": 0, "currentMetrics": None}
    bare = Status(conditions=(Condition("AbleToScale", "True"),)).to_dict()["conditions"]
    assert bare == [{"type": "AbleToScale", "status": "True", "lastTransitionTime": None}]
