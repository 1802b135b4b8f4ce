"""What the page answers to which address."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from autoscale.web import pages
from autoscale.web.desk import Desk, Launch, Refused
from autoscale.web.guard import TOKEN_HEADER, guard
from autoscale.web.live import Live
from autoscale.web.locust_ui import LocustUi

_LARGEST_BODY = 64 * 1024
_MOST_DIGITS = 18


def application(live: Live, locust: LocustUi, desk: Desk | None, runs: Path | None) -> web.Application:
    """The page as an aiohttp application: our own addresses, and Locust's UI behind everything else."""
    guards = [_answered, guard(desk.token if desk else None)]
    app = web.Application(middlewares=guards, client_max_size=_LARGEST_BODY)
    site = _Site(live, locust, desk, runs)
    app.add_routes(
        [
            web.get("/", site.front),
            web.get("/scaling", site.scaling),
            web.get("/autoscale/live", site.live),
            web.get("/autoscale/static/{name}", _asset),
            web.get("/runs/{name}/report.html", site.report),
            web.get("/favicon.ico", _no_icon),
            web.post("/autoscale/start", site.start),
            web.post("/autoscale/stop", site.stop),
            web.route("*", "/{path:.*}", locust.forward),
        ]
    )
    return app


@web.middleware
async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A body that cannot be read is a mistake of who sent it; what nobody foresaw is told to who asked."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except web.RequestPayloadError as error:
        return web.Response(status=400, text=f"The body cannot be read: {error}\n")
    except Exception as error:
        return web.Response(status=500, text=f"This is a mistake of autoscale's own: {error!r}\n")


class _Site:
    def __init__(self, live: Live, locust: LocustUi, desk: Desk | None, runs: Path | None) -> None:
        self._live, self._locust, self._desk, self._runs = live, locust, desk, runs

    async def front(self, _: web.Request) -> web.Response:
        """Locust's UI while the load runs; else where runs are started; else the charts."""
        if self._desk is not None and self._desk.busy is None:
            return _html(pages.start_page(self._desk))
        return await self._locust.page() or _html(pages.scaling_page())

    async def scaling(self, _: web.Request) -> web.Response:
        """The charts alone."""
        return _html(pages.scaling_page())

    async def live(self, request: web.Request) -> web.Response:
        """What is new since ``?since=VERSION&run=NAME``."""
        version = request.query.get("since", "0")
        known = int(version) if version.isdecimal() and len(version) <= _MOST_DIGITS else 0
        news = self._live.since(known, request.query.get("run"))
        return web.json_response({**news, "report": self._report_of(news["run"]), "desk": self._of_desk()})

    def _of_desk(self) -> dict[str, Any] | None:
        desk = self._desk
        if desk is None:
            return None
        return {"busy": desk.busy is not None, "error": desk.error, "token": desk.token}

    def _report_of(self, run: str | None) -> str | None:
        """The address of a run's report, once it is written."""
        return f"/runs/{quote(run)}/report.html" if run and self._report_file(run) else None

    def _report_file(self, run: str) -> Path | None:
        """The file of a run's report; None where there is none, also for names that are paths."""
        if self._runs is None or run in {"", ".", ".."} or "/" in run:
            return None
        path = self._runs / run / "report.html"
        return path if os.path.isfile(path) else None

    async def report(self, request: web.Request) -> web.StreamResponse:
        """The report of a run, as its file stands: its style and scripts are in it."""
        path = self._report_file(request.match_info["name"])
        if path is None:
            return web.Response(status=404, text="There is no such report.\n")
        return web.FileResponse(path, headers={"Content-Type": "text/html; charset=utf-8"})

    async def start(self, request: web.Request) -> web.Response:
        """Start a run: JSON with scenario, rate_factor and time_factor, and the page's token in its header."""
        desk = self._desk
        if desk is None:
            return _refused("Runs are started on the page of `autoscale ui` only.", 404)
        if request.headers.get(TOKEN_HEADER) != desk.token:
            return _refused("This page is of another session: load it again.", 403)
        try:
            desk.ask(_launch(await request.json()))
            self._live.expect()
        except Refused as error:
            return _refused(str(error), 409)
        except (ValueError, LookupError, RecursionError):  # LookupError: of a charset that there is not
            return _refused("The request is not JSON.", 400)
        return web.json_response({"success": True})

    async def stop(self, request: web.Request) -> web.Response:
        """End the run that is going on; its report is still written."""
        desk = self._desk
        if desk is None or request.headers.get(TOKEN_HEADER) != desk.token:
            return _refused("This page is of another session: load it again.", 403)
        desk.stop()
        return web.json_response({"success": True})


def _launch(asked: Any) -> Launch:
    try:
        return Launch(str(asked["scenario"]), float(asked["rate_factor"]), float(asked["time_factor"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Refused("Wanted: a scenario, a rate factor and a duration factor, the factors as numbers.") from error


async def _asset(request: web.Request) -> web.StreamResponse:
    known = pages.ASSETS.get(request.match_info["name"])
    if known is None:
        return web.Response(status=404, text="There is no such file.\n")
    path, content_type = known
    return web.Response(text=path.read_text(encoding="utf-8"), content_type=content_type)


async def _no_icon(_: web.Request) -> web.Response:
    """Browsers ask for it beside every page; our pages name their own."""
    return web.Response(status=204)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": pages.POLICY})


def _refused(reason: str, status: int) -> web.Response:
    return web.json_response({"success": False, "message": reason}, status=status)
