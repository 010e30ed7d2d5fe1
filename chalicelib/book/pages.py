"""The pages of an EPUB: cover, title, table of contents, chapters, and how they look."""

from collections.abc import Iterable, Sequence

from chalicelib.book.contents import Book, BookChapter, BookLine
from chalicelib.book.overlays import HEADING_ID, is_shown, target_of
from chalicelib.book.xml import DECLARATION, xml_text

ACTIVE_CLASS = "being-read"

CSS = f"""\
html {{ -epub-hyphens: auto; hyphens: auto; }}
body {{ margin: 0 5%; line-height: 1.5; }}
h1 {{ margin: 3em 0 2em; font-size: 1.5em; font-weight: 600; line-height: 1.2; text-align: center; hyphens: none; }}
p {{ margin: 0 0 0.6em; text-indent: 0; widows: 2; orphans: 2; }}
.speaker {{ margin-inline-end: 0.5em; font-size: 0.8em; font-weight: 600; letter-spacing: 0.04em; }}
.frame {{ font-style: italic; text-align: center; }}
hr {{ width: 20%; margin: 1.5em auto; border: 0; border-top: 1px solid; }}
.{ACTIVE_CLASS} {{ background-color: #ffe08a; color: #1d1300; }}
.cover {{ margin: 0; text-align: center; }}
.cover img {{ max-width: 100%; max-height: 100vh; }}
.titlepage {{ margin-top: 20%; text-align: center; }}
nav ol {{ list-style: none; padding: 0; }}
nav li {{ margin: 0.5em 0; }}
"""

_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"}

_WORDS = {
    "ar": ("الغلاف", "المحتويات"),
    "cs": ("Obálka", "Obsah"),
    "da": ("Omslag", "Indhold"),
    "de": ("Umschlag", "Inhalt"),
    "el": ("Εξώφυλλο", "Περιεχόμενα"),
    "es": ("Cubierta", "Índice"),
    "fi": ("Kansi", "Sisällys"),
    "fr": ("Couverture", "Table des matières"),
    "he": ("כריכה", "תוכן העניינים"),
    "hi": ("आवरण", "विषय सूची"),
    "hu": ("Borító", "Tartalom"),
    "it": ("Copertina", "Indice"),
    "ja": ("表紙", "目次"),
    "ko": ("표지", "차례"),
    "nb": ("Omslag", "Innhold"),
    "nl": ("Omslag", "Inhoud"),
    "no": ("Omslag", "Innhold"),
    "pl": ("Okładka", "Spis treści"),
    "pt": ("Capa", "Índice"),
    "ro": ("Copertă", "Cuprins"),
    "ru": ("Обложка", "Содержание"),
    "sv": ("Omslag", "Innehåll"),
    "tr": ("Kapak", "İçindekiler"),
    "uk": ("Обкладинка", "Зміст"),
    "vi": ("Bìa", "Mục lục"),
    "zh": ("封面", "目录"),
}
"""The words for a cover and a table of contents."""


def words_in(language: str) -> tuple[str, str]:
    """Return the words for a cover and a table of contents, in English where the language's are not known."""
    return _WORDS.get(language.lower().split("-")[0], ("Cover", "Contents"))


def direction_of(language: str) -> str:
    """Return `rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def chapter_title(chapter: BookChapter, number: int) -> str:
    """Return a chapter's title as XML, its number where it has none."""
    return xml_text(chapter.title) or str(number)


def cover_page(book: Book) -> str:
    """Return the page with the cover's picture."""
    word = words_in(book.language)[0]
    body = f'<div class="cover"><img src="cover.jpg" alt="{word}: {xml_text(book.title)}" role="doc-cover"/></div>'
    return _page(book, word, f'<section epub:type="cover" aria-label="{word}">{body}</section>', ".")


def title_page(book: Book) -> str:
    """Return the page with the title, and who wrote and narrated the book."""
    title = xml_text(book.title)
    lines = [f"<p>{xml_text(line)}</p>" for line in (series_line(book), book.ai_notice) if line]
    body = f'<section epub:type="titlepage" class="titlepage"><h1>{title}</h1>{"".join(lines)}</section>'
    return _page(book, title, body, ".")


def series_line(book: Book) -> str:
    """Return the series with the book's place in it; "" for a book that is in none."""
    return f"{book.series} {book.position or ''}".strip() if book.series else ""


def nav_page(book: Book, paths: Sequence[str]) -> str:
    """Return the table of contents, and the landmarks, for chapters at their paths."""
    cover, contents = words_in(book.language)
    chapters = [
        (path, chapter_title(chapter, number))
        for number, (path, chapter) in enumerate(zip(paths, book.chapters, strict=True), 1)
    ]
    marks = [("cover", "cover.xhtml", cover), ("toc", "nav.xhtml", contents), ("bodymatter", *chapters[0])]
    toc = "\n".join(f'<li><a href="{path}">{title}</a></li>' for path, title in chapters)
    landmarks = "\n".join(f'<li><a epub:type="{kind}" href="{path}">{title}</a></li>' for kind, path, title in marks)
    body = (
        f'<nav epub:type="toc" role="doc-toc" aria-labelledby="toc"><h1 id="toc">{contents}</h1>'
        f"<ol>\n{toc}\n</ol></nav>\n"
        f'<nav epub:type="landmarks" hidden="hidden" aria-label="landmarks"><ol>\n{landmarks}\n</ol></nav>'
    )
    return _page(book, contents, body, ".")


def chapter_page(book: Book, chapter: BookChapter, number: int) -> str:
    """Return a chapter's text, one paragraph a line; a speaker is named where another one begins."""
    heading = f'<h1 id="{HEADING_ID}">{chapter_title(chapter, number)}</h1>'
    parts = list(_paragraphs(chapter.lines, heading))
    if not any(line.kind == "heading" for line in chapter.lines):
        parts.insert(0, heading)
    body = "\n".join(parts)
    section = f'<section epub:type="chapter" role="doc-chapter" aria-labelledby="{HEADING_ID}">\n{body}\n</section>'
    return _page(book, chapter_title(chapter, number), section, "..")


def _paragraphs(lines: Sequence[BookLine], heading: str) -> Iterable[str]:
    speaker = ""
    for line in lines:
        if line.kind == "heading":
            yield heading
            continue
        if line.scene_break and line.kind == "line":
            yield "<hr/>"
            speaker = ""
        if not is_shown(line):
            continue
        text, target = xml_text(line.text), target_of(line)
        if line.kind == "frame":
            yield f'<p class="frame" id="{target}">{text}</p>'
            continue
        name = xml_text(line.speaker)
        named = f'<span class="speaker">{name}</span> ' if name and name != speaker else ""
        speaker = name
        yield f'<p>{named}<span id="{target}">{text}</span></p>'


def _page(book: Book, title: str, body: str, root: str) -> str:
    language = xml_text(book.language)
    return (
        f'{DECLARATION}<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops" lang="{language}" xml:lang="{language}" '
        f'dir="{direction_of(book.language)}">\n<head><meta charset="utf-8"/><title>{title}</title>'
        f'<link rel="stylesheet" type="text/css" href="{root}/book.css"/></head>\n<body>\n{body}\n</body>\n</html>\n'
    )
