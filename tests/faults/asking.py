"""Faults in what is asked of the embedded API: refused with a 4xx, and the next request is answered."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.server import ApiServer
from autoscale.embedded.launch.folder import Folder
from autoscale.plane.store import Create, Store
from tests.embedded_api.harness import NOW, TOKEN, Node, Server, serving
from tests.faults.fault import Met, Wanted

REFUSED = Wanted((400,))
TAKEN = Wanted((200,))


@contextmanager
def api(folder: Path) -> Iterator[Server]:
    """A fresh API server."""
    block, store, node = claim_block(), Store(), Node()
    store.apply(Create({"kind": "Namespace", "metadata": {"name": "default"}}), NOW)
    try:
        with serving(Folder(folder / "embedded"), ApiServer(Registry(store, block), node, TOKEN)) as (url, loop, trust):
            yield Server(store, node, url, folder / "embedded" / "kubeconfig", loop, trust)
    finally:
        block.release()


@dataclass(frozen=True)
class Asked:
    """One request; ``first`` are objects that are there. A status of 4xx counts as 400, one of 2xx as 200."""

    name: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wanted: Wanted = REFUSED
    first: tuple[str, Mapping[str, Any]] | None = None
    quick: bool = True

    def meet(self, home: Path) -> Met:
        """Ask that, and then for what is there."""
        with api(home) as server:
            if self.first:
                assert server.call("POST", *self.first)[0] == 201
            code, said = answered(lambda: server.open(self.method, self.path, self.body, **self.headers))
            met = Met(code, said, amiss=self.wanted.amiss(code, said))
            began = time.monotonic()
            after, said = answered(lambda: server.open("GET", "/api/v1/namespaces/default/pods"))
            met.next_s = time.monotonic() - began
            met.amiss += [] if after == 200 else [f"the next request gets {after}: {said[:200]}"]
        return met


def answered(ask: Callable[[], Any]) -> tuple[int, str]:
    """The status in whole hundreds (5xx as it is) and the body."""
    with ask() as answer:
        return (answer.status // 100 * 100 if answer.status < 500 else answer.status), answer.read().decode()
