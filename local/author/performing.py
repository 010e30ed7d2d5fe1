"""The author without a key: it performs a tale of the shelf, and claims nothing else."""

from typing import Any

import msgspec

from chalicelib.domain.texts import is_narrator, name_key
from local.author.shelf import Renaming, Tale, Telling, lines_of, suits, tales, telling

StoryData = dict[str, Any]
"""What the author is asked about, or what it answers, decoded from JSON."""


def outline(data: StoryData) -> StoryData:
    """Return the reply to the question for a plan: the tale that suits the wish, in so many chapters."""
    count = int(data["num_chapters"])
    # Not the tone: where nobody asked for one it is the configuration's, and says nothing about this story.
    wish = " ".join(str(data.get(field) or "") for field in ("title", "prompt", "audience"))
    tale = suits(wish, data.get("language"), first_person=data.get("point_of_view") == "first", chapters=count)
    told = telling(tale, count)
    rename = Renaming(_names(tale, data), tale.language)
    plan: StoryData = msgspec.to_builtins(tale.outline)
    return {
        **rename({name: plan[name] for name in ("premise", "setting", "rules", "narrator", "style")}),
        "language": tale.language,
        "title": data.get("title") or rename(tale.title),
        "cast": rename(_cast(told, int(data.get("max_cast") or 7))) + _strangers(tale, data),
        "chapters": rename([_planned(told, number) for number in range(1, count + 1)]),
    }


def chapter(data: StoryData) -> StoryData:
    """Return the reply to the question for a chapter, or a part of one."""
    bible, plan, part = data["bible"], data["chapter"], data.get("part") or {"number": 1, "of": 1}
    tale, rename = _performed(bible)
    told = telling(tale, int(plan["of"]) * int(part["of"]))
    number = (int(plan["number"]) - 1) * int(part["of"]) + int(part["number"])
    units = told.parts[number - 1]
    speakers = {"Narrator", *(character["name"] for character in bible["cast"])}
    lines = [
        {"speaker": speaker if (speaker := rename(line.speaker)) in speakers else "Narrator",
         "text": rename(line.text), "scene_break": line.scene_break}
        for line in lines_of(units, float(data.get("words") or 900))
    ]  # fmt: skip
    return {"lines": lines, **_retold(told, number, rename)}


def rewritten(data: StoryData) -> StoryData:
    """Return the reply to the question for a rewrite: another length if that is what the remark asks for.

    It follows no other remark, and changes nothing then.
    """
    words = set(name_key(str(data.get("remark", ""))).split())
    shorter, longer = words & {"short", "shorter", "kurz", "kürzer"}, words & {"long", "longer", "lang", "länger"}
    earlier = data["earlier_lines"]
    reply = chapter({**data, "words": 350 if shorter else 950})
    if shorter or longer:
        lines = [{"line_id": "", **line} for line in reply["lines"]]
    else:
        lines = [
            {"line_id": line["line_id"], "speaker": "", "text": "", "scene_break": line.get("scene_break", False)}
            for line in earlier
        ]
    return {**reply, "lines": lines, "new_speakers": []}


def enhancement(data: StoryData) -> StoryData:
    """Return the directions of the lines that the tale has, and none for those that a person changed."""
    tale, rename = _performed(data["bible"])
    known = {rename(line.text): line.tags for other in (tale, *tales()) for one in other.chapters for line in one.lines}
    tags = ((line["line_id"], known.get(line["text"], [])) for line in data["lines"])
    return {"lines": [{"line_id": line_id, "tags": of_line} for line_id, of_line in tags if of_line]}


def _names(tale: Tale, data: StoryData) -> dict[str, str]:
    """Return the new names of members of the cast, by their own: those that a person has given a voice."""
    named = [name for name in data.get("named_speakers", ()) if not is_narrator(name)]
    own = {name_key(character.name): character.name for character in tale.outline.cast}
    names = {own[name_key(name)]: name for name in named if name_key(name) in own}
    free = (character.name for character in tale.outline.cast if character.name not in names)
    return names | dict(zip(free, (name for name in named if name not in names.values()), strict=False))


def _strangers(tale: Tale, data: StoryData) -> list[StoryData]:
    """Return those whom a person named beyond the tale's cast: they are in it, and say nothing."""
    taken = set(_names(tale, data).values())
    named = [name for name in data.get("named_speakers", ()) if not is_narrator(name) and name not in taken]
    unknown = {"gender": "neutral", "age": "middle-aged", "accent": "none", "role": "", "description": ""}
    return [{"name": name, **unknown} for name in named]


def _cast(told: Telling, most: int) -> list[StoryData]:
    found: dict[str, StoryData] = {}
    for tale in dict.fromkeys(unit[0].title for units in told.parts for unit in units):
        for character in next(one for one in tales() if one.title == tale).outline.cast:
            found.setdefault(character.name, msgspec.to_builtins(character))
    return list(found.values())[:most]


def _planned(told: Telling, number: int) -> StoryData:
    plans = [(tale, tale.outline.chapters[index]) for tale, index in told.parts[number - 1]]
    titles = [plan.title if tale is told.tale else f"{tale.title}: {plan.title}" for tale, plan in plans]
    beats = [beat for _, plan in plans for beat in plan.beats]
    return {"title": titles[0], "beats": beats, "ending": plans[-1][1].ending}


def _retold(told: Telling, number: int, rename: Renaming) -> StoryData:
    chapters = [tale.chapters[index] for tale, index in told.parts[number - 1]]
    notes = [note for one in chapters for note in one.memory.notes]
    settled = chapters[0].memory.settled if told.as_written else []
    retold: StoryData = rename(
        {
            "summary": " ".join(one.summary for one in chapters),
            "seam": msgspec.to_builtins(chapters[-1].seam),
            "memory": {"notes": msgspec.to_builtins(notes), "settled": list(settled)},
        }
    )
    return retold


def _performed(bible: StoryData) -> tuple[Tale, Renaming]:
    """Return the tale that a bible is of, and the names that its cast has in it."""
    for tale in tales():
        own = [character.name for character in tale.outline.cast]
        given = [character["name"] for character in bible["cast"]]
        rename = Renaming(dict(zip(own, given, strict=False)), tale.language)
        if rename(tale.outline.premise) == bible["premise"]:
            return tale, rename
    # A plan of another author, or of an earlier version: the nearest tale, told by those who are in the plan.
    tale = suits(f"{bible.get('title')} {bible['premise']}", None, first_person=False, chapters=3)
    return tale, Renaming({}, tale.language)
