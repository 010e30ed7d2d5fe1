"""The other half of the ornaments of covers: what is built, planted or woven."""

import math

from chalicelib.book.dice import Dice
from chalicelib.book.ornaments import (
    LEFT,
    MIDDLE,
    WIDTH,
    Ornament,
    blossom,
    fire,
    moon,
    peaks,
    rays,
    ripples,
    scales,
    sunset,
    tiles,
)
from chalicelib.book.palettes import Palette
from chalicelib.book.shapes import SIDE, Disc, Outline, Shape, box, dome, petal, polygon, wave


def branches(dice: Dice, _: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw three plants with leaves in pairs."""
    reach = SIDE - top
    shapes = []
    for number, (place, high) in enumerate(zip(dice.shuffled((0.18, 0.5, 0.82)), (0.98, 0.86, 0.74), strict=True)):
        x, tall = LEFT + WIDTH * place, reach * high
        pairs, tone = dice.number(4, 5), tones[number]
        stem = box(x - 11, SIDE - tall * 0.82, x + 11, SIDE)
        leaves: list[Outline] = []
        for pair in range(pairs):
            y = SIDE - tall * (0.06 + 0.76 * (pair + 0.4) / pairs)
            long = tall * (0.46 - 0.06 * pair)
            leaves += [petal((x, y), long, long * 0.6, angle) for angle in (-0.7, math.pi + 0.7)]
        leaves.append(petal((x, SIDE - tall * 0.76), tall * 0.24, tall * 0.15, -math.pi / 2))
        shapes.append(Shape(tone, [stem, *leaves]))
    return shapes


def arches(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw gates within gates."""
    count = dice.number(1, 4)
    widths = (1.0, dice.between(0.76, 0.86), dice.between(0.6, 0.7), dice.between(0.44, 0.52), dice.between(0.28, 0.38))
    half = WIDTH / count / 2
    reach = SIDE - top
    parts = [tones[0], palette.ground, tones[1], palette.ground, tones[2]]
    shapes = []
    for number, tone in enumerate(parts):
        part = widths[number]
        radius = min(half * 0.94, reach * 0.94) * part
        walls = max(0.0, (reach - min(half * 0.94, reach * 0.94)) * (0.4 + 0.6 * part))
        middles = [LEFT + half * (2 * place + 1) for place in range(count)]
        shapes.append(Shape(tone, [dome(x, SIDE, radius, walls) for x in middles]))
    light = min(half, reach) * 0.12
    shapes.append(
        Shape(palette.ink, [Disc(LEFT + half * (2 * place + 1), SIDE - light * 1.1, light) for place in range(count)])
    )
    return shapes


def sea(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw waves under a small sun."""
    reach, count = SIDE - top, dice.number(4, 6)
    radius = reach * dice.between(0.2, 0.26)
    shapes = [Shape(tones[0], [Disc(LEFT + WIDTH * dice.between(0.55, 0.8), top + radius, radius)])]
    order = [tones[2], palette.ink, tones[1]]
    crests = dice.number(3, 5)
    for number in range(count):
        level = top + reach * (0.34 + 0.66 * number / count)
        high = reach * 0.075
        shift = dice.between(0, 1)
        points = [
            (LEFT + WIDTH * (place - 1 + shift) / crests, level + (high if place % 2 else -high))
            for place in range(crests + 3)
        ]
        shapes.append(Shape(order[number % 3], [wave(points, SIDE)]))
    return shapes


def town(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw houses side by side, some with light in their windows."""
    walls: dict[str, list[Outline]] = {tone: [] for tone in tones}
    roofs: list[Outline] = []
    windows: list[Outline] = []
    dark: list[Outline] = []
    reach, count = SIDE - top, dice.number(4, 6)
    wide = WIDTH / count
    tallest = dice.number(0, count - 1)
    for number in range(count):
        x, gable = LEFT + number * wide, wide * dice.between(0.5, 0.8)
        eaves = top + gable if number == tallest else SIDE - (reach - gable) * dice.between(0.45, 0.85)
        walls[tones[number % 3]].append(box(x, eaves, x + wide, SIDE))
        roofs.append(polygon([(x, eaves), (x + wide / 2, eaves - gable), (x + wide, eaves)]))
        size = wide * 0.2
        for row in range(int((SIDE - eaves - size * 0.6) / (size * 2))):
            for column in (0.3, 0.7):
                y = eaves + size * (0.7 + row * 2)
                pane = box(x + wide * column - size / 2, y, x + wide * column + size / 2, y + size * 1.2)
                lit = dice.apart(number, row, round(column * 10)).part() < 0.5
                (windows if lit else dark).append(pane)
    return [
        *(Shape(tone, outlines) for tone, outlines in walls.items()),
        Shape(palette.ink, [*roofs, *windows]),
        Shape(palette.ground, dark),
    ]


def harlequin(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw diamonds, as on a costume."""
    across = dice.number(3, 5)
    wide = WIDTH / across
    high = wide * dice.between(1.2, 1.7)
    found: dict[str, list[Outline]] = {tone: [] for tone in tones}
    hearts: list[Outline] = []
    rows = math.ceil((SIDE - top) / (high / 2)) + 1
    for row in range(rows):
        y = top + high / 2 + row * high / 2
        for column in range(across + 1):
            x = LEFT + wide * (column + (0.5 if row % 2 == 0 else 0.0))
            tone = tones[(column + row // 2 + (row % 2) * 2) % 3]
            found[tone].append(_diamond(x, y, wide * 0.47, high * 0.47))
            hearts.append(_diamond(x, y, wide * 0.16, high * 0.16))
    return [*(Shape(tone, outlines) for tone, outlines in found.items()), Shape(palette.ground, hearts)]


def _diamond(x: float, y: float, half: float, tall: float) -> Outline:
    return polygon([(x, y - tall), (x + half, y), (x, y + tall), (x - half, y)])


def fan(dice: Dice, palette: Palette, tones: list[str], top: float) -> list[Shape]:
    """Draw a palm of long leaves from one root."""
    reach, count = SIDE - top, dice.number(4, 6) * 2 + 1
    root = (MIDDLE + dice.between(-120, 120), SIDE + 30.0)
    shapes = []
    for number in range(count):
        angle = math.pi * (1 + (number + 0.5) / count)
        long = (reach + 20) * (1.0 if number % 2 == 0 else 0.8)
        shapes.append(Shape(tones[number % 3], [petal(root, long, reach * 3.1 / count, angle)]))
    return [*shapes, Shape(palette.ink, [Disc(root[0], SIDE, reach * 0.11)])]


ORNAMENTS: tuple[Ornament, ...] = (
    sunset, moon, blossom, scales, rays, tiles, ripples, peaks, fire, branches, arches, sea, town, harlequin, fan,
)  # fmt: skip
