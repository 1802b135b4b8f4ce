"""Locust's own web UI on the master. Runs are not started here: the form that would is refused."""

from collections.abc import Callable
from email.utils import formatdate
from hmac import compare_digest
from typing import Any

from flask import Response, jsonify, request
from locust.env import Environment

from loadtest.driver.settings import WEB_PORT

REFUSED = "This load follows a plan and is started by autoscale; users and spawn rate mean nothing here."
CLOSED = "This page is shown by autoscale, on the machine that runs it: at the address that it prints.\n"
STARTING = ("/swarm", "/user")


def serve(
    environment: Environment, address: str, token: str, stop: Callable[[], object], now: Callable[[], float]
) -> Any:
    """Serve the UI at ``address``:8089 and return it; its Stop button calls ``stop``, which must return at once.

    It answers to requests with ``token`` in their header X-Autoscale-Token, which no other site's script can know or
    send; an empty one lets nobody in. The Host header tells nothing here: through the API server it is that one's name.

    ``now`` dates its answers: by them the observer knows the clock that the load's marks are made by.
    """
    ui = environment.create_web_ui(address, WEB_PORT, delayed_start=True)
    assert ui.app is not None
    ui.app.debug = False

    @ui.app.before_request
    def answer_instead() -> Response | None:
        """Locust's own handlers would start users, or hold the answer until every user is gone."""
        given = request.headers.get("X-Autoscale-Token", "")
        if not token or not compare_digest(given.encode(), token.encode()):
            return Response(CLOSED, status=403, mimetype="text/plain")
        if request.path in STARTING:
            response = jsonify({"success": False, "message": REFUSED})
            response.status_code = 409
            return response
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
