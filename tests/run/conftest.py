"""What runs are tried on."""

import sys
from collections.abc import Iterator

import pytest

from autoscale.cluster import contexts
from autoscale.cluster.client import connect
from autoscale.embedded.launch import process
from autoscale.embedded.settings import quick
from tests.conftest import need
from tests.run.relay import relayed
from tests.run.shops import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The cluster ``shop``, allowed to receive load."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    home = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        running = process.start("shop", quick(), bound=True)
        try:
            with (
                relayed(running.kubeconfig, home, "shop") as (relay, kubeconfig),
                connect("embedded", running.kubeconfig) as cluster,
            ):
                contexts.allow(contexts.find("shop", kubeconfig))
                yield Shop(cluster, relay, kubeconfig)
        finally:
            running.stop()
