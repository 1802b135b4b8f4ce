"""gunicorn around the service: one worker process, eight threads, the admin port beside them."""

import os
import random
import time
from pathlib import Path
from threading import Event
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from app.admin import AdminServer
from app.metrics import Metrics
from app.service import create_app
from app.settings import Settings, SettingsError

THREADS = 8
# Longer than any pooled client keeps an idle connection: the client closes first, so no request meets a closed one.
KEEP_ALIVE_S = 75
# Less than the pod's grace period less its preStop (k8s/base/deployment.yaml).
DRAIN_S = 20


def serve(settings: Settings) -> None:
    """Serve until SIGTERM; then finish what was begun, within DRAIN_S. Does not return.

    Raises SettingsError when the admin port cannot be bound.
    """
    metrics, draining = Metrics(), Event()
    try:
        admin = AdminServer((settings.host, settings.admin_port), metrics.registry, draining)
    except OSError as error:
        message = f"ADMIN_PORT: cannot listen on {settings.host}:{settings.admin_port}: {error.strerror}"
        raise SettingsError(message) from error
    app = create_app(settings, metrics=metrics, draining=draining)
    _Server(app, _options(settings, admin, draining)).run()


def _options(settings: Settings, admin: AdminServer, draining: Event) -> dict[str, Any]:
    memory = Path("/dev/shm")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"{host}:{settings.port}",
        "worker_class": _worker_class(draining, settings.max_connection_age_s),
        "workers": 1,
        "threads": THREADS,
        "keepalive": KEEP_ALIVE_S,
        "graceful_timeout": DRAIN_S,
        "preload_app": True,
        # The heartbeat file must not wait for a disk, nor need a writable root file system.
        "worker_tmp_dir": str(memory) if os.access(memory, os.W_OK) else None,
        "control_socket_disable": True,
        "post_worker_init": lambda _: admin.start(),
        "proc_name": "app",
    }


def _worker_class(draining: Event, max_age_s: float | None) -> type[ThreadWorker]:
    class Worker(ThreadWorker):  # type: ignore[misc]
        """Says that it drains from SIGTERM on, and closes connections that are too old.

        Clients that keep their connections stay with the pods they know: new pods would get nothing.
        """

        def handle_exit(self, sig: int, frame: Any) -> None:
            draining.set()
            super().handle_exit(sig, frame)

        def handle_request(self, req: Any, conn: Any) -> Any:
            if max_age_s is not None and _expired(conn, max_age_s):
                req.force_close()
            return super().handle_request(req, conn)

    return Worker


def _expired(conn: Any, max_age_s: float) -> bool:
    now = time.monotonic()
    if not hasattr(conn, "expires"):
        # Spread by a tenth, so that connections opened together do not all come back together.
        conn.expires = now + max_age_s * random.uniform(0.9, 1.1)
    return bool(now >= conn.expires)


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app
