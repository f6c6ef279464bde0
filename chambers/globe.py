"""Places on a plain grid: dots, and the shortest ways between them. No borders, no outlines.

Longitude and latitude are drawn as they are (plate carrée), with a meridian of choice in the
middle, so that the ways from one company seldom leave the picture on one side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 330.0  # of a picture, in units of its own
NORTH, SOUTH = 78.0, -57.0  # degrees; nobody trades beyond them
STEP = 6.0  # degrees of arc between the points of a way


@dataclass(frozen=True)
class Spot:
    """A point on earth in degrees: north and east are positive."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Grid:
    """A picture with ``middle`` degrees of longitude in its middle."""

    middle: float = 0.0

    def x(self, longitude: float) -> float:
        """Units from the left, 0 to WIDTH."""
        return ((longitude - self.middle + 180.0) % 360.0) / 360.0 * WIDTH

    def y(self, latitude: float) -> float:
        """Units from the top, 0 to HEIGHT; what lies beyond is drawn on the edge."""
        inside = min(max(latitude, SOUTH), NORTH)
        return (NORTH - inside) / (NORTH - SOUTH) * HEIGHT

    def meridians(self, every: int = 30) -> list[float]:
        """Where lines of equal longitude stand, from the left."""
        return sorted(self.x(float(degrees)) for degrees in range(-180, 180, every))

    def parallels(self, every: int = 30) -> list[float]:
        """Where lines of equal latitude stand, from the top."""
        first = math.ceil(SOUTH / every) * every
        return [self.y(float(degrees)) for degrees in range(first, int(NORTH) + 1, every)][::-1]

    def way(self, start: Spot, end: Spot) -> list[str]:
        """The shortest way between two spots, as ``points`` of polylines.

        Two of them where it leaves the picture on one side and enters on the other.
        """
        parts: list[list[tuple[float, float]]] = [[]]
        for spot in great_circle(start, end):
            point = (self.x(spot.longitude), self.y(spot.latitude))
            if parts[-1] and abs(parts[-1][-1][0] - point[0]) > WIDTH / 2:
                parts.append([])
            parts[-1].append(point)
        return [" ".join(f"{x:.1f},{y:.1f}" for x, y in part) for part in parts if len(part) > 1]


def centred_on(spot: Spot) -> Grid:
    """The grid with a spot's meridian, to the nearest 15 degrees, in the middle."""
    return Grid(round(spot.longitude / 15.0) * 15.0)


def great_circle(start: Spot, end: Spot) -> list[Spot]:
    """Points of the shortest way on a sphere, both ends among them; one point for no way."""
    a, b = _vector(start), _vector(end)
    angle = math.acos(min(1.0, max(-1.0, sum(p * q for p, q in zip(a, b, strict=True)))))
    if angle < 1e-6:
        return [start]
    pieces = max(2, math.ceil(math.degrees(angle) / STEP))
    if math.pi - angle < 1e-4:  # to the antipode every way is as short: over the nearer pole
        pole = Spot(90.0 if start.latitude + end.latitude >= 0 else -90.0, start.longitude)
        return [*great_circle(start, pole), *great_circle(pole, end)[1:]]
    sine = math.sin(angle)
    found = []
    for number in range(pieces + 1):
        share = number / pieces
        first, second = math.sin((1 - share) * angle) / sine, math.sin(share * angle) / sine
        found.append(_spot([first * p + second * q for p, q in zip(a, b, strict=True)]))
    return found


def _vector(spot: Spot) -> tuple[float, float, float]:
    latitude, longitude = math.radians(spot.latitude), math.radians(spot.longitude)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )


def _spot(vector: Sequence[float]) -> Spot:
    x, y, z = vector
    return Spot(
        math.degrees(math.atan2(z, math.hypot(x, y))),
        math.degrees(math.atan2(y, x)),
    )
