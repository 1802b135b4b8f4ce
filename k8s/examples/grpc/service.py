"""A small gRPC service of greetings: messages are JSON, so that no code has to be generated.

``greetings.Greeter/Greet`` answers ``{"name"}`` with ``{"words"}`` and costs some CPU time; each answer names its pod
in the initial metadata ``x-pod``. ``grpc.health.v1.Health`` is left out: a TCP probe does for an example.
"""

import hashlib
import json
import os
import signal
import threading
import time
from concurrent import futures

import grpc

COST_MS = 3.0
# HTTP/2 keeps one connection for all calls, and a Service chooses a pod for each connection: without an age, new pods
# would get nothing. A client opens the next one by itself, and its calls that go on are not cut.
MAX_AGE_MS = 5_000
_BLOCK = bytes(32 * 1024)


class Greeter(grpc.GenericRpcHandler):
    """The service's one method."""

    def __init__(self, pod: str) -> None:
        self._pod = pod

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of a call; None for a method that is not here (UNIMPLEMENTED)."""
        if call.method != "/greetings.Greeter/Greet":
            return None
        return grpc.unary_unary_rpc_method_handler(self._greet, json.loads, lambda answer: json.dumps(answer).encode())

    def _greet(self, request: dict[str, str], context: grpc.ServicerContext) -> dict[str, str]:
        context.send_initial_metadata((("x-pod", self._pod),))
        if not request.get("name"):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a name is wanted")
        end = time.thread_time() + COST_MS / 1000
        while time.thread_time() < end:
            hashlib.sha256(_BLOCK).digest()
        return {"words": f"Hello, {request['name']}!"}


def serve(address: str, pod: str) -> grpc.Server:
    """The running server."""
    options = [("grpc.max_connection_age_ms", MAX_AGE_MS), ("grpc.so_reuseport", 0)]
    server = grpc.server(futures.ThreadPoolExecutor(8), [Greeter(pod)], options=options)
    server.add_insecure_port(address)
    server.start()
    return server


def main() -> None:
    """Serve until SIGTERM, then finish what was begun."""
    server = serve(f"{os.environ.get('POD_IP', '127.0.0.1')}:50051", os.environ.get("POD_NAME", "one"))
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    over.wait()
    server.stop(grace=20).wait()


if __name__ == "__main__":
    main()
