"""Users of a gRPC service: a client of one's own that tells Locust's ``request`` event of every call."""

import json
import time
from typing import Any
from urllib.parse import urlsplit

import grpc
import grpc.experimental.gevent
from locust import User, constant, task

grpc.experimental.gevent.init_gevent()  # or every call would hold up all other users until it is answered


class Answer:
    """What an answer says of itself: here is looked for the header that names its pod (``target.pod_header``)."""

    def __init__(self, metadata: Any) -> None:
        self.headers = dict(metadata or ())


class Caller(User):
    """Greets over a channel of its own."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Open the channel. Channels to one address share a connection unless each wants a pool of its own."""
        self.channel = grpc.insecure_channel(urlsplit(self.host).netloc, [("grpc.use_local_subchannel_pool", 1)])
        self.greet = self.channel.unary_unary(
            "/greetings.Greeter/Greet",
            request_serializer=lambda request: json.dumps(request).encode(),
            response_deserializer=bytes,
        )
        grpc.channel_ready_future(self.channel).result(timeout=10)

    def on_stop(self) -> None:
        """Close it."""
        self.channel.close()

    @task
    def say_hello(self) -> None:
        """One call; its deadline makes an answer that does not come a failure."""
        begun, error, length, answer = time.perf_counter(), None, 0, None
        try:
            words, call = self.greet.with_call({"name": "load"}, timeout=5)
            length, answer = len(words), Answer(call.initial_metadata())
        except grpc.RpcError as failed:
            error = RuntimeError(failed.code().name)
        self.environment.events.request.fire(
            request_type="grpc",
            name="Greet",
            response_time=(time.perf_counter() - begun) * 1000,
            response_length=length,
            response=answer,
            exception=error,
            context={},
        )
