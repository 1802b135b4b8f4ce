"""Whatever is asked of the live page, with its token or without: never a 500, and nothing beyond the load master."""

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.web import Choice, Desk, Page
from tests.fuzz.mutations import bounded, mutated, spoiled

WISH = {"scenario": "smoke", "rate_factor": 1.0, "time_factor": 1.0}
PIECES = (
    "autoscale", "start", "stop", "live", "static", "scaling.js", "runs", "r1", "report.html", "scaling", "stats",
    "requests", "..", ".", "%2e%2e", "..%2f", "%00", "%ff", "%5c", "", "%C3%A9", ";", "x" * 3000, "@evil.example",
    "a:b",
)  # fmt: skip
QUERIES = (
    "",
    "?",
    "?since=1",
    "?since=" + "9" * 5000,
    "?since=%C2%B2&run=%00",
    "?token=",
    "?token=%ff",
    "?%zz",
    "?a=/../..",
)
HEADS: tuple[Mapping[str, str], ...] = (
    {}, {"Content-Type": "application/json; charset=none"}, {"Content-Type": ";;="}, {"Content-Encoding": "gzip"},
    {"Cookie": ";=;"}, {"Host": "localhost:99999"}, {"Host": "["}, {"Host": "evil.example"}, {"Range": "bytes=9-1"},
    {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"If-Modified-Since": "x"}, {"Expect": "x"},
    {"X-Autoscale-Token": "x"}, {"Upgrade": "websocket", "Connection": "upgrade"},
)  # fmt: skip


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """The paths that reached the load master."""
    return []


@pytest.fixture(scope="module")
def page(asked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page where runs are started, beside a load that runs and a report that is there."""
    runs = tmp_path_factory.mktemp("runs")
    (runs / "r1").mkdir()
    (runs / "r1" / "report.html").write_text("the report")
    (runs.parent / "report.html").write_text("another's")
    desk = Desk(lambda: [Choice("smoke", "quick", 30, 45)], list, lambda: None)

    def fetch(_: str, path: str, *__: Any) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return 200, {"content-type": "text/html"}, b"{}"

    with Page(0, runs=runs, desk=desk) as made:
        made.connect(lambda: fetch)
        yield made


def ask(page: Page, method: str, path: str, body: bytes | None, head: Mapping[str, str]) -> tuple[int, bytes]:
    """One request as it stands, nothing in it put right."""
    connection = http.client.HTTPConnection("127.0.0.1", int(page.url.rpartition(":")[2]), timeout=90)
    try:
        connection.putrequest(method, path, skip_host="Host" in head)
        for name, value in head.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@bounded(80)
@given(data=st.data())
def test_odd_requests(page: Page, asked: list[str], data: st.DataObject, capfd: pytest.CaptureFixture[str]) -> None:
    """Any path, body and head: an answer that is not our mistake, nothing on the terminal, no file but a report."""
    path = (
        "/" + "/".join(data.draw(st.lists(st.sampled_from(PIECES), max_size=5))) + data.draw(st.sampled_from(QUERIES))
    )
    body = data.draw(
        st.none()
        | mutated(WISH).map(lambda wish: json.dumps(wish).encode())
        | spoiled(json.dumps(WISH).encode())
        | st.sampled_from([b"[" * 20_000, b"9" * 9000, b"x" * 70_000])
    )
    head = dict(data.draw(st.sampled_from(HEADS)))
    if data.draw(st.booleans()):
        head.setdefault("X-Autoscale-Token", page.address.partition("=")[2])
    before = len(asked)
    status, text = ask(
        page, data.draw(st.sampled_from(["GET", "GET", "POST", "PUT", "HEAD", "OPTIONS"])), path, body, head
    )
    assert status < 500 or status == 503, (path, text)
    assert b"another's" not in text
    if "X-Autoscale-Token" not in head or head["X-Autoscale-Token"] == "x":
        assert asked[before:] == []
    assert capfd.readouterr() == ("", "")
    assert ask(page, "GET", "/autoscale/live", None, {"X-Autoscale-Token": page.address.partition("=")[2]})[0] == 200
