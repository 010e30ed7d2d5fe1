"""The ornaments of covers. Each fills the lower part of the square from `top` down, over its edges where it likes."""

import math
from collections.abc import Callable

from chalicelib.book.dice import Dice
from chalicelib.book.palettes import Palette
from chalicelib.book.shapes import (
    SIDE,
    Disc,
    Outline,
    Shape,
    box,
    drop,
    petal,
    polygon,
    quarter,
    sector,
    wave,
)

LEFT = 60.0
"""Where the spine ends, and the picture begins."""

WIDTH = SIDE - LEFT
MIDDLE = LEFT + WIDTH / 2

Ornament = Callable[[Dice, Palette, list[str], float], list[Shape]]
"""Draws with numbers, the palette, its tones in an order of the story's, and the highest y."""


def sunset(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a sun in its rings behind hills."""
    x, rings = dice.between(LEFT + WIDTH * 0.35, LEFT + WIDTH * 0.65), dice.number(3, 4)
    radius = min(WIDTH * 0.46, (SIDE - top) * 0.72)
    y = top + radius
    shapes = [
        Shape(palette.ground if ring % 2 else tones[0], [Disc(x, y, radius * (1 - ring * 0.86 / rings / 1.4))])
        for ring in range(rings * 2 - 1)
    ]
    for number, tone in ((0, tones[2]), (1, tones[1])):
        level = SIDE - (SIDE - top) * (0.36 - 0.19 * number)
        swing = (SIDE - level) * 0.5 * (1 if number else -1)
        points = [(LEFT + WIDTH * part / 3, level + swing * (-1) ** part * dice.between(0.3, 0.8)) for part in range(4)]
        shapes.append(Shape(tone, [wave(points, SIDE)]))
    return shapes


def moon(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a crescent among stars."""
    radius = min(WIDTH * 0.36, (SIDE - top) * 0.44)
    x, y = LEFT + WIDTH * dice.between(0.4, 0.6), (top + SIDE) / 2
    aside, up = radius * dice.between(0.35, 0.5), radius * dice.between(0.1, 0.25)
    stars = []
    for number in range(dice.number(9, 13)):
        angle = number * 2.4 + dice.between(-0.3, 0.3)
        far = radius * dice.between(1.2, 1.9)
        star = (x + far * math.cos(angle) * 1.15, y + far * math.sin(angle) * 0.8)
        size = dice.between(14, 40)
        if LEFT + 50 < star[0] < SIDE - 50 and top + size < star[1] < SIDE - 50:
            stars.append(_star(*star, size))
    return [
        Shape(tones[2], stars),
        Shape(tones[0], [Disc(x, y, radius)]),
        Shape(palette.ground, [Disc(x + aside, y - up, radius * 0.86)]),
        Shape(tones[1], [_star(x + aside * 1.15, y - up, radius * 0.3)]),
    ]


def _star(x: float, y: float, size: float) -> Outline:
    points = []
    for number in range(8):
        far, angle = (size if number % 2 == 0 else size * 0.34), number * math.pi / 4
        points.append((x + far * math.sin(angle), y - far * math.cos(angle)))
    return polygon(points)


def blossom(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a large flower, two rings of petals around an eye."""
    reach = (SIDE - top) * dice.between(0.62, 0.78)
    x, y = LEFT + WIDTH * dice.between(0.42, 0.58), top + reach
    count, turn = dice.number(4, 7) * 2, dice.between(0, math.tau)

    def ring(length: float, width: float, offset: float) -> list[Outline]:
        return [petal((x, y), length, width, turn + (number + offset) * math.tau / count) for number in range(count)]

    full = reach * 1.9 * math.pi / count
    return [
        Shape(tones[0], ring(reach, full, 0)),
        Shape(tones[1], ring(reach * 0.72, full * 0.62, 0.5)),
        Shape(palette.ground, [Disc(x, y, reach * 0.2)]),
        Shape(tones[2], [Disc(x, y, reach * 0.14)]),
    ]


def scales(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw rows of fans, each over the one behind it, as waves were drawn in Japan."""
    across = dice.number(2, 4)
    radius = WIDTH / across / 2
    step = radius * dice.between(0.46, 0.62)
    rows = math.ceil((SIDE - top) / step) + 1
    inner = dice.between(0.56, 0.76)
    parts = [(1.0, palette.ground), (0.93, tones[0]), (inner, tones[1]), (0.42, palette.ground), (0.3, tones[2])]
    shapes = []
    for row in range(rows):
        y = top + radius + row * step
        shift = 0.0 if row % 2 else radius
        centres = [LEFT + shift + number * 2 * radius for number in range(across + 1)]
        shapes += [Shape(tone, [Disc(x, y, radius * part) for x in centres]) for part, tone in parts]
    return shapes


def rays(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a half sun on the lower edge, and its rays."""
    x = LEFT + WIDTH * dice.one_of((0.5, 0.5, 0.3, 0.7))
    count, reach = dice.number(7, 11), SIDE - top
    step = math.pi / count / 2
    shapes = []
    for number in range(count):
        middle = math.pi * (1 + (number + 0.5) / count)
        long = reach * (1.0 if number % 2 == 0 else 0.8)
        shapes.append(Shape(tones[number % 2], [sector((x, SIDE), long, middle - step * 0.62, middle + step * 0.62)]))
    return [
        *shapes,
        Shape(palette.ground, [Disc(x, SIDE, reach * 0.47)]),
        Shape(tones[2], [Disc(x, SIDE, reach * 0.39)]),
    ]


def tiles(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a floor of square tiles with quarter discs."""
    rows = dice.number(2, 3)
    columns = math.ceil(WIDTH * rows / (SIDE - top))
    size = WIDTH / columns
    found: dict[str, list[Outline]] = {tone: [] for tone in [*tones, palette.ink]}
    grounds: dict[str, list[Outline]] = {tone: [] for tone in tones}
    for row in range(rows):
        for column in range(columns):
            x, y = LEFT + column * size, SIDE - (rows - row) * size
            own = dice.apart(row, column)
            below = own.one_of([*tones, ""])
            above = own.one_of([tone for tone in [*tones, palette.ink] if tone != below])
            if below:
                grounds[below].append(box(x, y, x + size + 1, y + size + 1))
            found[above].append(quarter((x, y), size, own.number(0, 3)))
    return [Shape(tone, outlines) for part in (grounds, found) for tone, outlines in part.items() if outlines]


def ripples(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw rings that widen from a corner."""
    reach, count = SIDE - top, dice.number(4, 5)
    x = SIDE - reach * dice.between(0.0, 0.22)
    order = [tones[0], palette.ground, tones[1], palette.ground, tones[2], palette.ground, tones[0], palette.ground]
    order = [*order[: count * 2 - 2], tones[2] if count == 4 else tones[1]]
    return [Shape(tone, [Disc(x, SIDE, reach * 1.0 * (1 - number / len(order)))]) for number, tone in enumerate(order)]


def peaks(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw mountains with snow, one behind another."""
    reach = SIDE - top
    places = dice.shuffled((0.2, 0.52, 0.84))
    shapes = []
    for number, (place, high) in enumerate(zip(places, (1.0, 0.76, 0.55), strict=True)):
        x, height = LEFT + WIDTH * place, reach * high
        half = height * dice.between(0.62, 0.72)
        peak = SIDE - height
        snow = height * 0.27
        edge = half * snow / height
        cap = [(x, peak), (x + edge, peak + snow), (x + edge * 0.4, peak + snow * 0.72)]
        cap += [(x, peak + snow * 1.12), (x - edge * 0.45, peak + snow * 0.74), (x - edge, peak + snow)]
        shapes.append(Shape(tones[number], [polygon([(x, peak), (x + half, SIDE), (x - half, SIDE)])]))
        shapes.append(Shape(palette.ink, [polygon(cap)]))
    return shapes


def fire(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a fire of three flames."""
    reach = (SIDE - top) * 0.97
    x, lean = MIDDLE + dice.between(-60, 60), dice.between(-50, 50)
    wide = reach * dice.between(0.7, 0.82)
    base = SIDE + reach * 0.06
    outer = [
        drop(x - wide * 0.52, base, wide * 0.6, reach * dice.between(0.5, 0.68), -lean),
        drop(x + wide * 0.52, base, wide * 0.6, reach * dice.between(0.5, 0.68), lean + 20),
        drop(x, base, wide, reach * 1.04, lean),
    ]
    return [
        Shape(tones[1], outer),
        Shape(tones[0], [drop(x + 8, base, wide * 0.68, reach * 0.72, lean * 0.6)]),
        Shape(palette.ink, [drop(x + 12, base, wide * 0.36, reach * 0.42, lean * 0.3)]),
        Shape(tones[2], [Disc(x + wide * part, SIDE - reach * up, 16 + 10 * part) for part, up in _SPARKS]),
    ]


_SPARKS = ((-0.62, 0.86), (0.66, 0.92), (0.86, 0.7), (-0.84, 0.66))
