"""Locust's own web UI on the master. Runs are not started here: the form that would is refused."""

from typing import Any

from flask import Response, jsonify, request
from locust.env import Environment

from loadtest.driver.settings import WEB_PORT

REFUSED = "This load follows a plan and is started by autoscale; users and spawn rate mean nothing here."
FORBIDDEN = ("/swarm", "/user")


def serve(environment: Environment, address: str) -> Any:
    """Serve the UI at ``address``:8089 and return it."""
    ui = environment.create_web_ui(address, WEB_PORT, delayed_start=True)
    assert ui.app is not None
    ui.app.debug = False
    ui.app.before_request(_refuse_start)
    environment.events.init.fire(environment=environment, runner=environment.runner, web_ui=ui)
    ui.start()
    return ui


def _refuse_start() -> Response | None:
    if request.path in FORBIDDEN:
        response = jsonify({"success": False, "message": REFUSED})
        response.status_code = 409
        return response
    return None
