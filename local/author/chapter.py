"""A chapter written from its outline: each beat becomes a scene, told by the Narrator and spoken by the cast."""

import random
import re
from collections.abc import Iterator
from typing import Any

from local.author.grammar import Details, Person, StoryData, beat_pattern, dice, filled, grammar

FILLERS_A_BEAT = 2
"""Most fillers (small talk) between two beats; more of them would drown the plot."""


def chapter(data: StoryData, lines: int | None = None) -> StoryData:
    """Return the reply to the question for a chapter: about as many words as requested, or exactly `lines` lines."""
    plan, bible = data["chapter"], data["bible"]
    number = int(plan["number"])
    chance = dice("chapter", bible["title"], bible["premise"], number, data.get("remark"))
    telling = _Telling(bible, number, chance)
    script = list(telling.opening(data))
    for position, beat in enumerate(plan["beats"]):
        script += telling.beat(str(beat), first=position == 0)
        target_words = int(data.get("words", 900)) * (position + 1) / len(plan["beats"])
        for _ in range(FILLERS_A_BEAT):
            words = sum(len(line["text"].split()) for line in script)
            if words < target_words and position + 1 < len(plan["beats"]):
                script += telling.filler()
    script += telling.company()
    if lines is not None:
        while len(script) < lines:
            script += telling.filler()
        script = script[:lines]
    question = filled(chance.choice(grammar()["questions"]), telling.slots)
    last = data.get("next_chapter") is None
    return {
        "lines": script,
        "summary": f"{' '.join(plan['beats'])} {plan['ending']}",
        "seam": {"ending_state": plan["ending"], "open_question": "None." if last else question},
    }


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
