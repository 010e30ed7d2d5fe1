"""What the layer has for drawing covers: Pillow without the formats that no cover is in, and the fonts."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("fontpkg-vollkorn", "noto-cjk-sans-jp-bold", "pillow")

_UNUSED = ("libavif", "liblcms2", "libsharpyuv", "libwebp", "_avif", "_imagingcms", "_imagingmath", "_imagingmorph",
           "_imagingtk", "_webp")  # fmt: skip
"""Libraries and modules of Pillow that nothing else of it is linked with."""

_VOLLKORN = "files/Vollkorn[wght].ttf"
_CJK = "NotoSansCJKjp-Bold.otf"
_STANDARDS = ("shift_jis", "gb2312", "big5", "euc_kr")
"""Encodings of the national standards: what books in Japanese, Chinese and Korean are written with."""


def files(wheels: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the files for Lambda's /opt/python, from the wheels in a directory."""
    yield from _pillow(next(wheels.glob("pillow-*.whl")))
    with zipfile.ZipFile(next(wheels.glob("fontpkg_vollkorn-*.whl"))) as wheel:
        for name in ("__init__.py", "LICENSE", _VOLLKORN):
            yield f"fontpkg_vollkorn/{name}", wheel.read(f"fontpkg_vollkorn/{name}")
    with zipfile.ZipFile(next(wheels.glob("noto_cjk_sans_jp_bold-*.whl"))) as wheel:
        package = "noto_cjk_sans_jp_bold"
        yield f"{package}/__init__.py", wheel.read(f"{package}/__init__.py")
        licence = next(name for name in wheel.namelist() if name.endswith("licenses/LICENSE"))
        yield f"{package}/LICENSE", wheel.read(licence)
        yield f"{package}/{_CJK}", smaller(wheel.read(f"{package}/{_CJK}"))


def _pillow(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if not name.endswith((".pyi", "/")) and not name.rsplit("/", 1)[-1].startswith(_UNUSED):
                yield name, wheel.read(name)


def smaller(font: bytes) -> bytes:
    """Return a font with the characters of the national standards alone: 5 MB of 17, some 15 s of work."""
    from fontTools import subset  # noqa: PLC0415 # only who deploys needs it

    # Nothing for small screens and for setting type upright: titles are drawn large, one character after another.
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False)
    options.drop_tables += ["BASE", "DSIG", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    reduced = subset.load_font(io.BytesIO(font), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for code in range(0x80, 0x10000) if _is_standard(chr(code))])
    subsetter.subset(reduced)
    written = io.BytesIO()
    subset.save_font(reduced, written, options)
    return written.getvalue()


def _is_standard(character: str) -> bool:
    for encoding in _STANDARDS:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False
