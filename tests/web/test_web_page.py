"""The server of the page, asked over the wire."""

import http.client
import json
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.errors import ClusterError, InputError
from autoscale.base.exits import ExitCode
from autoscale.web import Choice, Desk, Page, PastRun
from autoscale.web.locust_ui import state_of, with_tab

LOCUST = """<!doctype html><html><head><title>Locust</title></head><body><div id="root"></div>
<script>window.templateArgs = {"state": "%s", "host": "</body>"}</script></body></html>"""

Answer = tuple[int, dict[str, str], str]


class Locust:
    """Stands where the API's proxy stands: answers what a test says, and keeps what it was asked."""

    def __init__(self, state: str = "running") -> None:
        self.state = state
        self.asked: list[tuple[str, str, dict[str, str], bytes | None]] = []

    def fetch(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        self.asked.append((method, path, dict(headers), body))
        if path == "/":
            return 200, {"content-type": "text/html"}, (LOCUST % self.state).encode()
        if path == "/broken":
            raise ClusterError("the API server does not answer")
        leaks = {"access-control-allow-origin": "http://evil.example", "set-cookie": "a=b"}
        return 201, {"content-type": "application/json", **leaks}, b'{"ok": true}'


def ask(page: Page, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    host, port = page.url.removeprefix("http://").split(":")
    if "?token=" in page.address:
        headers = {"X-Autoscale-Token": page.address.partition("=")[2], **headers}
    connection = http.client.HTTPConnection(host, int(port), timeout=90)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()
    finally:
        connection.close()


def desk(**changes: Any) -> Desk:
    parts: dict[str, Any] = {
        "choices": lambda: [Choice("smoke", "quick", 30, 45)],
        "past": list,
        "stop": lambda: None,
    }
    return Desk(**{**parts, **changes})


def wish(page: Page, at: Desk, token: str | None = None, **changes: Any) -> Answer:
    body = {"scenario": "smoke", "rate_factor": 1, "time_factor": 1, **changes}
    return ask(page, "POST", "/autoscale/start", json.dumps(body).encode(), X_Autoscale_Token=token or at.token)


def test_it_is_there_and_then_it_is_gone() -> None:
    """Within `with` the page answers on loopback; afterwards neither its port nor its thread is left."""
    with Page(0) as page:
        assert page.url.startswith("http://127.0.0.1:")
        status, headers, text = ask(page, "GET", "/")
        assert (status, headers["X-Frame-Options"]) == (200, "DENY")
        assert "Scaling" in text
        port = int(page.url.rpartition(":")[2])
    assert not any(thread.name == "page" for thread in threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_in_use_is_told_before_anything_begins() -> None:
    """The message names the port, the option and the way out; the exit code is that of bad input."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError) as caught, Page(port, option="--port"):
            pass
    assert f"--port: found port {port}: Address already in use" in str(caught.value)
    assert caught.value.exit_code == ExitCode.BAD_INPUT


def test_rows_come_out_as_news() -> None:
    """A row given to the page is told to whoever asks for what is new."""
    with Page(0) as page:
        page.add({"k": "header", "t": 5.0, "run": "r1", "scenario": {"name": "s"}, "target": {}})
        news = json.loads(ask(page, "GET", "/autoscale/live?since=0")[2])
    assert (news["run"], news["state"], news["desk"], news["report"]) == ("r1", "preparing", None, None)


@pytest.mark.parametrize(
    "query", ["", "?since=x", "?since=-1", "?since=99999999999999999999", f"?since={'9' * 5000}", "?run=..%2f.."]
)
def test_odd_questions_are_answered(query: str) -> None:
    """Whatever version is asked for, the answer is a whole one and never an error."""
    with Page(0) as page:
        status, _, text = ask(page, "GET", f"/autoscale/live{query}")
    assert (status, json.loads(text)["state"]) == (200, "waiting")


def test_while_the_load_runs_the_front_page_is_locusts_with_one_more_tab() -> None:
    """Locust's page comes with the tab's scripts at the true end of its body; without a load it is our own page."""
    locust = Locust()
    with Page(0) as page:
        assert "/autoscale/static/scaling.js" in ask(page, "GET", "/")[2]
        page.connect(lambda: locust.fetch)
        text = ask(page, "GET", "/")[2]
        assert text.index("uplot.css") < text.index("</head>") < text.index('"</body>"') < text.index("tab.js")
        assert text.rstrip().endswith("</body></html>")
        locust.state = "ready"
        assert "/autoscale/static/scaling.js" in ask(page, "GET", "/")[2]


def test_locusts_start_form_is_refused_with_the_reason() -> None:
    """POST /swarm and /user never reach Locust; the answer says why and how runs are started."""
    locust = Locust()
    with Page(0) as page:
        page.connect(lambda: locust.fetch)
        for path in ("/swarm", "/user"):
            status, _, text = ask(page, "POST", path, b"user_count=9")
            assert (status, "autoscale run" in json.loads(text)["message"]) == (409, True)
    assert locust.asked == []


def test_the_rest_of_locust_passes_through() -> None:
    """Method, path, query and body arrive; cookies, credentials and Locust's own rules for other sites do not pass."""
    locust = Locust()
    with Page(0) as page:
        page.connect(lambda: locust.fetch)
        status, headers, text = ask(
            page, "POST", "/stats/reset?x=1", b"body", Content_Type="text/plain", Cookie="a=b", Authorization="secret"
        )
    assert (status, text) == (201, '{"ok": true}')
    assert not {"Access-Control-Allow-Origin", "Set-Cookie"} & set(headers)
    assert locust.asked == [("POST", "/stats/reset?x=1", {"Content-Type": "text/plain"}, b"body")]


def test_what_is_no_path_of_the_master_is_not_found() -> None:
    """What the way to the master refuses is told as the mistake that it is, not as a master that is away."""

    def refused(*_: Any) -> tuple[int, dict[str, str], bytes]:
        raise InputError("no path of a pod's page")

    with Page(0) as page:
        page.connect(lambda: refused)
        status, _, text = ask(page, "GET", "/../x")
    assert (status, json.loads(text)) == (404, {"error": "no path of a pod's page"})


def test_locust_being_away_is_said() -> None:
    """Without a load generator, or when the API server fails, the answer is 503 with the reason."""
    with Page(0) as page:
        assert "no load generator" in ask(page, "GET", "/stats/requests")[2]
        page.connect(lambda: Locust().fetch)
        status, _, text = ask(page, "GET", "/broken")
        assert (status, "the API server does not answer" in text) == (503, True)


def test_what_locust_last_told_outlives_it() -> None:
    """Once the master has gone, an open page gets the last figures again, as of a load that has stopped; no more."""
    told = [b'{"state": "running", "stats": [1]}', b'{"state": "running", "stats": [2]}']

    def fetch(*_: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"content-type": "application/json"}, told.pop(0)

    with Page(0) as page:
        source: list[Any] = [fetch]
        page.connect(lambda: source[0])
        assert json.loads(ask(page, "GET", "/stats/requests")[2])["state"] == "running"
        ask(page, "GET", "/stats/requests")
        source[0] = None
        assert json.loads(ask(page, "GET", "/stats/requests")[2]) == {"state": "stopped", "stats": [2]}
        assert ask(page, "GET", "/exceptions")[0] == 503
        page.connect(lambda: None)
        assert ask(page, "GET", "/stats/requests")[0] == 503


def test_another_site_cannot_stop_or_start_a_run() -> None:
    """A cross-site request reaches neither Locust nor the desk."""
    locust, at = Locust(), desk()
    evil = {"Origin": "http://evil.example", "Sec_Fetch_Site": "cross-site"}
    with Page(0, desk=at) as page:
        page.connect(lambda: locust.fetch)
        assert ask(page, "POST", "/stop", b"", **evil)[0] == 403
        assert ask(page, "POST", "/autoscale/start", b"{}", X_Autoscale_Token=at.token, **evil)[0] == 403
        assert ask(page, "GET", "/autoscale/live", Host="evil.example")[0] == 403
        assert ask(page, "POST", "/stop", b"")[0] == 201
    assert [path for _, path, _, _ in locust.asked] == ["/stop"]
    assert at.take(0) is None


def test_a_run_is_asked_for_once_at_a_time() -> None:
    """A wish lands on the desk; a second one is refused until the first is done."""
    at = desk()
    with Page(0, desk=at) as page:
        assert wish(page, at, rate_factor=2)[0] == 200
        launch = at.take(1)
        assert launch is not None
        assert (launch.scenario, launch.rate_factor) == ("smoke", 2)
        status, _, text = wish(page, at)
        assert (status, "going on" in text) == (409, True)
        at.done()
        assert wish(page, at)[0] == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scenario": "../etc"}, "no scenario"),
        ({"rate_factor": 11}, "from 0.1 to 10"),
        ({"time_factor": 0}, "duration"),
        ({"rate_factor": float("nan")}, "rate factor"),
        ({"rate_factor": "many"}, "as numbers"),
        ({"rate_factor": None}, "as numbers"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_the_reason(changes: dict[str, Any], said: str) -> None:
    """Unknown scenarios and factors that are none, or too large, start nothing; the largest one still does."""
    at = desk()
    with Page(0, desk=at) as page:
        status, _, text = wish(page, at, **changes)
        assert (status, said in json.loads(text)["message"]) == (409, True)
        assert at.take(0) is None
        assert wish(page, at, rate_factor=10)[0] == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"[]", b"3", b"\xff", b"[" * 50_000,
     b'{"scenario": "smoke", "rate_factor": %s, "time_factor": 1}' % (b"9" * 400)],
)  # fmt: skip
def test_a_body_that_is_no_wish_is_refused(body: bytes) -> None:
    """What is no JSON, or JSON of another kind, gets an answer and starts nothing."""
    at = desk()
    with Page(0, desk=at) as page:
        status, _, text = ask(page, "POST", "/autoscale/start", body, X_Autoscale_Token=at.token)
    assert status in {400, 409}
    assert json.loads(text)["success"] is False
    assert at.take(0) is None


@pytest.mark.parametrize(
    "head", [{"Content_Type": "application/json; charset=none-such"}, {"Content_Encoding": "gzip"}], ids=str
)
def test_a_body_that_is_not_what_its_head_says_is_refused(head: dict[str, str]) -> None:
    """A charset that there is not and a packing that is none are the sender's mistakes, never a 5xx."""
    at = desk()
    with Page(0, desk=at) as page:
        assert ask(page, "POST", "/autoscale/start", b"x", X_Autoscale_Token=at.token, **head)[0] == 400


NO_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: \x1b[31m\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
)


@pytest.mark.parametrize("sent", NO_HTTP)
def test_who_speaks_no_http_writes_nothing_to_the_terminal(sent: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever reaches the port is answered with 400, and the person at the terminal reads nothing of it."""
    with Page(0) as page:
        host, port = page.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=90) as connection:
            connection.sendall(sent)
            assert b" 400 " in connection.recv(65536).partition(b"\r\n")[0]
        assert ask(page, "GET", "/")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_the_token_is_asked_for() -> None:
    """Neither starting nor stopping works without the token of this page."""
    stopped: list[bool] = []
    at = desk(stop=lambda: stopped.append(True))
    with Page(0, desk=at) as page:
        assert wish(page, at, token="other")[0] == 403
        assert ask(page, "POST", "/autoscale/stop", X_Autoscale_Token="")[0] == 403
        cookie = f"autoscale-{page.url.rpartition(':')[2]}={at.token}"
        assert ask(page, "POST", "/autoscale/stop", X_Autoscale_Token="", Cookie=cookie)[0] == 403
        assert stopped == []
        assert ask(page, "POST", "/autoscale/stop", X_Autoscale_Token=at.token)[0] == 200
    assert stopped == [True]


@pytest.mark.parametrize("path", ["/", "/scaling", "/autoscale/live", "/runs/r1/report.html", "/stop", "/assets/x.js"])
def test_without_its_token_a_page_where_runs_are_started_shows_nothing(path: str) -> None:
    """Another user of the machine reaches the port, and gets no page, no figures, no report and no way to Locust."""
    locust = Locust()
    with Page(0, desk=desk()) as page:
        page.connect(lambda: locust.fetch)
        for given in (
            {"X_Autoscale_Token": ""},
            {"X_Autoscale_Token": "é"},
            {"X_Autoscale_Token": "", "Cookie": "a=b"},
        ):
            status, _, text = ask(page, "GET", path, None, **given)
            assert (status, "the whole address that `autoscale ui` printed" in text) == (403, True)
        assert ask(page, "GET", f"{path}?token=wrong", X_Autoscale_Token="")[0] == 403
    assert locust.asked == []


def test_the_printed_address_admits_a_browser_and_then_a_cookie_does() -> None:
    """The token goes from the address into a cookie that no script reads; the rest of the address stays."""
    with Page(0, desk=desk()) as page:
        path = page.address.removeprefix(page.url)
        status, headers, _ = ask(page, "GET", path + "&tab=scaling", X_Autoscale_Token="")
        assert (status, headers["Location"]) == (303, "/?tab=scaling")
        cookie = headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert ask(page, "GET", "/", X_Autoscale_Token="", Cookie=cookie.partition(";")[0])[0] == 200
        assert ask(page, "GET", path, X_Autoscale_Token="", Host="evil.example")[0] == 403
    with Page(0) as page:
        assert page.address == page.url


def test_without_a_desk_nothing_is_started() -> None:
    """The page of a single run starts no others."""
    with Page(0) as page:
        assert ask(page, "POST", "/autoscale/start", b"{}")[0] == 404
        assert ask(page, "POST", "/autoscale/stop", b"")[0] == 403


def test_reports_are_served_and_nothing_beside_them(tmp_path: Path) -> None:
    """A run's report is shown and linked from its charts; no other file of the machine can be had by its path."""
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    (tmp_path / "runs" / "r1" / "report.html").write_text("the report")
    (tmp_path / "report.html").write_text("secret")
    with Page(0, runs=tmp_path / "runs") as page:
        page.add({"k": "header", "t": 5.0, "run": "r1", "scenario": {}, "target": {}})
        assert json.loads(ask(page, "GET", "/autoscale/live")[2])["report"] == "/runs/r1/report.html"
        assert ask(page, "GET", "/runs/r1/report.html")[2] == "the report"
        for path in (
            "/runs/../report.html",
            "/runs/%2e%2e/report.html",
            "/runs/..%2f/report.html",
            "/runs/r2/report.html",
        ):
            status, _, text = ask(page, "GET", path)
            assert (status in {404, 503}, "secret" in text) == (True, False), path
        assert ask(page, "GET", "/autoscale/static/..%2fpage.py")[0] == 404


def test_the_start_page_escapes_what_it_shows() -> None:
    """A run's folder may be called anything: it arrives as data and not as markup."""
    at = desk(past=lambda: [PastRun('"><script>alert(1)</script>', 1.0, "smoke", "pass", True)])
    with Page(0, desk=at) as page:
        assert "<script>alert" not in ask(page, "GET", "/")[2]


def test_the_state_is_read_from_locusts_page() -> None:
    """Only Locust's own page has a state; anything else has none, and none is no page to show."""
    assert state_of(LOCUST % "running") == "running"
    assert state_of("<html></html>") is None
    assert state_of("window.templateArgs = {broken") is None
    assert state_of("window.templateArgs = [1]") is None
    assert with_tab(LOCUST % "x").count("tab.js") == 1
