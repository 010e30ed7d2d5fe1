"""The documents: short, linked to what is there, and true to the Makefile and the version."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from chalicelib import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted(
    document
    for pattern in ("*.md", "docs/**/*.md", "bench/**/*.md", "layers/**/*.md", ".github/**/*.md")
    for document in ROOT.glob(pattern)
)
LONGEST = 120
RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"\bmake ([a-z]+)\b(?!-)")
_CODE = re.compile(r"`([^`]+)`")
_FENCE = re.compile(r"^ *```")


def blocks(text: str) -> Iterator[tuple[bool, str]]:
    """Yield each line, and whether it is code: indented by four columns, or fenced."""
    fenced = False
    for line in text.splitlines():
        fence = _FENCE.match(line) is not None
        fenced ^= fence
        yield fenced or fence or line.startswith("    "), line


def prose(text: str) -> list[str]:
    """Return the lines that are neither code nor rows of tables."""
    return [line for code, line in blocks(text) if not code and not line.startswith("|")]


def links(text: str) -> list[str]:
    """Return what the text outside of code links to in this repository."""
    found = [link for code, line in blocks(text) if not code for link in _LINK.findall(_CODE.sub("", line))]
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as forges make them."""
    headings = [line.lstrip("#").strip() for line in prose(text) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> set[str]:
    """Return the make targets that code in the text names."""
    lines = blocks(text)
    return {
        name for code, line in lines for part in ([line] if code else _CODE.findall(line)) for name in targets(part)
    }


def targets(code: str) -> list[str]:
    """Return the make targets that a piece of code names; comments in it are prose."""
    return _MAKE.findall(code.partition("#")[0])


def named(documents: list[Path]) -> list[object]:
    return [pytest.param(document, id=str(document.relative_to(ROOT))) for document in documents]


def test_the_documents_are_found() -> None:
    names = {str(document.relative_to(ROOT)) for document in DOCUMENTS}
    assert {"README.md", "CHANGELOG.md", "docs/guide.md", "docs/adr/README.md", "bench/README.md"} <= names


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("document", named(DOCUMENTS))
def test_no_line_of_prose_is_longer_than_120_characters(document: Path) -> None:
    long = [line for line in prose(document.read_text(encoding="utf-8")) if len(line) > LONGEST]
    assert not [line for line in long if max(map(len, line.split())) <= LONGEST // 2]  # an address cannot be broken


@pytest.mark.parametrize("document", named(DOCUMENTS))
def test_neither_code_nor_a_link_is_broken_by_the_end_of_a_line(document: Path) -> None:
    lines = prose(document.read_text(encoding="utf-8"))
    assert not [line for line in lines if line.count("`") % 2 or line.count("[") != line.count("]")]


@pytest.mark.parametrize("document", named(DOCUMENTS))
def test_every_link_leads_to_something(document: Path) -> None:
    for link in links(document.read_text(encoding="utf-8")):
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path) if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("document", named(DOCUMENTS))
def test_every_make_command_is_a_target(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    existing = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert commands(document.read_text(encoding="utf-8")) <= existing


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached or document.suffix != ".md":
            continue
        reached.add(document)
        for link in links(document.read_text(encoding="utf-8")):
            waiting.append((document.parent / link.partition("#")[0]).resolve())
    assert {document for document in DOCUMENTS if document.is_relative_to(ROOT / "docs")} <= reached


def test_the_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest, *_ = RELEASE.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert project["version"] == __version__ == newest
