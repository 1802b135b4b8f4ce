"""docs/contract.md: point by point, where the embedded and a real cluster agree and differ. Made from what was seen."""

from difflib import unified_diff

from autoscale.kube.release import MINOR
from tests.contract.platforms import newer, observed
from tests.contract.points import POINTS

# point -> why the two differ.
DIFFERENCES = {
    "api-errors": "the embedded server names what it does not serve, and words a wrong selector in its own way",
    "custom-rules": "rules in CEL are accepted with a warning and not evaluated by the embedded server",
    "custom-scale-applied": "1.35 fails to convert the object (500); the embedded server takes the replicas over",
    "protobuf": "half a message, another kind and a patch are refused alike, in the embedded server's own words",
}

# release -> what is said of it beside the points.
RELEASES = {
    "1.36": "API server, controllers and scheduler v1.36.3 over the node of 1.35 (`make cluster KUBERNETES=1.36`).",
    "1.37": "API server, controllers and scheduler v1.37.2 over the node of 1.35 (`make cluster KUBERNETES=1.37`).",
}

HEAD = """# Embedded and real, point by point

Made by `python -m tests.docs.generate` from what the contract tests saw (`tests/contract/observed/`); do not edit.
The same workloads were applied to the embedded cluster and to a real one-node Kubernetes 1.35, through the same client,
and each point was read from what the API server published. Times are left out: order and words count.

| point | embedded and real |
| --- | --- |
"""

BESIDE = """
## Differs, and is not in the API: connections to a Service without endpoints

| | embedded | real |
| --- | --- | --- |
| first connections | every one is refused at once | about six are refused at once |
| further ones | every one is refused at once | about one a second is refused; the others hear nothing, and time out |
| when an endpoint is there | who asks again is served | so is who still waits: its kernel asks again after 1, 3, 7 s |

Real is the local cluster (Kubernetes 1.35) at 10 connections/s. Its node refuses by an ICMP message, and Linux allows
each client six of those, then one a second (`net.ipv4.icmp_ratelimit`, 1000 ms; `XRLIM_BURST_FACTOR` in
`net/ipv4/inetpeer.c`). The embedded proxy is a process without rights: where nothing listens it is the kernel that
refuses, without a limit, and nothing tells a process how many connections of its Service that were. So a cold start
from 0, or a workload that lost all its pods, shows as failures at once on the embedded cluster where on a real node
most of them are timeouts, or are answered late. `tests/embedded_node` holds the left column.
"""


def page() -> str:
    """The whole page."""
    embedded, local = observed("embedded"), observed("local")
    rows, details = [], []
    for point in POINTS:
        alike = embedded[point.name] == local[point.name]
        reason = DIFFERENCES.get(point.name, "unexplained")
        rows.append(f"| {point.title.rstrip('.')} | {'agree' if alike else f'**differ**: {reason}'} |")
        details.append(_detail(point.title, embedded[point.name], local[point.name]))
    return HEAD + "\n".join(rows) + "\n" + "".join(details) + "".join(map(_release, newer())) + BESIDE


def _release(release: str) -> str:
    """What a newer control plane shows otherwise than the release that the project follows."""
    before, after = observed("local"), newer()[release]
    differ = [point for point in POINTS if before[point.name] != after[point.name]]
    text = f"\n## Kubernetes {release}\n\n{RELEASES[release]}\n\n"
    text += f"{len(POINTS) - len(differ)} of {len(POINTS)} points show what {MINOR} shows.\n"
    for point in differ:
        lines = list(unified_diff(before[point.name], after[point.name], n=0, lineterm=""))[2:]
        shown = [line for line in lines if not line.startswith("@@")]
        text += f"\n{point.title.rstrip('.')}:\n\n```diff\n" + "\n".join(shown) + "\n```\n"
    return text


def _detail(title: str, embedded: list[str], local: list[str]) -> str:
    """What was seen at one point; both columns only where they differ."""
    if embedded == local:
        return f"\n## {title.rstrip('.')}\n\n```text\n" + "\n".join(local) + "\n```\n"
    return (
        f"\n## {title.rstrip('.')}\n\nReal:\n\n```text\n"
        + "\n".join(local)
        + "\n```\n\nEmbedded:\n\n```text\n"
        + "\n".join(embedded)
        + "\n```\n"
    )
