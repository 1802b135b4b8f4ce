"""Runs under the real KEDA and the real Vertical Pod Autoscaler: each first screen names the slow phase and the cause.

``make test-addons`` starts both; their programs take a quarter of an hour to build, so no other target runs these.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from autoscale.base.resources import manifests
from autoscale.report.answers.four import answers
from autoscale.report.gather import Account, gather
from tests.conftest import need
from tests.local_cluster import prometheus
from tests.local_cluster.client import Kubectl
from tests.local_cluster.test_cluster_run import run

pytestmark = [pytest.mark.addon, pytest.mark.usefixtures("with_images")]
EXAMPLES = manifests() / "examples"
CLOCK = """
name: by-the-clock
target: {manifests: .}
load:
  shape: {kind: constant, rate: 4, duration: 180s}
requests:
  - {name: work, path: "/work?cpu_ms=5", timeout: 5s}
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The folder of ``scale-from-zero``, to be changed."""
    return Path(shutil.copytree(EXAMPLES / "scale-from-zero", tmp_path / "example"))


def account(tmp_path: Path, scenario: Path, namespace: str) -> Account:
    """What a run of a scenario says."""
    return gather(run(tmp_path, str(scenario), namespace)[2])


def test_keda_wakes_a_target_by_its_own_endpoint_and_puts_it_to_sleep(
    kubectl: Kubectl, namespace: str, example: Path, tmp_path: Path
) -> None:
    """``metrics-api`` on the app's own endpoint, 0 to n to 0: the cold start is the phase to speak of."""
    file = example / "scaledobject.yaml"
    file.write_text(file.read_text().replace("http://web.default.svc", f"http://web.{namespace}.svc"))
    said = account(tmp_path, example / "scenario.yaml", namespace)
    first, last = said.analysis.scale_events[0], said.analysis.scale_events[-1]
    assert (first.before, first.by, last.after, last.by) == (0, "keda", 0, "keda")
    assert any("http_requests_in_progress" in (one.reason or "") for one in said.analysis.scale_events)
    assert answers(said)[2].details[0].startswith("In the cold start 0 → 1")


def test_keda_wakes_a_target_by_the_clock(kubectl: Kubectl, namespace: str, example: Path, tmp_path: Path) -> None:
    """A ``cron`` trigger that begins within the load: until then requests fail, and KEDA is who woke it."""
    file = example / "scaledobject.yaml"
    scaled = yaml.safe_load(file.read_text())
    # The clock has whole minutes: this one comes in 90 to 150 s, after the load's begin and before its end.
    soon = datetime.now(UTC) + timedelta(seconds=150)
    begins = [(soon + timedelta(minutes=minutes)).strftime("%-M %-H * * *") for minutes in (0, 30)]
    times = {"timezone": "Etc/UTC", "start": begins[0], "end": begins[1], "desiredReplicas": "2"}
    scaled["spec"]["triggers"] = [{"type": "cron", "name": "hours", "metadata": times}]
    file.write_text(yaml.safe_dump(scaled))
    (example / "scenario.yaml").write_text(CLOCK)
    said = account(tmp_path, example / "scenario.yaml", namespace)
    first = said.analysis.scale_events[0]
    assert (first.before, first.by) == (0, "keda")
    assert "cron" in (first.reason or "")
    assert "F38" in {finding.id for finding in said.findings}
    assert answers(said)[2].headline.startswith("Until KEDA woke the target")


# Of the load generator's pods Prometheus knows that they are there: somebody is to be served. Then requests a second.
QUERIES = {
    "clients": ('count(up{{job="clients",namespace="{0}"}}) or vector(0)', "10"),
    "requests": ('sum(rate(http_request_duration_seconds_count{{namespace="{0}"}}[20s])) or vector(0)', "12"),
}


def test_keda_wakes_a_target_by_prometheus_and_puts_it_to_sleep(
    kubectl: Kubectl, namespace: str, example: Path, tmp_path: Path
) -> None:
    """Two ``prometheus`` triggers on a real Prometheus, 0 to n to 0: the HPA adds pods by requests per second."""
    file = example / "scaledobject.yaml"
    scaled = yaml.safe_load(file.read_text())
    scaled["spec"]["triggers"] = [
        {
            "type": "prometheus",
            "name": name,
            "metadata": {"serverAddress": prometheus.URL, "query": query.format(namespace), "threshold": threshold},
        }
        for name, (query, threshold) in QUERIES.items()
    ]
    file.write_text(yaml.safe_dump(scaled))
    said = account(tmp_path, example / "scenario.yaml", namespace)
    events = said.analysis.scale_events
    assert (events[0].before, events[0].by, events[-1].after, events[-1].by) == (0, "keda", 0, "keda")
    assert any(one.by == "hpa" and "s1-prometheus" in (one.reason or "") for one in events)
    assert answers(said)[2].details[0].startswith("In the cold start 0 → 1")
    assert "F40" not in {finding.id for finding in said.findings}


def test_vpa_and_hpa_on_one_resource_are_found_by_name(kubectl: Kubectl, namespace: str, tmp_path: Path) -> None:
    """The load does not change; the VPA resizes the pods, the HPA's ratio follows, and F42 is the first word."""
    said = account(tmp_path, EXAMPLES / "scale-both-ways" / "scenario.yaml", namespace)
    assert any("by the VPA" in one.words for one in said.analysis.interventions if one.kind == "resize")
    assert answers(said)[3].headline == "VPA and HPA act on the same resource"


def test_karpenter_adds_real_nodes_under_load_and_takes_them_away(
    kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    """From one node to three and back, each a kubelet and containerd of its own: the wait for them is a row of phases
    that add up, and the first screen speaks of nodes, not of the HPA."""
    cores = kubectl.json("get", "node", "local")["status"]["allocatable"]["cpu"]
    need(int(cores) <= 2, f"the example fills a first node of 2 cores; this one has {cores}")
    said = account(tmp_path, EXAMPLES / "scale-by-nodes" / "real.yaml", namespace)
    came = [node for node in said.analysis.node_lives if node.came is not None]
    assert len(came) == 2
    for node in came:
        assert (node.cpu_m, node.instance, node.price_class) == (1000, "small", "on-demand")
        assert None not in (node.ready, node.gone)
        assert (node.for_whom or "").startswith("Pod/web-")
        assert (node.why_gone or "").startswith("DisruptionTerminating")
    waited = [growth for growth in said.analysis.scale_ups if "node there" in {phase.name for phase in growth.phases}]
    assert waited
    for growth in waited:
        assert sum(phase.duration_s or 0.0 for phase in growth.phases) == pytest.approx(growth.total_s)
    assert "F14" in {finding.id for finding in said.findings}
    assert answers(said)[3].headline == "Pods found no node"
