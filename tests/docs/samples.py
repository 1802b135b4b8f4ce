"""The reports under docs/samples/: of runs with each autoscaler, made from their records.

The records are of runs on the local Kubernetes with the real programs (``make keda``, ``make vpa``,
``make karpenter``); nodes: of the embedded cluster.
"""

from pathlib import Path

from autoscale import report

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SAMPLES = {
    "keda": FIXTURES / "told" / "real-keda-from-zero.jsonl.gz",
    "karpenter": FIXTURES / "told" / "real-three-nodes.jsonl.gz",
    "nodes": FIXTURES / "told" / "embedded-one-more-node.jsonl.gz",
    "three-services": FIXTURES / "told" / "real-three-services.jsonl.gz",
    "vpa-and-hpa": FIXTURES / "told" / "real-vpa-and-hpa.jsonl.gz",
}


def pages(folder: Path) -> dict[Path, str]:
    """Each sample and what should stand in it."""
    return {folder / f"{name}.md": report.render(record, "markdown") for name, record in SAMPLES.items()}
