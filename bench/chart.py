"""Bar charts as SVG, for the README: no library draws six rectangles more simply."""

from collections.abc import Sequence
from html import escape

WIDTH, LABEL, ROW, LONGEST = 760, 230, 26, 440
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}.f{fill:#c2410c}.s{fill:#94a3b8}"
    "@media(prefers-color-scheme:dark){text{fill:#9aa4af}}"
)


def bars(title: str, rows: Sequence[tuple[str, float, str, bool]]) -> str:
    """Return a chart of the rows (label, value, text of the value, ours), in which ours stand out."""
    most = max(value for _, value, _, _ in rows)
    height = ROW * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style><text x="0" y="18">{escape(title)}</text>'
    ]
    for number, (label, value, said, ours) in enumerate(rows):
        y, long = 30 + ROW * number, max(2.0, LONGEST * value / most)
        parts.append(f'<text x="0" y="{y + 15}">{escape(label)}</text>')
        parts.append(
            f'<rect class="{"f" if ours else "s"}" x="{LABEL}" y="{y}" width="{long:.0f}" height="{ROW - 8}" rx="3"/>'
        )
        parts.append(f'<text x="{LABEL + long + 8:.0f}" y="{y + 15}">{escape(said)}</text>')
    return "\n".join([*parts, "</svg>", ""])
