"""The Flask application."""

import os
import random
import time
import urllib.request
from functools import lru_cache
from threading import Event

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app import work
from app.metrics import Metrics
from app.settings import Settings, from_environment
from app.shop import shop

_SEEDS_KEPT = 64
UPSTREAM_S = 10.0
"""How long the next service may take."""


def create_app(
    settings: Settings | None = None, *, metrics: Metrics | None = None, draining: Event | None = None
) -> Flask:
    """The service: ``/`` greets, ``/work`` costs what it is asked to, ``/shop`` has a journey's steps,
    ``/healthz`` and ``/readyz`` say how it is.

    Every answer names its pod in ``X-Pod``. ``draining``, once set, turns ``/readyz`` to 503. The health routes are
    here as well as on the admin port, so that a manifest can show what probes on the busy port lead to.
    Without ``settings`` those of the environment hold; raises SettingsError where they are wrong.
    """
    settings = settings or from_environment(os.environ)
    app = Flask("app", static_folder=None)
    draining = draining or Event()
    app.secret_key = settings.session_key
    _add_routes(app, settings, draining)
    app.register_blueprint(shop)
    (metrics or Metrics()).watch(app)

    @app.after_request
    def name_pod(response: Response) -> Response:
        response.headers["X-Pod"] = settings.pod
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.name, detail=error.description), error.code or 500

    return app


def _add_routes(app: Flask, settings: Settings, draining: Event) -> None:
    # One generator a seed: a run that states a seed gets the same sequence of factors again, in the same pod order.
    generator = lru_cache(maxsize=_SEEDS_KEPT)(random.Random)

    @app.get("/")
    def greet() -> Response:
        return Response(settings.greeting + "\n", mimetype="text/plain")

    @app.route("/work", methods=["GET", "POST"])
    def do_work() -> Response | tuple[Response, int]:
        asked, problems = work.parse(dict(request.args.lists()))
        if problems:
            return jsonify(error="bad parameters", problems=problems), 400
        if settings.upstream and not _answered(settings.upstream):
            return jsonify(error="bad gateway", detail=f"{settings.upstream} did not answer well"), 502
        return _answer(work.spread_out(asked, generator(asked.seed)))

    @app.get("/healthz")
    def healthy() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def ready() -> Response | tuple[Response, int]:
        if draining.is_set():
            return Response("draining\n", mimetype="text/plain"), 503
        return Response("ready\n", mimetype="text/plain")


def _answered(upstream: str) -> bool:
    """Whether the next service in the path answered well; on a new connection each, so that its pods share the load."""
    try:
        with urllib.request.urlopen(upstream, timeout=UPSTREAM_S) as answer:
            answer.read()
    except OSError:  # a refusal of its, too
        return False
    return True


def _answer(todo: work.Work) -> Response:
    if todo.wait_ms:
        time.sleep(todo.wait_ms / 1000)
    burned = work.burn(todo.cpu_ms) if todo.cpu_ms else 0.0
    if todo.bytes:
        return Response(bytes(todo.bytes), mimetype="application/octet-stream")
    return jsonify(cpu_ms=round(burned, 3), wait_ms=round(todo.wait_ms, 3))
