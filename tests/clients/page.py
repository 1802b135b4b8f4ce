"""docs/clients.md: what each client could do, from what ``make clients`` saw."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.clients.clients import CLIENTS

OBSERVED = Path(__file__).with_name("observed.json")
HEAD = """# Clients on the embedded cluster

Made by `python -m tests.docs.generate` from what `make clients` saw (`tests/clients/observed.json`); do not edit.

Each client runs a program of its own (`tests/clients/programs`, `go`, `java`) against an embedded cluster, whose
API is that of Kubernetes {release}. A step that is named worked; where a program ended early, its last words stand
there.

| client | version | what it did |
| --- | --- | --- |
"""
TAIL = """
The newest official Python client and kubectl are tested further with every change (`tests/embedded_api`). Typed clients
of Go send protobuf; what a CustomResourceDefinition defines has no message, there or here, and is sent as JSON.
client-node 2 needs Node 22, which was not there.

OpenAPI v2 (`/openapi/v2`) describes nothing here. kubectl (1.32 and 1.35 tried) reads it where OpenAPI v3 has no
document of a kind, and then says `no matches for kind "X"`, as on a real cluster; `explain --output
plaintext-openapiv2` finds nothing, all else of kubectl reads v3. Of Ingress, NetworkPolicy, PersistentVolume(Claim) and
ReplicationController, which every real cluster has, there are none here: lists are empty (`kubectl apply --prune` goes
through them), and making one is refused in words that kubectl shows.

## Talking to containers

`kubectl exec`, `cp`, `attach`, `run -i --tty`, `debug` (an ephemeral container, or `--copy-to`) and `port-forward`
work, by WebSocket and SPDY: a container with `stdin` and `tty` has an input and a terminal. Stdout and stderr of a
container come as one stream. An ephemeral container has the files of its own image and the machine's processes before
it, for pods are processes of this machine; its image has to be one that the embedded cluster knows (`autoscale image
ls`).

## Custom kinds

What a CustomResourceDefinition defines is served as on a real cluster: objects are checked by the structural schema,
pruned, and given its defaults; the subresources `status` and `scale`, columns, short names, selectable fields, several
versions, server-side apply by list types, owners and finalizers work. The definitions of KEDA, the Vertical Pod
Autoscaler, Karpenter, Argo Rollouts, cert-manager, the Prometheus operator and the Gateway API are taken as they are
(63 definitions, by `kubectl apply --server-side`), and so are their sample objects; patterns are read as Go reads them.
Not done:

| what | here |
| --- | --- |
| rules in CEL (`x-kubernetes-validations`) | accepted with a warning where they are written, not evaluated |
| patterns with classes of Unicode (`\\p{L}`), or ungreedy by a flag | refused where they are written |
| conversion by a webhook | refused; versions with the strategy `None` differ in their name alone |
| programs behind the kinds (KEDA's operator, VPA's recommender) | not there; one that runs outside works on them |
| admission webhooks, aggregated API servers | not there |

An object that breaks such a rule is stored. Upstream checks a rule as it is written, and has functions of its
own (quantities, addresses, formats) and a budget for it; half of that takes other objects than a real cluster does.
A `ResourceQuota` counts custom objects by `count/NAME.GROUP`.
[contract.md](contract.md) holds definitions, objects, subresources, quotas, pages, protobuf and applies beside a real
API server.
"""


def page(release: str) -> str:
    """The page."""
    return HEAD.format(release=release) + "".join(rows()) + TAIL


def rows() -> Iterator[str]:
    """One row a client and release, also for those that were not tried."""
    observed = json.loads(OBSERVED.read_text())
    for client in CLIENTS:
        found = observed.get(f"{client.name} {client.version}", {"steps": ["not tried yet"], "ended": None})
        ended = f"; ended: {found['ended']}" if found["ended"] else ""
        yield f"| {client.name} | {client.version} | {', '.join(found['steps'])}{ended} |\n"
