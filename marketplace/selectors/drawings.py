"""Drawings made on the server: they need no script and print as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 140  # of a chart, in units of its own
MOST_POINTS = 240  # more are not told apart at this width
LEAST_DRAWN = WIDTH / 20  # of the width; a shorter line is a speck in an empty frame


@dataclass(frozen=True)
class Line:
    """One series of a chart."""

    name: str
    style: str
    points: str
    """As ``polyline`` takes them."""
    last: float


@dataclass(frozen=True)
class Chart:
    """Series over seconds on one scale that begins at 0."""

    lines: list[Line]
    top: float
    seconds: float


def chart(
    seconds: Sequence[float], series: Sequence[tuple[str, str, Sequence[float | None]]]
) -> Chart | None:
    """A chart of (name, style, values); None where no line is long enough to be read.

    Each value holds until the next, so lines are steps; one that is not known leaves none.
    """
    if not seconds:
        return None
    every = max(len(seconds) // MOST_POINTS, 1)
    kept = sorted({*range(0, len(seconds), every), len(seconds) - 1})
    longest = seconds[-1] or 1.0
    top = max((value for _n, _s, values in series for value in values if value), default=0) or 1
    known = [at for at in kept if any(values[at] is not None for _n, _s, values in series)]
    if not known or (longest - seconds[known[0]]) / longest * WIDTH < LEAST_DRAWN:
        return None
    lines = [
        Line(name, style, _steps([(seconds[at], values[at]) for at in kept], longest, top), last)
        for name, style, values in series
        if (last := values[-1]) is not None
    ]
    return Chart(lines, top, longest) if any(" " in line.points for line in lines) else None


def _steps(points: Sequence[tuple[float, float | None]], longest: float, top: float) -> str:
    told: list[str] = []
    before: float | None = None
    for second, value in points:
        if value is None:
            continue
        x = second / longest * WIDTH
        if before is not None:
            told.append(f"{x:.1f},{HEIGHT - before / top * HEIGHT:.1f}")
        told.append(f"{x:.1f},{HEIGHT - value / top * HEIGHT:.1f}")
        before = value
    return " ".join(told)
