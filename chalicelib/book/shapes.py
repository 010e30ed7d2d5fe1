"""What a cover is drawn with: filled outlines of straight lines and cubic curves, on a square of 1200 units."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

SIDE = 1200

Point = tuple[float, float]
Curve = tuple[Point, ...]
"""One point: a straight line to it. Three: a cubic curve with two control points, and its end."""


class Outline(msgspec.Struct, frozen=True):
    """A closed outline that begins at `start`."""

    start: Point
    curves: list[Curve]


class Disc(msgspec.Struct, frozen=True):
    """A circle around (x, y)."""

    x: float
    y: float
    radius: float


class Shape(msgspec.Struct, frozen=True):
    """Outlines of one colour (#rrggbb), each filled by itself."""

    fill: str
    outlines: Sequence[Outline | Disc]


_KAPPA = 4 / 3 * math.tan(math.pi / 8)
"""How far the control points of a quarter circle lie from its ends, as a part of the radius."""


def polygon(points: Sequence[Point]) -> Outline:
    """Return an outline with straight sides."""
    return Outline(points[0], [(point,) for point in points[1:]])


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """Return a rectangle."""
    return polygon([(left, top), (right, top), (right, bottom), (left, bottom)])


def dome(x: float, y: float, radius: float, high: float = 0.0) -> Outline:
    """Return an arch: the upper half of a circle on a base line at y, with walls of a height under it."""
    k = radius * _KAPPA
    top = y - high
    return Outline(
        (x - radius, y),
        [
            ((x - radius, top),),
            ((x - radius, top - k), (x - k, top - radius), (x, top - radius)),
            ((x + k, top - radius), (x + radius, top - k), (x + radius, top)),
            ((x + radius, y),),
        ],
    )


def quarter(corner: Point, size: float, turn: int) -> Outline:
    """Return a quarter disc that fills a square of a size: its centre is the square's corner number `turn`, clockwise
    from the upper left, where `corner` is."""
    x, y = corner
    place = [(0.0, 0.0), (size, 0.0), (size, size), (0.0, size)]
    ends = [place[(turn + 1) % 4], place[(turn + 3) % 4]]
    centre = place[turn % 4]
    (ax, ay), (bx, by) = ends
    cx, cy = centre
    first = (ax + (bx - cx) * _KAPPA, ay + (by - cy) * _KAPPA)
    second = (bx + (ax - cx) * _KAPPA, by + (ay - cy) * _KAPPA)
    return Outline(
        (x + cx, y + cy),
        [
            ((x + ax, y + ay),),
            ((x + first[0], y + first[1]), (x + second[0], y + second[1]), (x + bx, y + by)),
        ],
    )


def petal(root: Point, length: float, width: float, angle: float) -> Outline:
    """Return a leaf from its root to its tip; `angle` in radians, 0 to the right and growing clockwise."""
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))

    def at(far: float, aside: float) -> Point:
        return (root[0] + along[0] * far + across[0] * aside, root[1] + along[1] * far + across[1] * aside)

    return Outline(
        root,
        [
            (at(length * 0.3, width * 0.66), at(length * 0.75, width * 0.5), at(length, 0)),
            (at(length * 0.75, -width * 0.5), at(length * 0.3, -width * 0.66), root),
        ],
    )


def drop(x: float, bottom: float, width: float, height: float, lean: float = 0.0) -> Outline:
    """Return a flame that stands on `bottom`; `lean` moves its tip aside."""
    half, tip = width / 2, (x + lean, bottom - height)

    def at(aside: float, up: float) -> Point:
        return (x + half * aside, bottom - height * up)

    return Outline(
        (x, bottom),
        [
            (at(1.1, 0), at(1.35, 0.42), at(0.55, 0.62)),
            (at(0.25, 0.74), (x + lean * 0.8, bottom - height * 0.84), tip),
            ((x - half * 0.2 + lean * 0.2, bottom - height * 0.8), at(-1.75, 0.5), at(-1, 0.2)),
            (at(-0.75, 0.05), at(-0.4, 0), (x, bottom)),
        ],
    )


def wave(points: Sequence[Point], bottom: float) -> Outline:
    """Return what lies between a smooth line through the points, from left to right, and `bottom`."""
    curves: list[Curve] = [(points[0],)]
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (x + to_x) / 2
        curves.append(((middle, y), (middle, to_y), (to_x, to_y)))
    return Outline((points[0][0], bottom), [*curves, ((points[-1][0], bottom),)])


def sector(centre: Point, radius: float, begin: float, end: float) -> Outline:
    """Return a ray: a wedge between two angles in radians, with a straight outer side."""
    x, y = centre
    ends = [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in (begin, end)]
    return polygon([centre, *ends])


def mirrored(shapes: Iterable[Shape], axis: float) -> list[Shape]:
    """Return the shapes mirrored at the vertical line x = axis."""

    def over(point: Point) -> Point:
        return (2 * axis - point[0], point[1])

    def turned(one: Outline | Disc) -> Outline | Disc:
        if isinstance(one, Disc):
            return Disc(2 * axis - one.x, one.y, one.radius)
        return Outline(over(one.start), [tuple(over(point) for point in curve) for curve in one.curves])

    return [Shape(shape.fill, [turned(one) for one in shape.outlines]) for shape in shapes]
