"""docs/contract.md: point by point, where the embedded and a real cluster agree and differ. Made from what was seen."""

from tests.contract.platforms import observed
from tests.contract.points import POINTS

# point -> why the two differ.
DIFFERENCES = {
    "api-errors": "the embedded server names what it does not serve, and words a wrong selector in its own way",
}

HEAD = """# Embedded and real, point by point

Made by `python -m tests.docs.generate` from what the contract tests saw (`tests/contract/observed/`); do not edit.
The same workloads were applied to the embedded cluster and to a real one-node Kubernetes 1.35, through the same client,
and each point was read from what the API server published. Times are left out: order and words count.

| point | embedded and real |
| --- | --- |
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
    return HEAD + "\n".join(rows) + "\n" + "".join(details)


def _detail(title: str, embedded: list[str], local: list[str]) -> str:
    """What was seen at one point; both columns only where they differ."""
    if embedded == local:
        return f"\n## {title.rstrip('.')}\n\n```text\n" + "\n".join(local) + "\n```\n"
    return (
        f"\n## {title.rstrip('.')}\n\nReal:\n\n```text\n" + "\n".join(local) + "\n```\n\nEmbedded:\n\n```text\n"
        + "\n".join(embedded) + "\n```\n"
    )  # fmt: skip
