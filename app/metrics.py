"""The service's Prometheus metrics, in a registry of its own."""

import platform
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, Info
from prometheus_client.process_collector import ProcessCollector

VERSION = "0.1.0"

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """Duration by method, route template and status; requests in progress; what was built; the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request's start in the application to its answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.in_progress = Gauge(
            "http_requests_in_progress", "Requests being answered at this moment.", registry=self.registry
        )
        build = Info("app_build", "What is running.", registry=self.registry)
        build.info({"version": VERSION, "python": platform.python_version()})
        ProcessCollector(registry=self.registry)

    def watch(self, app: Flask) -> None:
        """Count every request of ``app``, also those that end in an error.

        The counters of what it answers well are there from the start: a rate of what is not there yet is no 0.
        """
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                self.duration.labels(method, rule.rule, "200")

        @app.before_request
        def begin() -> None:
            g.began = time.perf_counter()
            self.in_progress.inc()

        @app.after_request
        def observe(response: Response) -> Response:
            seconds = time.perf_counter() - g.began
            self.duration.labels(_method(), _route(), str(response.status_code)).observe(seconds)
            return response

        @app.teardown_request
        def end(_: BaseException | None) -> None:
            if "began" in g:
                self.in_progress.dec()


def _method() -> str:
    # Any word may stand where a method should: it must not make a new series each.
    return request.method if request.method in _METHODS else "other"


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "none"
