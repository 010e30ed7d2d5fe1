"""The covers of stories as the page shows them."""

from functools import lru_cache

from chalicelib.book.cover_svg import svg_of
from chalicelib.book.design import design_of


@lru_cache(maxsize=256)
def cover_of(story_id: str, title: str, language: str) -> str:
    """Return a story's cover as an SVG document. Remembered: a library is asked for again and again."""
    return svg_of(design_of(story_id, title, language))
