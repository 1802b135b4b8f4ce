"""The connection to the API breaks, stalls, or brings what is wrong."""

import json

from tests.faults.fault import Wanted
from tests.faults.imaginary import InProcess, Trouble, status

PASS = Wanted((0,))
SEEN = Wanted((0, 5))
BROKEN = Wanted((3,))
UNTRUSTED = Wanted((3, 5))
WATCHES = "watch=true"
PODS = "/pods?"
HTML = b"<!doctype html><title>Log in</title>"
HTML_TYPE = {"Content-Type": "text/html"}
FOREVER = 10_000


def event(kind: str, obj: object) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def watching(name: str, wanted: Wanted, *lines: bytes, times: int = 2) -> InProcess:
    """Watches that say these lines and end, as the load begins."""
    return InProcess(name, wanted, later=[Trouble("GET", WATCHES, times, lines=lines)], cut=True)


def listing(name: str, wanted: Wanted, body: bytes, times: int = 1) -> InProcess:
    """The first lists of pods hold that."""
    return InProcess(
        name, wanted, [Trouble("GET", "/namespaces/default/pods", times, body=body, but=(WATCHES, "limit=1"))]
    )


FAULTS = [
    InProcess(
        "500 to the first list of pods", Wanted((0, 3)), [Trouble("GET", "/default/pods", code=500, but=(WATCHES,))]
    ),
    InProcess("503 to three watches", SEEN, [Trouble("GET", WATCHES, 3, 503)]),
    InProcess("429 to two watches", SEEN, [Trouble("GET", WATCHES, 2, 429, headers={"Retry-After": "1"})]),
    InProcess("429 to an apply", Wanted((0, 3)), [Trouble("PATCH", code=429, headers={"Retry-After": "1"})]),
    InProcess("409 to an apply", Wanted((0, 3)), [Trouble("PATCH", "/deployments", code=409)]),
    InProcess("500 to an apply", Wanted((0, 3)), [Trouble("PATCH", "/deployments", code=500)]),
    InProcess("a connection cut in an apply", Wanted((0, 3)), [Trouble("PATCH", "/deployments", cut=True)]),
    InProcess(
        "a connection cut as the load is made",
        Wanted((0, 3)),
        [Trouble("PATCH", "/jobs/loadtest-worker?fieldM", 2, cut=True)],
    ),
    InProcess("410 Gone to watches", SEEN, later=[Trouble("GET", WATCHES, 2, 410)], cut=True),
    watching("410 Gone within watches", SEEN, event("ERROR", json.loads(status(410)))),
    watching("an error within watches", SEEN, event("ERROR", json.loads(status(500)))),
    watching("an error within watches that is no object", SEEN, event("ERROR", "text")),
    watching("watches cut in a line", SEEN, b'{"type": "MODIFIED", "object": {"kind": "Po'),
    watching("watches that say no JSON", SEEN, b"<html>\n"),
    watching("watches of events without objects", SEEN, b'{"type": "MODIFIED"}\n'),
    watching("watches of objects without metadata", SEEN, event("MODIFIED", {"kind": "Pod"})),
    watching("watches of objects that are numbers", SEEN, event("MODIFIED", 7)),
    watching("watches that end at once", SEEN),
    watching("watches of NaN and huge numbers", SEEN, b'{"type":"MODIFIED","object":{"metadata":{"uid":1e999}}}\n'),
    InProcess("all connections cut in mid-run", SEEN, later=[Trouble(times=12, cut=True)], cut=True),
    InProcess(
        "401 from mid-run on", UNTRUSTED, later=[Trouble(times=FOREVER, code=401)], again=False, left=True, slow=True
    ),
    InProcess("401 once to all watches", SEEN, later=[Trouble("GET", WATCHES, 4, 401)], cut=True),
    InProcess(
        "403 to watches of pods from mid-run on",
        SEEN,
        later=[Trouble("GET", WATCHES, 3, 403)],
        cut=True,
    ),
    listing("a list that is a page to log in", UNTRUSTED, HTML),
    listing("a list cut in the middle", UNTRUSTED, b'{"kind": "PodList", "items": [{"met'),
    listing("a list of nothing", UNTRUSTED, b""),
    listing("a list with null for items", UNTRUSTED, b'{"kind": "PodList", "metadata": {}, "items": null}'),
    listing("a list of objects without metadata", UNTRUSTED, b'{"kind": "PodList", "metadata": {}, "items": [{}]}'),
    listing("a list that is a number", UNTRUSTED, b"7"),
    InProcess(
        "the version is a page to log in",
        PASS,
        [Trouble("GET", "/version", FOREVER, body=HTML, headers=HTML_TYPE)],
        again=False,
    ),
    InProcess(
        "answers without a date",
        PASS,
        [Trouble("GET", "/version", FOREVER, body=b"{}", headers={"Date": "soon"})],
        again=False,
    ),
    InProcess("metrics answer 500 in mid-run", SEEN, later=[Trouble("GET", "metrics.k8s.io", 3, 500)]),
    InProcess("metrics are gone in mid-run", SEEN, later=[Trouble("GET", "metrics.k8s.io", 3, 404)]),
    InProcess("metrics are no JSON", SEEN, later=[Trouble("GET", "metrics.k8s.io", 3, body=HTML)]),
    InProcess("logs are cut as they begin", PASS, [Trouble("GET", "/log?", 2, cut=True)]),
    InProcess("logs answer 500 at first", PASS, [Trouble("GET", "/log?", 2, 500)]),
    InProcess(
        "logs begin with bytes that are no text",
        Wanted((0, 5)),
        [Trouble("GET", "/log?", 1, lines=[b"\xff\xfe\0\n" * 9])],
    ),
    InProcess("deletions answer 500 at first", Wanted((0, 3)), [Trouble("DELETE", "", 4, 500)]),
    InProcess("a connection cut in deletions", Wanted((0, 3)), [Trouble("DELETE", "", 3, cut=True)]),
    InProcess(
        "the deletion of the service is refused",
        BROKEN,
        [Trouble("DELETE", "/deployments", FOREVER, 403)],
        again=False,
        left=True,
    ),
    InProcess("answers a second late", SEEN, later=[Trouble("GET", "", 4, slow_s=1.0)]),
    InProcess(
        "a redirect to another server",
        UNTRUSTED,
        [Trouble("GET", "/api/v1/namespaces/default/pods", FOREVER, 302, headers={"Location": "http://127.0.0.1:9/"})],
        again=False,
    ),
    InProcess(
        "compressed answers that are none",
        UNTRUSTED,
        [
            Trouble(
                "GET", "/default/pods", FOREVER, body=b"no gzip", headers={"Content-Encoding": "gzip"}, but=(WATCHES,)
            )
        ],
        again=False,
    ),
]
