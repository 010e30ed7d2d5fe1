"""An author that fills in what is asked for, in any number of lines and words: for measurements and for tests.

Its sentences are those of the tales that Fireside ships with, in an order that a seed decides.
"""

import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from chalicelib.domain.texts import is_narrator
from chalicelib.story.measures import count_words
from local.author.answers import answer
from local.author.server import AuthorServer
from local.author.shelf import tales

Data = dict[str, Any]
"""What the author is asked about, or what it answers, decoded from JSON."""

LONGEST_LINE = 700
"""Characters of a line: Fireside would cut one of more than 800 in two."""

WORDS_A_LINE = 25

_NAMES = """
Ada Bruno Clara Dario Emil Fanny Gustav Hanna Ivan Jana Karim Lotte Milan Nora Oskar Petra Rosa Tomas
"""
_PEOPLE = _NAMES.split()
_AGES = ("young", "young", "middle-aged", "old", "middle-aged", "young", "old")


class FillingAuthor(AuthorServer):
    """The stand-in author with other stories. `lines` fixes the number of lines of every chapter."""

    def __init__(self, *, lines: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._lines = lines

    def reply(self, schema: Mapping[str, Any], data: Data) -> Data:
        """Return the completion's content: an object that fits the schema."""
        return filled_in(schema, data, self._lines)


def filled_in(schema: Mapping[str, Any], data: Data, lines: int | None = None) -> Data:
    """Return the content of a reply, made from the question's data."""
    fields = set(schema.get("properties", {}))
    if {"premise", "cast", "chapters"} <= fields and "num_chapters" in data and "manuscript" not in data:
        return outline(data)
    if {"lines", "summary", "seam"} <= fields and {"bible", "chapter"} <= set(data) and "paragraphs" not in data:
        return chapter(data, lines)
    if "tags" in data and isinstance(data.get("lines"), list):
        return enhancement(data)
    return answer(schema, data)


def outline(data: Data) -> Data:
    """Return the reply to the question for an outline. The same data gives the same outline."""
    count = int(data["num_chapters"])
    chance = _dice("outline", data.get("prompt"), data.get("title"), count)
    first = data.get("point_of_view") == "first"
    people = _cast(data, chance)
    sentence = iter(_shuffled(chance))
    return {
        "language": data.get("language") or "en",
        "title": data.get("title") or " ".join(next(sentence).rstrip(".!?").split()[:5]),
        "narrator": {
            "person": "first" if first else "third",
            "character": people[0]["name"] if first else "",
            "gender": "neutral",
            "age": "middle-aged",
        },
        "style": {"audience": "", "mood": "", "prose": "", "running_gags": [], "avoid": []},
        "premise": f"{data.get('prompt')} {next(sentence)}",
        "setting": next(sentence),
        "rules": [next(sentence)],
        "cast": people,
        "chapters": [
            {"title": f"Part {number}", "beats": [next(sentence), next(sentence)], "ending": next(sentence)}
            for number in range(1, count + 1)
        ],
    }


def chapter(data: Data, lines: int | None = None) -> Data:
    """Return the reply to the question for a chapter: about as many words as it orders, if the lines have room."""
    bible, plan, part = data["bible"], data["chapter"], data.get("part", {}).get("number", 1)
    chance = _dice("chapter", bible["title"], bible["premise"], plan["number"], part, data.get("remark"))
    words = int(data.get("words", 900))
    count = lines or max(2, round(words / WORDS_A_LINE))
    speakers = ["Narrator", *(character["name"] for character in bible["cast"])]
    said = _texts(chance, words, count, str(data.get("remark") or ""))
    script = [
        {"speaker": speakers[position % len(speakers)], "text": text, "scene_break": position == count // 2 > 0}
        for position, text in enumerate(said)
    ]
    last, again = data.get("next_chapter") is None, "earlier_lines" in data
    return {
        "lines": [{"line_id": "", **line} for line in script] if again else script,
        **({"new_speakers": []} if again else {}),
        "summary": f"{' '.join(plan['beats'])} {plan['ending']}",
        "seam": {"ending_state": plan["ending"], "open_question": "" if last else "What will become of them?"},
        "memory": {
            "notes": [{"kind": "planted", "about": "it", "note": plan["ending"], "open": not last}],
            "settled": [note["id"] for note in data.get("memory", ()) if last],
        },
    }


def enhancement(data: Data) -> Data:
    """Return tags for lines that exclaim or ask, at most a third of all lines."""
    loud = [line for line in data["lines"] if str(line["text"]).endswith(("!", "?"))]
    chosen = [*loud, *data["lines"]][: max(1, len(data["lines"]) // 3)]
    ids = dict.fromkeys(line["line_id"] for line in chosen)
    return {"lines": [{"line_id": line_id, "tags": ["curious"]} for line_id in ids]}


def _texts(chance: random.Random, words: int, count: int, remark: str) -> Iterator[str]:
    """Yield so many lines with about so many words in all, each of whole sentences."""
    sentences = iter(_shuffled(chance))
    done = 0.0
    for position in range(1, count + 1):
        text = f"Told once more, with one wish in mind: {remark}" if remark and position == 1 else next(sentences)
        # Up to where this line's share ends, and not by a whole sentence more.
        while done + count_words(text) < words * position / count:
            more = next(sentences)
            if (
                done + count_words(text) + count_words(more) / 2 > words * position / count
                or len(text) + len(more) + 1 >= LONGEST_LINE
            ):
                break
            text = f"{text} {more}"
        done += count_words(text)
        yield text


def _cast(data: Data, chance: random.Random) -> list[Data]:
    """Return two to four people, or more if `named_speakers` has more, who come first."""
    if earlier := data.get("earlier_book", {}).get("cast"):
        return list(earlier)
    named = [str(name) for name in data.get("named_speakers", []) if not is_narrator(str(name))]
    size = max(2, len(named), min(4, int(data.get("max_cast", 4))))
    taken = {name[:1].upper() for name in named}
    others = [name for name in chance.sample(_PEOPLE, len(_PEOPLE)) if name[0] not in taken]
    return [
        {
            "name": name,
            "gender": ("female", "male")[position % 2],
            "age": _AGES[position % len(_AGES)],
            "accent": "none",
            "role": "hero" if position == 0 else "friend",
            "description": "Kind, and quick to laugh.",
        }
        for position, name in enumerate([*named, *others][:size])
    ]


def _shuffled(chance: random.Random) -> Iterator[str]:
    """Yield sentences without end; none comes twice until all have come."""
    while True:
        yield from chance.sample(_sentences(), len(_sentences()))


@cache
def _sentences() -> tuple[str, ...]:
    """Return the sentences of the English tales, each once, of 4 to 25 words."""
    texts = (line.text for tale in tales() if tale.language == "en" for one in tale.chapters for line in one.lines)
    found = dict.fromkeys(sentence for text in texts for sentence in re.findall(r"[^.!?]+[.!?]+", text))
    return tuple(sentence.strip() for sentence in found if 4 <= len(sentence.split()) <= 25)


def _dice(*parts: object) -> random.Random:
    """Return a random generator seeded by `parts`, so that the same parts give the same story."""
    return random.Random(sha256("\n".join(map(str, parts)).encode()).digest())
