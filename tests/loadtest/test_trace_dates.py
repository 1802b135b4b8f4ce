"""Recorded demand as spreadsheets and web servers of other houses write it: dates, columns, W3C logs."""

import pytest

from loadtest import traces
from loadtest.errors import ScenarioError
from loadtest.plan import RatePlan

MINUTES = range(10)


def table(heading: str, time: str, *, minutes: range = MINUTES) -> list[str]:
    """Ten minutes of 600 requests each, the time of each line made from ``time`` by its minute ``m``."""
    return [heading, *(time.format(m=m) for m in minutes)]


@pytest.mark.parametrize(
    ("heading", "time", "words"),
    [
        ("time,requests", "11/28/2026 08:{m:02},600", "the month first"),
        ("time,requests", "11/28/2026 8:{m:02}:00 AM,600", "the month first"),
        ("time,requests", '"11/28/26, 8:{m:02} p.m.",600', "the month first"),
        ("time,requests", "28/11/2026 08:{m:02}:00,600", "the day first"),
        ("time;requests", "28.11.2026 08:{m:02};600", "the day first"),
        ("time;requests", "8.9.2026 08:{m:02};600", "the day first"),
        ("time,requests", "8/9/2026 08:{m:02},600", "would be the same load"),
        ("time,requests", "2026/11/28 08:{m:02}:00,600", "dates"),
        ("requests,time", "600,2026-11-28 08:{m:02}:00", "dates"),
        ("requests|time", "600|11/28/2026 08:{m:02}", "the month first"),
        ("time,requests", "2026-11-28T08:{m:02}:00.000+0530,600", "dates"),
        ("minute,requests", "{m},600", "minute"),
        ("elapsed_min,requests", "{m},600", "min"),
        ("time (minutes),requests", "{m},600", "minutes"),
    ],
)
def test_dates_as_spreadsheets_have_them(heading: str, time: str, words: str) -> None:
    """Ten minutes at 10/s, whichever number is the day, whichever column the time, in whichever unit."""
    found = traces.reading._understand(table(heading, time), "x.csv", None)
    plan = RatePlan(tuple(found.points))
    assert (plan.duration_s, plan.peak) == (600, 10)
    assert f"({words}" in found.what or f"{words})" in found.what


def test_noon_and_midnight_of_a_clock_of_twelve_hours() -> None:
    """12:30 AM is half past midnight, 12:30 PM half past noon."""
    lines = ["time,req/s", "6/30/2026 12:30 AM,1", "6/30/2026 11:30 AM,1", "6/30/2026 12:30 PM,1"]
    assert [at for at, _ in traces.parse(lines, "x.csv")] == [0, 11 * 3600, 12 * 3600]


@pytest.mark.parametrize(("second", "days"), [("{m}/1/2026", 31), ("1/{m}/2026", 1)])
def test_the_reading_that_is_evenly_spaced_is_the_one(second: str, days: int) -> None:
    """1/1, 1/2, 1/3 are days of January; 1/1, 2/1, 3/1 days of January too, the day first."""
    lines = ["date,visits", *(f"{second.format(m=m)},86400" for m in range(1, 11))]
    assert traces.parse(lines, "x.csv")[-1][0] == 10 * 86400


def test_what_either_number_may_be_is_asked_about() -> None:
    """Neither reading is even: no guess."""
    lines = ["date,req/s", "1/2/2026,1", "1/4/2026,1", "2/7/2026,1"]
    with pytest.raises(ScenarioError, match="either number may be the month"):
        traces.parse(lines, "x.csv")
    with pytest.raises(ScenarioError, match="in no order of day and month"):
        traces.parse(["date,req/s", "13/2/2026,1", "2/13/2026,1"], "x.csv")


def test_newest_first_is_turned_round_and_disorder_is_not() -> None:
    """As dashboards export it; two lines changed are a mistake."""
    lines = [f"2026-11-28T08:{m:02}:00Z,{600 + m}" for m in MINUTES]
    assert traces.parse(["time,requests", *lines[::-1]], "x.csv") == traces.parse(["time,requests", *lines], "x.csv")
    lines[3], lines[4] = lines[4], lines[3]
    with pytest.raises(ScenarioError, match="times in order"):
        traces.parse(["time,requests", *lines], "x.csv")


def test_a_mistake_of_every_line_is_told_once() -> None:
    """Three columns are named; the reader sees one message, not twenty."""
    lines = table("time,host,requests", "2026-11-28 08:{m:02}:00,web-1,600")
    with pytest.raises(ScenarioError) as caught:
        traces.parse(lines, "x.csv")
    assert len(caught.value.problems) == 1
    assert "line 2 and all below: found 3 columns (time, host, requests)" in str(caught.value)


def test_half_an_hour_that_came_twice_says_how_to_tell_them_apart() -> None:
    """Bins of half an hour go back by half an hour where a clock was set back by one."""
    hours = ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
    with pytest.raises(ScenarioError, match=r"line 5.*02:00:00.*give each time its offset"):
        traces.parse(["t,requests", *(f"2026-10-25 {hour}:00,3600" for hour in hours)], "x.csv")


IIS = [
    "#Software: Microsoft Internet Information Services 10.0",
    "#Version: 1.0",
    "#Date: 2026-11-28 08:00:00",
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip cs(User-Agent) sc-status time-taken",
    *(f"2026-11-28 08:00:{s:02} 10.0.0.1 GET /items/{s} id={s} 443 192.0.2.1 curl/8 200 15" for s in range(20)),
]
AGAIN = [
    "#Fields: time date cs-uri-stem cs-method sc-status",
    *(f"08:00:{s:02} 2026-11-28 /cart POST 200" for s in range(20, 40)),
    "a line that is none",
]
CLOUDFRONT = [
    "#Version: 1.0",
    "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status",
    *(f"2026-11-28\t08:00:{s:02}\tFRA2\t6\t192.0.2.1\tGET\td1.example\t/a\t200" for s in range(40)),
]
HAPROXY = [
    f"Nov 28 08:00:{s:02} lb haproxy[14]: 10.0.1.2:333 [28/Nov/2026:08:00:{s:02}.655] in static/srv1 10/0/30/69/109 "
    '200 2750 - - ---- 1/1/1/1/0 0/0 {a b} {} "GET /index.html HTTP/1.1"'
    for s in range(40)
]


@pytest.mark.parametrize(
    ("lines", "what", "mix"),
    [
        (IIS + AGAIN, "W3C", {"GET /items/{id}": 20, "POST /cart": 20}),
        (CLOUDFRONT, "W3C", {"GET /a": 40}),
        (HAPROXY, "HAProxy", {"GET /index.html": 40}),
    ],
)
def test_logs_of_iis_cloudfront_and_haproxy(lines: list[str], what: str, mix: dict[str, int]) -> None:
    """Forty requests in forty seconds; columns are those that the last directive names."""
    found = traces.reading._understand(lines, "x.log", None)
    assert what in found.what
    assert (RatePlan(tuple(found.points)).total, found.mix) == (pytest.approx(40), mix)
    assert found.begin == 1795852800
    assert found.zone == ("none given: taken as UTC" if what == "HAProxy" else "UTC")


def test_the_line_that_is_no_request_keeps_its_number() -> None:
    """Directives are no lines that were left out."""
    found = traces.reading._understand(IIS + AGAIN, "x.log", None)
    assert found.notes == (f"1 lines were no requests and left out, the first: line {len(IIS + AGAIN)}.",)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["#Fields: time c-ip cs-method cs-uri-stem", "08:00:00 192.0.2.1 GET /"], "line 1: found no date"),
        (IIS[:4], "no request"),
    ],
)
def test_a_w3c_log_that_dates_nothing_is_refused(lines: list[str], words: str) -> None:
    """Only the file's name would tell the day of a log without dates."""
    with pytest.raises(ScenarioError, match=words):
        traces.parse(lines, "x.log")
