"""The scenario file: what is accepted, what is refused and how, and the plain form that travels."""

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import scenario
from loadtest.errors import ScenarioError
from loadtest.scenario_text import override

SMALL: dict[str, Any] = {"name": "small", "load": {"shape": {"kind": "constant", "rate": 5, "duration": "10s"}}}


def parse(data: dict[str, Any], folder: Path = Path()) -> scenario.Scenario:
    return scenario.parse(data, "x.yaml", folder)


def mistakes(data: dict[str, Any], folder: Path = Path()) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse(data, folder)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", scenario.names())
def test_a_built_in_scenario_loads_and_its_plain_form_is_json(name: str) -> None:
    """Each is found by name, is called as its file is, and fits into a pod's environment variable (128 KiB)."""
    loaded = scenario.load(name)
    text = json.dumps(scenario.resolve(loaded).model_dump())
    assert json.loads(text)["name"] == loaded.file.name == name
    assert len(text) < 128 * 1024


def test_the_plain_form_has_the_plan_and_the_defaults() -> None:
    """Points, stages, totals; one GET of / with everything filled in; the load's settings."""
    plain = scenario.resolve(parse(SMALL)).model_dump()
    assert plain["points"] == [[0, 5], [10, 5]]
    assert plain["stages"] == [{"name": "steady", "start_s": 0, "end_s": 10}]
    assert (plain["model"], plain["duration_s"], plain["total"]) == ("open", 10, 50)
    assert plain["requests"] == [
        {
            "name": "GET /",
            "weight": 1,
            "method": "GET",
            "path": "/",
            "headers": {},
            "body": None,
            "timeout": 10,
            "expect": ["2xx", "3xx"],
        }
    ]
    assert (plain["load"]["close_share"], plain["load"]["workers"]) == (0.1, 1)


def test_a_written_plan_is_made_of_flat_and_sloped_parts() -> None:
    """A slope begins where the part before ended unless it says where."""
    parts = [
        {"name": "low", "duration": 10, "rate": 2},
        {"name": "up", "duration": "1m", "to": 8},
        {"name": "again", "duration": "500ms", "from": 1, "to": 3},
    ]
    plain = scenario.resolve(parse({"name": "x", "load": {"plan": parts}})).model_dump()
    assert plain["points"] == [[0, 2], [10, 2], [70, 8], [70, 1], [70.5, 3]]
    assert [stage["end_s"] for stage in plain["stages"]] == [10, 70, 70.5]


def test_rate_factor_and_duration_change_the_drawn_plan() -> None:
    """Twice the rate and half the time: the same number of requests."""
    plain = scenario.resolve(parse(SMALL | {"load": SMALL["load"] | {"rate_factor": 2, "duration": "5s"}})).model_dump()
    assert plain["points"] == [[0, 10], [5, 10]]
    assert plain["total"] == 50


def test_the_closed_model_plans_users_and_says_what_they_ask() -> None:
    """Ten users who ask every two seconds are five requests a second."""
    load = {"model": "closed", "pacing": "2s", "shape": {"kind": "constant", "rate": 10, "duration": 60}}
    plain = scenario.resolve(parse({"name": "x", "load": load})).model_dump()
    assert plain["users"] == [[0, 10], [60, 10]]
    assert plain["points"] == [[0, 5], [60, 5]]
    assert plain["model"] == "closed"


def test_every_mistake_is_named_at_once_with_its_path() -> None:
    """Misspelt keys get a suggestion; values say what was found and what is wanted."""
    data = {
        "name": "Bad Name",
        "lod": {},
        "load": {"shape": {"kind": "spke"}, "workrs": 2, "close_share": "x", "workers": 0},
        "requests": [{"path": "work", "timout": 3, "expect": [700]}, {"headers": {"A b": "c", "D": "e\r\nf"}}],
    }
    found = mistakes(data)
    wanted = {
        'x.yaml: name: found "Bad Name", wanted lower-case letters, digits and hyphens',
        "x.yaml: lod: found an unknown key. Did you mean load?",
        'x.yaml: load.shape.kind: found "spke", wanted the name of a shape. Did you mean spike?',
        "x.yaml: load.workrs: found an unknown key. Did you mean workers?",
        'x.yaml: load.close_share: found "x", wanted a number',
        "x.yaml: load.workers: found 0, wanted at least 1",
        "x.yaml: requests[0].timout: found an unknown key. Did you mean timeout?",
        "x.yaml: requests[0].expect[0]: found 700, wanted a status such as 200, or a class of them such as 2xx",
    }
    assert wanted <= set(found)
    assert sum("requests[1].headers" in text for text in found) == 2
    assert any("requests[0].path" in text for text in found)


def test_a_misspelt_key_within_a_shape_is_suggested_from_that_shape() -> None:
    """`bse` in a spike means its `base`; the name of the shape is no part of the path."""
    assert mistakes({"name": "x", "load": {"shape": {"kind": "spike", "bse": 1, "peak": 2}}}) == [
        "x.yaml: load.shape.base: found nothing, wanted a value. Add `base`.",
        "x.yaml: load.shape.bse: found an unknown key. Did you mean base?",
    ]


@pytest.mark.parametrize(
    ("load", "text"),
    [
        ({}, "exactly one of"),
        (SMALL["load"] | {"plan": [{"name": "a", "duration": 1, "rate": 1}]}, "exactly one of"),
        ({"plan": [{"name": "a", "duration": 1}]}, "either `rate`"),
        ({"plan": [{"name": "a", "duration": 1, "rate": 1, "to": 2}]}, "either `rate`"),
        ({"plan": [{"name": "a", "duration": 5, "rate": 1}, {"name": "a", "duration": 5, "rate": 2}]}, "a twice"),
        ({"shape": {"kind": "constant", "rate": 0, "duration": 10}}, "0 requests in all"),
        ({"shape": {"kind": "constant", "rate": 1e6, "duration": "1d"}}, "at most 100000000"),
        ({"shape": {"kind": "constant", "rate": 5, "duration": "soon"}}, "a duration such as"),
        ({"shape": {"kind": "constant", "rate": float("nan"), "duration": 1}}, "a finite number"),
        ({"shape": {"kind": "constant", "rate": 5, "duration": -1}}, "more than 0"),
    ],
)
def test_a_load_that_makes_no_plan_is_refused(load: dict[str, Any], text: str) -> None:
    """None or two sources, parts that are neither flat nor sloped, names used twice, nothing or too much to send."""
    assert text in "\n".join(mistakes({"name": "x", "load": load}))


def test_limits_hold_whatever_is_overridden() -> None:
    """A peak of 10/s breaks a limit of 9/s and keeps one of 10/s."""
    load = SMALL["load"] | {"rate_factor": 2}
    assert "a peak of 10/s, wanted at most 9/s" in mistakes(SMALL | {"load": load, "limits": {"rate": 9}})[0]
    assert "limits.duration" in mistakes(SMALL | {"limits": {"duration": "9s"}})[0]
    parse(SMALL | {"load": load, "limits": {"rate": 10, "duration": "10s"}})


def test_overrides_reach_into_keys_and_lists() -> None:
    """Values are YAML; missing keys on the way are made; the given mapping stays as it was."""
    given_data = SMALL | {"requests": [{"path": "/a"}]}
    data = override(given_data, ["load.workers=2", "requests.0.path=/b", "tls.verify=false"])
    assert data["load"]["workers"] == 2
    assert data["requests"] == [{"path": "/b"}]
    assert data["tls"] == {"verify": False}
    assert given_data["requests"] == [{"path": "/a"}]


@pytest.mark.parametrize("text", ["load.workers", "=2", "requests.7.path=/", "name.first=x", "load.workers=[1",
                                  "description=2024-13-45", "description={{ name }}"])  # fmt: skip
def test_an_override_that_fits_nowhere_is_refused(text: str) -> None:
    """No value, no path, no such item, a path through a text, no YAML, no date, a key that cannot be."""
    with pytest.raises(ScenarioError, match="--set"):
        override(SMALL | {"requests": [{"path": "/a"}]}, [text])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name: a\nname: b\n", "line 2, column 1: found the key name twice"),
        ("name: [\n", "line 2"),
        ("- a\n", "keys with values"),
        ("", "keys with values"),
        ("a: \x00\n", "valid YAML"),
        ("name: {{ name }}\n", "line 1, column 8: found unhashable key"),
        ("? [a, b]\n: c\n", "line 1, column 3: found unhashable key"),
        ("name: x\ndescription: 2024-13-45\n", "line 2, column 14: found '2024-13-45', which is no timestamp"),
        ("name: !!bool maybe\n", "line 1, column 7: found 'maybe', which is no bool"),
        ("name: " + "[" * 3000 + "]" * 3000, "nested more than 100 levels deep"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused_with_its_place(tmp_path: Path, text: str, part: str) -> None:
    """Double keys, broken YAML, a list, an empty file, a control character, keys and values that cannot be, depth."""
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        scenario.load(path)
    assert part in str(caught.value)


@pytest.mark.parametrize("text", ["description=" + "[" * 3000, f"embedded.settings.{'.'.join('a' * 3000)}=1"])
def test_an_override_nested_too_deeply_is_refused(text: str) -> None:
    """Whether by its value or by its path."""
    with pytest.raises(ScenarioError, match="nested more than 100 levels deep"):
        scenario.load("smoke", [text])


DAY = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({"requests": [{}, {"body": {"day": DAY}}]}, "requests[1].body"),
        ({"requests": [{"body": {"a": {DAY: 1}}}]}, "requests[0].body"),
        ({"requests": [{"body": [float("nan")]}]}, "requests[0].body"),
        ({"requests": [{"body": "\ud800"}]}, "requests[0].body"),
        ({"embedded": {"settings": {"a": DAY}}}, "embedded.settings"),
        ({"patches": [{"kind": "a", "name": "b", "patch": {"c": float("inf")}}]}, "patches[0].patch"),
    ],
)
def test_free_values_that_json_has_not_are_refused_by_their_field(part: dict[str, Any], where: str) -> None:
    """Dates, as value and as key, what is no number, half a character."""
    (found,) = mistakes(SMALL | part)
    assert found.startswith(f"x.yaml: {where}: found ")
    assert "a date goes in quotes" in found


def test_free_values_that_json_has_travel_as_they_are() -> None:
    """A date in quotes, nothing, numbers, text that is not ASCII."""
    body = {"day": "2024-01-01", "none": None, "n": [1, 1.5], "é": "日"}
    plain = scenario.resolve(parse(SMALL | {"requests": [{"body": body}]})).model_dump()
    assert json.loads(json.dumps(plain))["requests"][0]["body"] == body


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({"name": {DAY: 1}}, "x.yaml: name: found a value of type dict, wanted text"),
        ({"limits": {"rate": float("inf")}}, "x.yaml: limits.rate: found Infinity, wanted a finite number"),
        ({"load": SMALL["load"] | {"seed": 16**5000}}, "what is no JSON"),
        ({"target": {"manifests": "a\0b"}}, "x.yaml: target.manifests: found "),
    ],
)
def test_values_that_cannot_be_written_are_refused_all_the_same(part: dict[str, Any], where: str) -> None:
    """A mapping that JSON cannot show, a limit without end, a number of thousands of digits, no name of a file."""
    assert where in mistakes(SMALL | part)[0]


def test_a_path_or_url_that_is_not_ascii_is_refused() -> None:
    """The driver could not send it; percent-encoded it is fine."""
    (path,) = mistakes(SMALL | {"requests": [{"path": "/café"}]})
    (url,) = mistakes(SMALL | {"target": {"url": "http://web/café"}})
    assert "requests[0].path" in path
    assert "percent-encode what is not ASCII" in path
    assert "target.url" in url
    parse(SMALL | {"requests": [{"path": "/caf%C3%A9"}], "target": {"url": "http://web:80/caf%C3%A9"}})


def test_an_unknown_scenario_is_answered_with_the_nearest_name() -> None:
    """`first-lok` means first-look."""
    with pytest.raises(ScenarioError, match="Did you mean first-look"):
        scenario.load("first-lok")


def test_a_trace_is_cut_compressed_and_scaled_by_the_stated_factors(tmp_path: Path) -> None:
    """Two of three minutes, ten times as fast, at half the rate: a twentieth of their requests."""
    (tmp_path / "t.csv").write_text("0,60\n60,120\n120,600\n")
    trace = {"file": "t.csv", "form": "count", "length": "2m", "time_compression": 10, "rate_scale": 0.5}
    load = {"trace": trace | {"stages": [{"name": "a", "until": 6}, {"name": "b", "until": 12}]}}
    loaded = parse({"name": "x", "load": load}, tmp_path)
    assert loaded.plan.duration_s == 12
    assert loaded.plan.total == pytest.approx(180 / 20)
    assert [(stage.name, stage.end_s) for stage in loaded.plan.stages] == [("a", 6), ("b", 12)]


def test_trace_settings_that_do_not_fit_the_trace_are_refused(tmp_path: Path) -> None:
    """A begin beyond its end, stages that go back, a trace too fine to travel."""
    (tmp_path / "t.csv").write_text("0,60\n60,120\n")
    (tmp_path / "fine.csv").write_text("".join(f"{n},{n % 7 + 0.123456}\n" for n in range(20_000)))
    assert "load.trace.begin" in mistakes({"name": "x", "load": {"trace": {"file": "t.csv", "begin": 60}}}, tmp_path)[0]
    stages = [{"name": "a", "until": 50}, {"name": "b", "until": 40}]
    found = mistakes({"name": "x", "load": {"trace": {"file": "t.csv", "stages": stages}}}, tmp_path)
    assert "load.trace.stages[1].until" in found[0]
    assert "points" in mistakes({"name": "x", "load": {"trace": {"file": "fine.csv"}}}, tmp_path)[0]


def test_a_certificate_authority_travels_as_text_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    """The file's text is checked and put into the plain form: the load pods have no such file."""
    (tmp_path / "ca.pem").write_text("not a certificate")
    assert "tls.ca" in mistakes(SMALL | {"tls": {"ca": "ca.pem"}}, tmp_path)[0]
    assert "tls.ca" in mistakes(SMALL | {"tls": {"ca": "absent.pem"}}, tmp_path)[0]


words = st.text(alphabet="abcdefghijk-_ .:0", max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.dates(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["name", "load", "requests", "tls", "limits", "target", "patches", "price", "objectives"]), values
)
def test_nonsense_in_any_field_is_a_readable_error_or_a_scenario(key: str, value: Any) -> None:
    """Whatever stands in a field, nothing but ScenarioError comes out, or what can travel as JSON."""
    with suppress(ScenarioError):
        json.dumps(scenario.resolve(parse(SMALL | {key: value})).model_dump(), allow_nan=False)


def test_a_file_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    """No system call takes it, and no traceback tells of it."""
    path = tmp_path / "x.yaml"
    path.write_text('name: x\nload: {trace: {file: "a\\0b.csv"}}\nrequests: [{path: /}]\n')
    with pytest.raises(ScenarioError, match="null byte"):
        scenario.load(path)


@pytest.mark.parametrize(
    ("change", "where", "found"),
    [
        ({"requests": [{"headers": {"Authorization": ["s3cret"]}}]}, "requests[0].headers.Authorization", "a list"),
        ({"requests": [{"headers": {"Cookie": "a\ns3cret"}}]}, "requests[0].headers.Cookie", "text"),
        ({"requests": [{"headers": "s3cret"}]}, "requests[0].headers", "text"),
        ({"load": {"env": {"TOKEN": {"a": "s3cret"}}, "locustfile": "l.py"}}, "load.env.TOKEN", "keys with values"),
        ({"patches": [{"kind": "Deployment", "name": "web", "patch": "s3cret"}]}, "patches[0].patch", "text"),
        ({"target": {"url": "http://me:s3cret@a b/x?key=s3cret"}}, "target.url", '"...@a b/x?..."'),
        ({"requests": [{"path": "cart?key=s3cret"}]}, "requests[0].path", '"cart?..."'),
    ],
)
def test_a_mistake_beside_a_secret_does_not_print_it(change: dict[str, Any], where: str, found: str) -> None:
    """Errors stand in logs of CI: of headers, bodies, environment and patches the kind is told, of URLs the place."""
    told = "\n".join(mistakes({**SMALL, **change}))
    assert f"x.yaml: {where}: found {found}" in told
    assert "s3cret" not in told


def test_a_mistake_elsewhere_says_what_stood_there() -> None:
    """A rate of a text, as it was written."""
    shape = {"kind": "constant", "rate": "many", "duration": "10s"}
    assert any('found "many"' in one for one in mistakes({**SMALL, "load": {"shape": shape}}))
