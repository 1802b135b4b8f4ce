"""Locust's own web UI on the master. Runs are not started here: the form that would is refused."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from flask import Response, jsonify, request
from locust.env import Environment

from loadtest.driver.guard import refusal
from loadtest.driver.settings import WEB_PORT, Settings

REFUSED = "This load follows a plan and is started by autoscale; users and spawn rate mean nothing here."
STARTING = ("/swarm", "/user")


def serve(environment: Environment, settings: Settings, stop: Callable[[], object], now: Callable[[], float]) -> Any:
    """Serve the UI at this pod's address, port 8089, and return it; its Stop button calls ``stop``.

    ``stop`` must return at once. ``now`` dates the answers: by them the observer knows the clock of the load's marks.
    """
    ui = environment.create_web_ui(settings.bind, WEB_PORT, delayed_start=True)
    assert ui.app is not None
    ui.app.debug = False

    @ui.app.before_request
    def answer_instead() -> Response | None:
        """Locust's own handlers would start users, or hold the answer until every user is gone."""
        if reason := refusal(request.headers.get, settings.api_host):
            return _refused(reason, 403)
        if request.path in STARTING:
            return _refused(REFUSED, 409)
        if request.path == "/stop" and request.method == "POST":
            stop()
            return jsonify({"success": True, "message": "The load ends; what is in flight is waited for."})
        return None

    @ui.app.after_request
    def date(response: Response) -> Response:
        """The server would date it by the machine's clock, which may be set while the load runs."""
        response.headers["Date"] = formatdate(now(), usegmt=True)
        return response

    environment.events.init.fire(environment=environment, runner=environment.runner, web_ui=ui)
    ui.start()
    return ui


def _refused(reason: str, status: int) -> Response:
    response = jsonify({"success": False, "message": reason})
    response.status_code = status
    return response
