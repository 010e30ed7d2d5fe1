"""The colours of covers: a ground, the title's ink on it, and three tones of the ornament."""

import msgspec


class Palette(msgspec.Struct, frozen=True):
    """Colours as #rrggbb. Ink on ground has a contrast of at least 7:1 (WCAG's highest level)."""

    ground: str
    ink: str
    tones: tuple[str, str, str]


PALETTES = (
    Palette("#14213d", "#f8ecd4", ("#fca311", "#e4572e", "#5f7bb8")),  # midnight
    Palette("#12372a", "#fbf3d9", ("#e9b44c", "#6fa567", "#d3603f")),  # forest
    Palette("#5b0f1f", "#fdeedc", ("#f2a65a", "#d1495b", "#e9d8a6")),  # oxblood
    Palette("#38184a", "#fbeee6", ("#f2749a", "#f5b841", "#8e6bbf")),  # plum
    Palette("#0a3b47", "#fef3e2", ("#f4b942", "#ec7063", "#4fa8a5")),  # petrol
    Palette("#2e1d15", "#fbead0", ("#e98a3a", "#b5472b", "#d9b382")),  # coffee
    Palette("#18191d", "#f5efe4", ("#e8562e", "#f0c05a", "#6f7d8c")),  # soot
    Palette("#1f1f63", "#fdf2e3", ("#ff8c61", "#ffd166", "#7482ef")),  # ultramarine
    Palette("#f5e9d2", "#2b1a12", ("#c8442b", "#e6a02f", "#2f6168")),  # paper
    Palette("#f4d2c6", "#3a1026", ("#b5304c", "#ee8160", "#6a4069")),  # rose
    Palette("#d3dfc7", "#12301f", ("#3c7d57", "#e3a12e", "#c9552d")),  # sage
    Palette("#cbe2ea", "#0e2a3f", ("#e66138", "#f3b230", "#2b7096")),  # sky
    Palette("#ecb53c", "#2a1506", ("#b5381c", "#fdf0cf", "#1d5450")),  # mustard
    Palette("#f2876b", "#2b0812", ("#fbe3c0", "#8c1c3a", "#27496d")),  # coral
    Palette("#d9cef0", "#24104c", ("#6b3fa3", "#ea6a50", "#f2b73f")),  # lavender
    Palette("#a9d5c3", "#0d2f33", ("#12606a", "#f6efd8", "#e9714b")),  # mint
)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
