"""Locust's own web UI behind the page: reached through the Kubernetes API, with one more tab."""

import asyncio
import json
from collections.abc import Callable, Mapping

from aiohttp import web

from autoscale.base.errors import AutoscaleError, InputError
from autoscale.cluster.proxy import Fetch

Answer = tuple[int, dict[str, str], bytes]

_AWAY = (AutoscaleError, OSError, LookupError)
# What Locust's page asks again and again; kept for when the master has gone.
_STATISTICS = "/stats/requests"
_REMEMBERED = {_STATISTICS, "/exceptions", "/tasks", "/logs", "/worker-count"}

# Of the whole and of each row of the statistics; in the order of ``rates``.
_CURRENT = ("current_rps", "current_fail_per_sec")

# Runs are not started in Locust's form: its users and spawn rate mean nothing to a load that follows a plan.
_NOT_HERE = {"/swarm", "/user"}
_EXPLANATION = (
    "This load follows the scenario's plan: users and spawn rate mean nothing to it. "
    "Start runs with `autoscale run` or on the page of `autoscale ui`."
)
_KEPT_HEADERS = ("content-type", "content-disposition", "etag", "last-modified")

_HEAD = """
<link rel="stylesheet" href="/autoscale/static/uplot.css">
<link rel="stylesheet" href="/autoscale/static/live.css">
"""
_TAIL = """
<script>
  window.templateArgs.extended_tabs = (window.templateArgs.extended_tabs || []).concat(
    [{title: "Scaling", key: "scaling"}]);
</script>
<script src="/autoscale/static/uplot.js"></script>
<script src="/autoscale/static/marks.js"></script>
<script src="/autoscale/static/charts.js"></script>
<script src="/autoscale/static/live.js"></script>
<script src="/autoscale/static/tab.js"></script>
"""


class LocustUi:
    """The UI of the master that runs at this moment, if one does. ``source`` is asked at every request.

    The master goes when the load ends; what Locust's page last asked of it is then answered from memory, as of a load
    that has stopped, so that an open page keeps its tables and charts and asks no more. ``rates``: (requests that
    ended, of them failed) a second; Locust's own rate is a mean of ten seconds that lags by two.
    """

    def __init__(self, rates: Callable[[], tuple[float, float] | None] = lambda: None) -> None:
        self._rates = rates
        self._source: Callable[[], Fetch | None] = lambda: None
        self._last: dict[str, Answer] = {}

    def connect(self, source: Callable[[], Fetch | None]) -> None:
        """A new load generator is reached by ``source``; nothing is known of it yet."""
        self._source, self._last = source, {}

    async def page(self) -> web.Response | None:
        """Locust's page with the Scaling tab; None while no load runs (its start form would mislead)."""
        try:
            status, _headers, body = await self._fetch("GET", "/", {}, None)
        except _AWAY:
            return None
        text = body.decode("utf-8", "replace")
        if status != 200 or state_of(text) in {None, "ready"}:
            return None
        return web.Response(text=with_tab(text), content_type="text/html")

    async def forward(self, request: web.Request) -> web.Response:
        """Any other request of Locust's UI, answered by Locust."""
        if request.path in _NOT_HERE:
            return web.json_response({"success": False, "message": _EXPLANATION}, status=409)
        try:
            answer = await self._fetch(
                request.method, request.path_qs, _outgoing(request.headers), await request.read() or None
            )
        except InputError as error:
            return web.json_response({"error": str(error)}, status=404)
        except _AWAY as error:
            known = self._last.get(request.path)
            if known is None:
                return web.json_response({"error": f"Locust is not there at this moment: {error}"}, status=503)
            answer = known
        else:
            if request.path == _STATISTICS and answer[0] == 200:
                answer = with_rates(answer, self._rates())
            if request.path in _REMEMBERED and request.method == "GET" and answer[0] == 200:
                self._last[request.path] = stopped(answer)
        return _response(request.path, answer)

    async def _fetch(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        fetch = self._source()
        if fetch is None:
            raise LookupError("no load generator runs")
        return await asyncio.to_thread(fetch, method, path, headers, body)


def _response(path: str, answer: Answer) -> web.Response:
    """Locust's answer without its cookies and its rules for other sites."""
    status, headers, body = answer
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    if path.startswith("/assets/"):
        kept["Cache-Control"] = "max-age=3600"
    return web.Response(status=status, body=body, headers=kept)


def stopped(answer: Answer) -> Answer:
    """The same answer, of a load that has stopped; one that states no state is as it was."""
    status, headers, body = answer
    try:
        told = json.loads(body)
        if "state" in told:
            still = {name: 0 for name in _CURRENT if name in told}
            body = json.dumps({**told, **still, "state": "stopped"}).encode()
    except (ValueError, TypeError):
        pass
    return status, headers, body


def with_rates(answer: Answer, rates: tuple[float, float] | None) -> Answer:
    """Locust's statistics with the rates of the load rows; each request's own rate keeps its share of them."""
    status, headers, body = answer
    try:
        told = json.loads(body)
        if rates is None:
            return answer
        for name, ours in zip(_CURRENT, rates, strict=True):
            theirs = told[name]
            for row in told["stats"]:
                row[name] = round(row[name] * ours / theirs, 1) if theirs else 0
            told["stats"][-1][name] = told[name] = round(ours, 1)
        return status, headers, json.dumps(told).encode()
    except (ValueError, TypeError, KeyError, IndexError):
        return answer


def _outgoing(headers: Mapping[str, str]) -> dict[str, str]:
    """What Locust needs to know of a request: what it holds, and nothing about who asks from where."""
    wanted = {"accept", "content-type", "if-none-match"}
    return {name: value for name, value in headers.items() if name.lower() in wanted}


def state_of(page: str) -> str | None:
    """The state of the load that Locust wrote into its page; None where it is no page of Locust's."""
    _, found, rest = page.partition("window.templateArgs = ")
    if not found:
        return None
    try:
        arguments, _ = json.JSONDecoder().raw_decode(rest)
        return str(arguments["state"])
    except (ValueError, KeyError, TypeError):
        return None


def with_tab(page: str) -> str:
    """Locust's page with the Scaling tab in it: styles at the end of its head, scripts at the end of its body."""
    head, body = page.find("</head>"), page.rfind("</body>")
    return page[:head] + _HEAD + page[head:body] + _TAIL + page[body:]
