"""A cover as SVG, for a page: a few kilobytes, and the title in a font of the reader's."""

import hashlib
from html import escape

from chalicelib.book.design import Design, Line
from chalicelib.book.shapes import SIDE, Disc, Outline, Shape

_FONTS = "Vollkorn,Charter,'Bitstream Charter',Georgia,'Noto Serif',serif"


def svg_of(design: Design) -> str:
    """Return the cover as a document without outside references."""
    direction = ' direction="rtl"' if design.right_to_left else ""
    title = "".join(_line(line) for line in design.lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<path fill="{design.palette.ground}" d="M0 0H{SIDE}V{SIDE}H0z"/>'
        f"{''.join(map(_shape, design.shapes))}"
        f'<g xml:lang="{escape(design.language)}" fill="{design.palette.ink}" font-family="{_FONTS}" font-weight="800"'
        f' font-size="{_number(design.size)}"{direction}>{title}</g></svg>'
    )


def version_of(design: Design) -> str:
    """Return a digest of everything that is seen of a cover."""
    return hashlib.sha256(svg_of(design).encode()).hexdigest()[:16]


def _shape(shape: Shape) -> str:
    return f'<path fill="{shape.fill}" d="{"".join(map(_outline, shape.outlines))}"/>'


def _outline(outline: Outline | Disc) -> str:
    if isinstance(outline, Disc):
        radius, across = _number(outline.radius), _number(outline.radius * 2)
        half = f"a{radius} {radius} 0 1 0"
        return f"M{_number(outline.x - outline.radius)} {_number(outline.y)}{half} {across} 0{half}-{across} 0z"
    parts = [f"M{_pair(outline.start)}"]
    for curve in outline.curves:
        parts.append(("L" if len(curve) == 1 else "C") + " ".join(map(_pair, curve)))
    return "".join(parts) + "z"


def _line(line: Line) -> str:
    # The reader's font may be wider than the one that was measured.
    fitted = f' textLength="{_number(line.width)}" lengthAdjust="spacingAndGlyphs"' if line.width else ""
    return f'<text x="{_number(line.x)}" y="{_number(line.y)}"{fitted}>{escape(line.text)}</text>'


def _pair(point: tuple[float, float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """Return a measure in whole units: a page shows a cover smaller than that."""
    return str(round(value))
