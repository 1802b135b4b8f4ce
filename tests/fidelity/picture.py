"""docs/pictures/fidelity.svg: the ready pods of every run over each other, one panel a scenario."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tests.fidelity.measured import PLATFORMS, Curve, Platform, Run

COLOURS: dict[Platform, str] = {"embedded": "#d9730d", "local": "#1f5fbf"}
NAMES: dict[Platform, str] = {"embedded": "embedded", "local": "real"}
LEFT, WIDTH, TOP, HEIGHT, PITCH = 44.0, 620.0, 56.0, 120.0, 178.0
_SHIFT = 1.2  # pixels that the two platforms lie apart, so that equal curves are both seen

STYLE = (
    "text{font:12px sans-serif;fill:#333}.name{font-weight:bold}.small{font-size:11px;fill:#666}.load{fill:#ececec}"
    ".grid{stroke:#ddd;stroke-width:1}.run{fill:none;stroke-width:2;stroke-linejoin:round}"
)


def svg(runs: Sequence[Run]) -> str:
    """The whole picture; runs that are not valid are dashed, runs without a curve are left out."""
    scenarios = sorted({run.scenario for run in runs})
    height = TOP + PITCH * len(scenarios)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height:g}" role="img">',
        "<title>Ready pods over time, embedded and real cluster</title>",
        f'<style>{STYLE}</style><rect width="720" height="{height:g}" fill="#fff"/>',
        *_legend(),
    ]
    for place, scenario in enumerate(scenarios):
        parts += _panel(scenario, [run for run in runs if run.scenario == scenario], TOP + PITCH * place)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    parts = []
    for place, platform in enumerate(PLATFORMS):
        x = LEFT + 110 * place
        parts.append(f'<path class="run" stroke="{COLOURS[platform]}" d="M{x:g} 18h24"/>')
        parts.append(f'<text x="{x + 30:g}" y="22">{NAMES[platform]}</text>')
    x = LEFT + 220
    parts.append(f'<path class="run" stroke="#888" stroke-dasharray="5 4" d="M{x:g} 18h24"/>')
    parts.append(f'<text x="{x + 30:g}" y="22">not valid</text>')
    parts.append(f'<rect class="load" x="{x + 110:g}" y="11" width="24" height="14"/>')
    parts.append(f'<text x="{x + 140:g}" y="22">load</text>')
    return parts


def _panel(scenario: str, runs: Sequence[Run], top: float) -> list[str]:
    """One scenario: axes, the planned load as an area, a line for every run."""
    drawn = [run for run in runs if run.figures.ready and run.figures.load_s]
    parts = [f'<text class="name" x="{LEFT:g}" y="{top:g}">{scenario}</text>']
    if not drawn:
        return [*parts, f'<text class="small" x="{LEFT:g}" y="{top + 30:g}">no run left a curve</text>']
    seconds = max(run.figures.load_s or 0.0 for run in drawn)
    most = int(max(_values(run.figures.ready for run in drawn), default=1.0)) + 1
    floor = top + 14 + HEIGHT
    across, up = WIDTH / seconds, HEIGHT / most
    area, label = _load(drawn[0].figures.rate, across, floor)
    parts += [area, *_axes(seconds, most, across, up, floor), label]
    for run in drawn:
        shift = _SHIFT if run.platform == "local" else -_SHIFT
        dash = "" if run.counts else ' stroke-dasharray="5 4"'
        path = line(run.figures.ready, run.figures.load_s or 0.0, across, up, floor + shift)
        parts.append(f'<path class="run" stroke="{COLOURS[run.platform]}"{dash} d="{path}"/>')
    return parts


def _values(curves: Iterable[Curve]) -> list[float]:
    return [value for curve in curves for _, value in curve if value is not None]


def _axes(seconds: float, most: int, across: float, up: float, floor: float) -> list[str]:
    """Lines and numbers at whole pods, and every 30 s."""
    parts = []
    for pods in range(0, most + 1, 1 if most <= 6 else 2):
        y = floor - pods * up
        parts.append(f'<path class="grid" d="M{LEFT:g} {y:.1f}h{WIDTH:g}"/>')
        parts.append(f'<text class="small" x="{LEFT - 8:g}" y="{y + 4:.1f}" text-anchor="end">{pods}</text>')
    for second in range(0, int(seconds) + 1, 30):
        x = LEFT + second * across
        parts.append(f'<text class="small" x="{x:.1f}" y="{floor + 16:.1f}" text-anchor="middle">{second} s</text>')
    return parts


def _load(rate: Curve, across: float, floor: float) -> tuple[str, str]:
    """The planned rate as an area, three quarters of the panel high, and its highest rate in words."""
    known = [(time, value) for time, value in rate if value is not None]
    highest = max((value for _, value in known), default=0.0)
    if not highest:
        return "", ""
    points = [(LEFT + time * across, floor - value / highest * HEIGHT * 0.75) for time, value in known]
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    ends = f"{points[-1][0]:.1f},{floor:.1f} {points[0][0]:.1f},{floor:.1f}"
    x, y = min(points, key=lambda point: point[1])
    label = f'<text class="small" x="{x:.1f}" y="{y - 4:.1f}">{highest:g} requests/s</text>'
    return f'<polygon class="load" points="{text} {ends}"/>', label


def line(curve: Curve, end: float, across: float, up: float, floor: float) -> str:
    """The path of a step curve until ``end`` (s); it breaks off where the value is not known."""
    parts, drawing = [], False
    for (since, value), (until, _) in pairwise([*curve, (end, None)]):
        if value is None:
            drawing = False
            continue
        x, y = LEFT + since * across, floor - value * up
        parts.append(f"{'L' if drawing else 'M'}{x:.1f} {y:.1f}H{LEFT + until * across:.1f}")
        drawing = True
    return "".join(parts)
