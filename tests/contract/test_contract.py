"""The contract: what each cluster shows is what was written down, and what differs is known by name."""

from collections.abc import Iterator

import pytest

from tests.conftest import need
from tests.contract.platforms import PLATFORMS, name_of, newer, observed, world_on
from tests.contract.points import POINTS, Point
from tests.contract.table import DIFFERENCES
from tests.contract.world import World
from tests.local_cluster import places

pytestmark = pytest.mark.long

MARKED = [pytest.param("embedded"), pytest.param("local", marks=pytest.mark.cluster)]


@pytest.fixture(scope="module", params=MARKED)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def world(platform: str) -> Iterator[World]:
    """The workloads of the contract, applied once for all points: their slow parts pass together."""
    if platform == "local":
        need(places.state().kubeconfig.exists(), "the local cluster is not running: make cluster, or make test-cluster")
    with world_on(platform) as one:
        yield one


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_cluster_shows_what_was_written_down(world: World, platform: str, point: Point) -> None:
    """What a client sees of this point is what it saw when the contract was written down."""
    assert point.observe(world) == observed(name_of(platform))[point.name]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_both_clusters_show_the_same_or_the_difference_has_a_reason(point: Point) -> None:
    """Embedded and real agree at each point; where they do not, the difference is listed with its reason."""
    alike = len({tuple(observed(platform)[point.name]) for platform in PLATFORMS}) == 1
    assert alike != (point.name in DIFFERENCES)


@pytest.mark.parametrize("platform_name", [*PLATFORMS, *(f"local-{release}" for release in newer())])
def test_nothing_was_missed_when_the_contract_was_written_down(platform_name: str) -> None:
    """Every point has lines, and none of them says that its moment did not come."""
    seen = observed(platform_name)
    assert set(seen) == {point.name for point in POINTS}
    assert not [name for name, lines in seen.items() if not lines or any("not seen" in line for line in lines)]
