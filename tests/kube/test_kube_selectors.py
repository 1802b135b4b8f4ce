"""Label queries and LabelSelectors: one grammar, what it selects, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.kube.label_query import SelectorError, parse_label_query
from autoscale.kube.requirements import Requirement, all_match
from autoscale.kube.selectors import selector_matches, selector_text


@pytest.mark.parametrize(
    ("query", "labels", "selected"),
    [
        ("x>4", {"x": "5"}, True),
        ("x>4", {"x": "4"}, False),
        ("x>4", {"x>4": ""}, False),
        ("x>4", {"x": "many"}, False),
        ("x > 4,x < 6", {"x": "5"}, True),
        ("x<04", {"x": "+3"}, True),
        ("x<4", {}, False),
        ("x=4", {"x": "4"}, True),
        ("x==4", {"x": "5"}, False),
        ("x!=4", {}, True),
        ("x notin (4)", {}, True),
        ("x in (4,5)", {"x": "5"}, True),
        ("x in (4,5)", {}, False),
        ("x", {"x": ""}, True),
        ("!x", {"x": ""}, False),
        ("x=", {"x": ""}, True),
        ("", {"x": "4"}, True),
    ],
)
def test_a_label_query_selects_as_upstream(query: str, labels: dict[str, str], selected: bool) -> None:
    """Comparisons are of whole numbers; what is absent differs from every value and is in no set."""
    assert all_match(parse_label_query(query), labels) is selected


@pytest.mark.parametrize("query", ["a b", "x>>4", "x>many", "x in 4", "x<-1", "x==4=5", ",", "-x=1"])
def test_what_is_no_query_is_refused(query: str) -> None:
    """Nothing is guessed: a query is either understood whole or refused."""
    with pytest.raises(SelectorError):
        parse_label_query(query)


_WORDS = st.from_regex(r"[a-z]([a-z0-9]{0,5}[a-z0-9])?", fullmatch=True)
_REQUIREMENTS = st.one_of(
    st.builds(Requirement, _WORDS, st.sampled_from(["Exists", "DoesNotExist"]), st.just(())),
    st.builds(
        lambda key, operator, values: Requirement(key, operator, tuple(sorted(values))),
        _WORDS,
        st.sampled_from(["In", "NotIn"]),
        st.sets(_WORDS, min_size=1, max_size=3),
    ),
    st.builds(
        lambda key, operator, value: Requirement(key, operator, (value,)),
        _WORDS,
        st.sampled_from(["Equals", "NotEquals"]),
        _WORDS,
    ),
    st.builds(
        lambda key, operator, value: Requirement(key, operator, (str(value),)),
        _WORDS,
        st.sampled_from(["Gt", "Lt"]),
        st.integers(0, 99),
    ),
).filter(lambda one: one.key not in ("in", "notin"))


@given(st.lists(_REQUIREMENTS, max_size=4))
def test_what_is_written_is_read_again(requirements: list[Requirement]) -> None:
    """Requirements as text are a query that asks for the same."""
    assert parse_label_query(",".join(map(str, requirements))) == tuple(requirements)


def test_a_label_selector_and_its_text_select_the_same() -> None:
    """matchLabels and matchExpressions all count, and the text says all of them, by key."""
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "a", "operator": "NotIn", "values": ["y", "x"]},
            {"key": "d", "operator": "Exists"},
        ],
    }
    assert selector_text(selector) == "a notin (x,y),app=web,d"
    for labels in ({"app": "web", "d": ""}, {"app": "web"}, {"app": "web", "d": "", "a": "x"}, {}):
        assert selector_matches(selector, labels) is all_match(parse_label_query(selector_text(selector)), labels)
    assert (selector_text(None), selector_matches({}, {"any": "label"})) == ("", True)
