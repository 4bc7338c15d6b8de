"""The growth of costs as a picture: SVG by hand, since it is four lines and no library is worth that."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

WIDTH: Final = 360
HEIGHT: Final = 250
LEFT: Final = 58
BOTTOM: Final = 44
TOP: Final = 34
Points = Sequence[tuple[float, float]]


def growth_plot(steps: Sequence[Mapping[str, Any]]) -> str:
    """Three panels over the number of integrations, both axes logarithmic: a straight line of slope one is linear."""
    panels: tuple[tuple[str, Callable[[Mapping[str, Any]], float]], ...] = (
        ("start until all are reconciled, s", lambda step: step["restart"]["seconds"]),
        ("resident memory, MB", lambda step: step["idle"]["megabytes"]),
        ("CPU at rest, % of one processor", lambda step: step["idle"]["cpu_percent"]),
    )
    drawn = (
        _panel(number, title, [(step["integrations"], max(0.01, figure(step))) for step in steps])
        for number, (title, figure) in enumerate(panels)
    )
    size = f'width="{3 * WIDTH}" height="{HEIGHT}" viewBox="0 0 {3 * WIDTH} {HEIGHT}"'
    style = "text{font:12px sans-serif;fill:#24292f}.axis{stroke:#8c959f}.grid{stroke:#d0d7de}"
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{style}</style>\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _panel(number: int, title: str, points: Points) -> str:
    across, up = _scale([x for x, _ in points]), _scale([y for _, y in points])
    left, right, top, bottom = LEFT, WIDTH - 16, TOP, HEIGHT - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return left + across(x) * (right - left), bottom - up(y) * (bottom - top)

    lines = [f'<g transform="translate({number * WIDTH},0)">', f'<text x="{left}" y="20">{title}</text>']
    for x in _decades([x for x, _ in points]):
        px = at(x, points[0][1])[0]
        lines.append(f'<line class="grid" x1="{px:.1f}" y1="{top}" x2="{px:.1f}" y2="{bottom}"/>')
        lines.append(f'<text x="{px:.1f}" y="{bottom + 16}" text-anchor="middle">{x:,.0f}</text>')
    for y in _decades([y for _, y in points]):
        py = at(points[0][0], y)[1]
        lines.append(f'<line class="grid" x1="{left}" y1="{py:.1f}" x2="{right}" y2="{py:.1f}"/>')
        lines.append(f'<text x="{left - 6}" y="{py + 4:.1f}" text-anchor="end">{y:g}</text>')
    lines.append(f'<path class="axis" fill="none" d="M{left} {top}V{bottom}H{right}"/>')
    places = [at(x, y) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    lines.append(f'<polyline points="{path}" fill="none" stroke="#0969da" stroke-width="2"/>')
    lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#0969da"/>' for x, y in places]
    lines.append(f'<text x="{(left + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">integrations</text></g>')
    return "\n".join(lines)


def _decades(values: Sequence[float]) -> Iterator[float]:
    low, high = _ends(values)
    yield from (10.0**power for power in range(low, high + 1))


def _ends(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _scale(values: Sequence[float]) -> Callable[[float], float]:
    low, high = _ends(values)
    return lambda value: (math.log10(value) - low) / (high - low)
