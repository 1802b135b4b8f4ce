"""Write down what a platform shows now: ``python -m tests.contract.record embedded`` (or ``local``; some points)."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.contract.platforms import OBSERVED, PLATFORMS, name_of, observed, world_on
from tests.contract.points import POINTS, Point
from tests.contract.world import World


def observe(world: World, point: Point) -> list[str]:
    """What one point shows; a point that did not come says so."""
    try:
        return point.observe(world)
    except AssertionError as error:
        return [f"not seen: {error}"]


def main(platform: str, names: list[str]) -> None:
    """Observe every point (or those that are named) and write tests/contract/observed/PLATFORM.json."""
    points = [point for point in POINTS if not names or point.name in names]
    empty = all(point.alone for point in points)
    with world_on(platform, empty=empty) as world, ThreadPoolExecutor(len(points)) as pool:
        seen = dict(zip((p.name for p in points), pool.map(lambda p: observe(world, p), points), strict=True))
    OBSERVED.mkdir(exist_ok=True)
    known = observed(name_of(platform)) if names else {}
    whole = {point.name: lines for point in POINTS if (lines := (known | seen).get(point.name))}
    (OBSERVED / f"{name_of(platform)}.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(seen, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] not in [[platform] for platform in PLATFORMS]:
        sys.exit(f"usage: python -m tests.contract.record {'|'.join(PLATFORMS)} [POINT ...]")
    main(sys.argv[1], sys.argv[2:])
