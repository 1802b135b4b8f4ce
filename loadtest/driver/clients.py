"""What Locust's own HTTP clients send and do not report: of some requests its ``request`` event does not tell.

As found in Locust 2.47.0 with geventhttpclient 2.6.1: ``FastHttpUser`` sends a request of an idempotent method again
where the connection is closed without an answer, up to ``concurrency + 1`` times more, and reports one. A request with
``catch_response=True`` is reported where its ``with`` block is left: not where that is by an exception, nor without a
block. What is on its way when a user is ended is not reported either.
"""

import weakref
from collections.abc import Callable
from typing import Any

import gevent
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.useragent import CompatRequest
from locust import clients
from locust.contrib import fasthttp

from loadtest.lines import AGAIN, CUT_OFF, UNTOLD


class Clients:
    """Watches all of this process; ``unseen`` hears of each request that is sent and not reported, and why."""

    def __init__(self, unseen: Callable[[str], object]) -> None:
        self._unseen = unseen
        self._sends: dict[Any, int] = {}  # of the request that a greenlet makes, without those of redirects
        self._untold: dict[int, weakref.ref[Any]] = {}  # answers that are to be told by leaving their block

    def install(self) -> None:
        """Begin to watch."""
        fasthttp.FastHttpSession._send_request_safe_mode = self._sending(  # type: ignore[method-assign]
            fasthttp.FastHttpSession._send_request_safe_mode
        )
        clients.HttpSession._send_request_safe_mode = self._sending(  # type: ignore[method-assign]
            clients.HttpSession._send_request_safe_mode
        )
        ConnectionPool.get_socket = self._after(ConnectionPool.get_socket, 1)  # type: ignore[method-assign]
        CompatRequest.redirect = self._after(CompatRequest.redirect, -1)  # type: ignore[method-assign]
        for answer in (clients.ResponseContextManager, fasthttp.ResponseContextManager):
            answer._report_request = self._telling(answer._report_request)  # type: ignore[method-assign]
        for session in (clients.HttpSession, fasthttp.FastHttpSession):
            session.request = self._answering(session.request)  # type: ignore[method-assign]

    def finish(self) -> None:
        """No user is left: what has not been told of will not be."""
        for key in list(self._untold):
            self._lost(key)

    def _sending(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def watched(session: Any, *args: Any, **kwargs: Any) -> Any:
            me = gevent.getcurrent()
            self._sends[me] = 0
            try:
                return send(session, *args, **kwargs)
            except gevent.GreenletExit:
                self._unseen(CUT_OFF)
                raise
            finally:
                for _ in range(self._sends.pop(me) - 1):
                    self._unseen(AGAIN)

        return watched

    def _after(self, call: Callable[..., Any], more: int) -> Callable[..., Any]:
        """A call after which the greenlet's request has been sent so many times more."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            me = gevent.getcurrent()
            if me in self._sends:
                self._sends[me] += more
            return result

        return watched

    def _answering(self, request: Callable[..., Any]) -> Callable[..., Any]:
        def watched(session: Any, *args: Any, **kwargs: Any) -> Any:
            answer = request(session, *args, **kwargs)
            if getattr(answer, "_catch_response", False) and hasattr(answer, "request_meta"):
                key = id(answer)
                self._untold[key] = weakref.ref(answer, lambda _: self._lost(key))
            return answer

        return watched

    def _telling(self, report: Callable[..., Any]) -> Callable[..., Any]:
        def watched(answer: Any, *args: Any, **kwargs: Any) -> Any:
            self._untold.pop(id(answer), None)
            return report(answer, *args, **kwargs)

        return watched

    def _lost(self, key: int) -> None:
        """An answer that nobody can tell of any more."""
        if self._untold.pop(key, None) is not None:
            self._unseen(UNTOLD)
