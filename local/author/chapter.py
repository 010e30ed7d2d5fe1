"""A chapter written from its outline: each beat becomes a scene, told by the Narrator and spoken by the cast."""

import random
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from chalicelib.story.measures import count_words
from local.author.grammar import Details, Person, StoryData, beat_pattern, dice, filled, grammar

LONGEST_LINE = 700
"""Characters of a line that was extended; Fireside would cut one of more than 800 in two."""


def chapter(data: StoryData, lines: int | None = None) -> StoryData:
    """Return the reply to the question for a chapter: about as many words as the question orders.

    With `lines` it has exactly so many lines; few lines are made longer, up to `LONGEST_LINE`, to have the words.
    """
    plan, bible = data["chapter"], data["bible"]
    number = int(plan["number"])
    chance = dice("chapter", bible["title"], bible["premise"], number, data.get("remark"))
    telling = _Telling(bible, number, chance)
    words = int(data.get("words", 900))
    script = _told(telling, data, words)
    if lines is not None:
        script = _in_lines(telling, script, lines, words)
    question = filled(chance.choice(grammar()["questions"]), telling.slots)
    last = data.get("next_chapter") is None
    again = "earlier_lines" in data
    return {
        "lines": [{"line_id": "", **line} for line in script] if again else script,
        **({"new_speakers": []} if again else {}),
        "summary": f"{' '.join(plan['beats'])} {plan['ending']}",
        "seam": {"ending_state": plan["ending"], "open_question": "None." if last else question},
        "memory": {
            "notes": [
                {"kind": "planted", "about": str(telling.slots["thing"]), "note": plan["ending"], "open": not last}
            ],
            "settled": [note["id"] for note in data.get("memory", ()) if last],
        },
    }


def _told(telling: "_Telling", data: StoryData, words: int) -> list[StoryData]:
    """Return the chapter's lines, of about `words` words: each beat with small talk after it fills its share."""
    script = list(telling.opening(data))
    company = telling.company()
    target = words - _words(company)
    beats = data["chapter"]["beats"]
    for position, beat in enumerate(beats, 1):
        scene = telling.beat(str(beat), first=position == 1)
        # Up to where this beat's share ends, and not by a whole scene more: short chapters are ordered too.
        while part := _nearest(scene, target * position / len(beats) - _words(script)):
            script += part
            scene = telling.filler()
    return [*script, *company] or telling.filler()


def _in_lines(telling: "_Telling", script: list[StoryData], lines: int, words: int) -> list[StoryData]:
    """Return exactly `lines` lines with about `words` words, as far as so many lines can have them."""
    while len(script) < lines:
        script += telling.filler()
    script = script[:lines]
    more = (line["text"] for _ in count() for line in telling.filler())
    addition = next(more)
    for number, line in enumerate(script, 1):
        while (
            _words(script[:number]) + count_words(addition) / 2 < words * number / lines
            and len(line["text"]) + len(addition) < LONGEST_LINE
        ):
            line["text"] += f" {addition}"
            addition = next(more)
    return script


def _nearest(lines: list[StoryData], words: float) -> list[StoryData]:
    """Return as many of the first lines as come nearest to so many words; none if half the first one is too many."""
    return min((lines[:number] for number in range(len(lines) + 1)), key=lambda part: abs(_words(part) - words))


def _words(lines: list[StoryData]) -> float:
    return sum(count_words(line["text"]) for line in lines)


class _Telling:
    """The telling of one chapter: its people, its place and its source of chance."""

    def __init__(self, bible: StoryData, number: int, chance: random.Random) -> None:
        people = [Person(person["name"], person["gender"]) for person in bible["cast"]]
        parts = ("hero", "friend", "rival", "elder")
        self.others = people[4:]
        self._bible = bible
        self._number = number
        self._chance = chance
        known: StoryData = {part: people[min(i, len(people) - 1)] for i, part in enumerate(parts)}
        home, _, rest = str(bible["setting"]).partition(". Everything turns on the ")
        place, _, season = home.partition(", in ")
        known |= {
            "thing": rest.rstrip(".") or "secret",
            "home": place[:1].lower() + place[1:],
            "season": season or "those days",
            "temper": bible["cast"][0]["description"].rstrip("."),
            "place": "the old gate",
            "role": "dreamer",
        }
        if found := re.search(rf"{re.escape(str(known['hero']))}, an? (.+?), has found", str(bible["premise"])):
            known["role"] = found[1]
        if bible["rules"] and (
            secret := re.fullmatch(r"The .+? ((?:shows|answers|works|asks|remembers) .+)\.", bible["rules"][0])
        ):
            known["secret"] = secret[1]
        known.setdefault("secret", "answers only to the truth")
        self._known = known
        self.slots = Details(chance, known)
        self._fillers: list[Any] = []

    def opening(self, data: StoryData) -> Iterator[StoryData]:
        """Yield the Narrator's lines before the first beat."""
        if data.get("remark"):
            yield self._line("Narrator", f"Told once more, with one wish in mind: {data['remark']}")
        if self._number == 1:
            yield self._line("Narrator", str(self._bible["premise"]))
        elif seam := data.get("seam"):
            yield self._line("Narrator", f"Chapter {self._number}. {seam['ending_state']}")

    def beat(self, beat: str, *, first: bool) -> list[StoryData]:
        """Return the scene of a beat; a beat that the grammar does not know is narrated as it stands."""
        for kind, entry in grammar()["kinds"].items():
            if match := beat_pattern(kind).fullmatch(beat):
                named = {
                    name: value for name, value in match.groupdict().items() if name in {"place", "thing", "secret"}
                }
                self._known.update(named)
                return self._scene(entry["scene"], first=first)
        return [self._line("Narrator", beat, scene_break=not first), *self.filler()]

    def filler(self) -> list[StoryData]:
        """Return a scene of small talk; none is repeated until all have been used."""
        if not self._fillers:
            fillers = grammar()["fillers"]
            self._fillers = self._chance.sample(fillers, len(fillers))
        return self._scene(self._fillers.pop(), first=True)

    def company(self) -> list[StoryData]:
        """Return a scene for each member of the cast who has no part in the plot."""
        scenes: list[StoryData] = []
        for other in self.others:
            self._known["other"] = other
            scenes += self._scene(self._chance.choice(grammar()["company"]), first=True)
        return scenes

    def _scene(self, scene: Any, *, first: bool) -> list[StoryData]:
        lines = []
        for position, (part, variants) in enumerate(scene):
            # The variant depends on the chapter, so that chapters with the same kind of beat use different words.
            variant = variants[(self._number + self._chance.randrange(2) * (len(variants) > 2)) % len(variants)]
            speaker = "Narrator" if part == "N" else str(self._known[part])
            lines.append(self._line(speaker, filled(variant, self.slots), scene_break=position == 0 and not first))
        return lines

    def _line(self, speaker: str, text: str, *, scene_break: bool = False) -> StoryData:
        return {"speaker": speaker, "text": text, "scene_break": scene_break}
