"""One release of Kubernetes and one table of the HPA controller's flags stand behind everything."""

import re
from dataclasses import asdict
from pathlib import Path

from autoscale.hpa.config import DEFAULTS, RELEASES
from autoscale.kube import release
from autoscale.kube.schema import release as schema_release
from autoscale.record.rows.header import HpaConfig

GO_MOD = Path(__file__).parents[1] / "local_cluster" / "go" / "kubernetes" / "go.mod"


def test_types_words_and_the_local_cluster_are_of_one_release() -> None:
    """The schema, the rule and the programs that `make cluster` builds follow the same Kubernetes."""
    pinned = re.search(r"k8s\.io/kubernetes (v\S+)", GO_MOD.read_text())
    assert pinned is not None
    assert pinned[1] == schema_release() == release.VERSION
    assert release.VERSION.startswith(f"v{release.MINOR}.")
    assert release.MINOR in RELEASES


def test_a_record_names_the_flags_as_the_rule_does() -> None:
    """A header's ``hpa_config`` has every flag of the controller and no other."""
    assert list(HpaConfig.__annotations__) == list(asdict(DEFAULTS))
