"""An embedded cluster for the tests that knock at a real door."""

import sys
from collections.abc import Iterator

import pytest

from autoscale.cluster.client import Cluster, connect
from autoscale.embedded.launch import process
from autoscale.embedded.settings import quick
from tests.conftest import need


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An embedded cluster of the file's own."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        running = process.start("door", quick(), bound=True)
        try:
            with connect("embedded", running.kubeconfig) as opened:
                yield opened
        finally:
            running.stop()
