"""HTTP to a pod through the API server: for the web UI and the end of the load, never for the load itself."""

from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

from autoscale.base.errors import ClusterError, InputError
from autoscale.cluster.answers import Answer
from autoscale.cluster.client import Cluster
from autoscale.cluster.resources import resource_of

Fetch = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, dict[str, str], bytes]]
"""``fetch(method, path with query, headers, body) -> (status, headers in lower case, body)``; raises ClusterError."""

# What belongs to one connection, or would hand our credentials on, stays here.
_DROPPED = {"host", "connection", "authorization", "cookie", "content-length", "accept-encoding", "transfer-encoding"}


def pod_fetch(
    cluster: Cluster,
    namespace: str,
    pod: str,
    port: int,
    *,
    with_headers: Mapping[str, str] | None = None,
    read_s: float = 30.0,
) -> Fetch:
    """A ``fetch`` for one port of one pod; every request has ``with_headers`` as well.

    InputError for a path with a step up in it: HTTP clients and servers take ``/..`` away with what stands before it,
    and whoever may ask the pod would ask the API server, with our credentials.
    """
    base = resource_of("Pod").path(namespace, quote(f"{pod}:{port}"), "proxy")

    def fetch(
        method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        if _leads_out(path):
            raise InputError(f"{path[:80]!r} is no path of a pod's page")
        kept = {name: value for name, value in headers.items() if name.lower() not in _DROPPED}
        answer: Answer = cluster.call(
            method,
            base + "/" + path.lstrip("/"),
            body=body,
            headers={"accept": "*/*", **kept, **(with_headers or {})},
            read_s=read_s,
        )
        return answer.status, answer.headers, answer.body

    return fetch


def _leads_out(path: str) -> bool:
    """Whether a step of the path is ``.`` or ``..``, as it stands or once decoded."""
    steps = unquote(path.partition("?")[0]).replace("\\", "/").split("/")
    return not {".", ".."}.isdisjoint(step.partition(";")[0] for step in steps)


def date_of(fetch: Fetch, path: str) -> str:
    """The ``Date`` header of a pod's page. ClusterError for any answer but 200, which may be the API server's own, with
    its own clock; KeyError where the page names no date."""
    status, headers, _ = fetch("GET", path, {}, None)
    if status != 200:
        raise ClusterError(f"GET {path} of the pod answered {status}")
    return headers["date"]
