"""Lines that a person has spoken again: the takes that are ordered."""

from collections.abc import Collection

from chalicelib.audio.cutting import speakable
from chalicelib.domain.chapter import Chapter
from chalicelib.domain.script import without_tags
from chalicelib.errors import Invalid
from chalicelib.pipeline.flow import not_written_yet


def order_takes(number: int, chapter: Chapter | None, line_ids: Collection[str]) -> dict[str, int]:
    """Return the takes of a chapter's lines once these are spoken again; raise Conflict or Invalid.

    A take that was ordered, and is bought by a task that is retried, counts: no number is given twice.
    """
    if chapter is None or chapter.script is None:
        raise not_written_yet(number)
    texts = {line.line_id: line.text for line in chapter.lines}
    for line_id in line_ids:
        if line_id not in texts:
            raise Invalid(f"again: chapter {number} has no line {line_id}.")
        if not speakable(without_tags(texts[line_id])):
            raise Invalid(f"again: there is nothing to speak in line {line_id}.")
    return {**chapter.takes, **{line_id: chapter.takes.get(line_id, 1) + 1 for line_id in line_ids}}
