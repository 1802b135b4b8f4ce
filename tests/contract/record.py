"""Write down what a platform shows now: ``python -m tests.contract.record embedded`` (or ``local``)."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.contract.platforms import OBSERVED, PLATFORMS, name_of, world_on
from tests.contract.points import POINTS, Point
from tests.contract.world import World


def observe(world: World, point: Point) -> list[str]:
    """What one point shows; a point that did not come says so."""
    try:
        return point.observe(world)
    except AssertionError as error:
        return [f"not seen: {error}"]


def main(platform: str) -> None:
    """Observe every point and write tests/contract/observed/PLATFORM.json."""
    with world_on(platform) as world, ThreadPoolExecutor(len(POINTS)) as pool:
        seen = dict(zip((p.name for p in POINTS), pool.map(lambda p: observe(world, p), POINTS), strict=True))
    OBSERVED.mkdir(exist_ok=True)
    (OBSERVED / f"{name_of(platform)}.json").write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(seen, indent=1))


if __name__ == "__main__":
    if sys.argv[1:] not in [[platform] for platform in PLATFORMS]:
        sys.exit(f"usage: python -m tests.contract.record {'|'.join(PLATFORMS)}")
    main(sys.argv[1])
