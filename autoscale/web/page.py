"""The server of the page: a thread with a loop of its own, on loopback."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from aiohttp import web

from autoscale.base.errors import InputError, Problem
from autoscale.cluster.proxy import Fetch
from autoscale.record.rows.kinds import Row
from autoscale.report.gather import Account
from autoscale.report.outcome import outcome
from autoscale.web.desk import Desk
from autoscale.web.live import Live
from autoscale.web.locust_ui import LocustUi
from autoscale.web.routes import application


class Concluded(Protocol):
    """What a run left (``run.options.Result``): its folder, and what its report says."""

    @property
    def path(self) -> Path:
        """The run's folder; its name is the run's."""

    @property
    def account(self) -> Account | None:
        """None where no report could be made."""


HOST = "127.0.0.1"
_GOODBYE_S = 1.0
# The library tells of each request that is no HTTP with a traceback: whoever reaches the port would write to the
# terminal. Of no logger's family, so that nothing is printed; what goes wrong is answered (``routes``).
_UNHEARD = logging.Logger("autoscale.web", logging.CRITICAL + 1)


class Page:
    """The page of a run, open within ``with``. Give it the rows and the way to Locust's UI:

    ``page.add`` is a listener of the run's rows; ``page.connect(source)`` says how Locust's UI is reached, where
    ``source()`` is the ``fetch`` of the master that runs, or None. With a ``desk`` runs can be started on it, and the
    reports in ``runs`` are shown.

    Raises InputError when the port is in use; ``option`` names what chooses another.
    """

    def __init__(
        self, port: int = 8089, *, runs: Path | None = None, desk: Desk | None = None, option: str = "--web-port"
    ) -> None:
        self._port, self._option = port, option
        self._live, self._desk, self._runs = Live(), desk, runs
        self._locust = LocustUi(self._live.rates)
        self._end: Callable[[], None] = lambda: None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the page is; the port is known once it is open."""
        port = self._socket.getsockname()[1] if self._socket else self._port
        return f"http://{HOST}:{port}"

    @property
    def address(self) -> str:
        """What to open: the URL, with the token that a page with a desk asks for."""
        return self.url if self._desk is None else f"{self.url}/?token={self._desk.token}"

    def add(self, row: Row) -> None:
        """Take one row of the run; quick, from any one thread."""
        self._live.add(row)

    def connect(self, source: Callable[[], Fetch | None]) -> None:
        """Say how Locust's UI is reached; ``source`` is called from other threads."""
        self._locust.connect(source)

    def conclude(self, result: Concluded) -> None:
        """A run has its report: the page shows the verdict, the objectives and the findings."""
        if result.account is not None:
            self._live.conclude(result.path.name, outcome(result.account))

    def __enter__(self) -> Self:
        self._socket = _listen(self._port, self._option)
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="page", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        finally:
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()

        def stop() -> None:
            loop.call_soon_threadsafe(end.set)

        self._end = stop
        app = application(self._live, self._locust, self._desk, self._runs)
        runner = web.AppRunner(
            app, access_log=None, logger=_UNHEARD, auto_decompress=False, shutdown_timeout=_GOODBYE_S
        )
        await runner.setup()
        assert self._socket is not None
        await web.SockSite(runner, self._socket).start()
        ready.set()
        await end.wait()
        await runner.cleanup()


def _listen(port: int, option: str) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=64)
    except OSError as error:
        place = Problem(option, f"port {port}: {error.strerror}", "a free port of 127.0.0.1")
        fix = f"Choose another with {option}; something else, perhaps another run, uses this one."
        raise InputError("The page cannot be served.", problems=[place], fix=fix) from error
