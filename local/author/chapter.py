"""A chapter from its plan: every beat a scene, told by the narrator and spoken by whoever is there."""

import random
import re
from collections.abc import Iterator
from typing import Any

from local.author.grammar import Details, Json, Person, beat_pattern, dice, filled, grammar

FILLERS_A_BEAT = 2
"""Small talk between two beats at most; more of it would bury what happens."""


def chapter(data: Json, lines: int | None = None) -> Json:
    """The answer to the question for a chapter: about as many words as asked for, or just so many `lines`."""
    plan, bible = data["chapter"], data["bible"]
    number = int(plan["number"])
    chance = dice("chapter", bible["title"], bible["premise"], number, data.get("remark"))
    telling = _Telling(bible, number, chance)
    told = list(telling.opening(data))
    for position, beat in enumerate(plan["beats"]):
        told += telling.beat(str(beat), first=position == 0)
        wanted = int(data.get("words", 900)) * (position + 1) / len(plan["beats"])
        for _ in range(FILLERS_A_BEAT):
            if sum(len(line["text"].split()) for line in told) < wanted and position + 1 < len(plan["beats"]):
                told += telling.filler()
    told += telling.company()
    if lines is not None:
        while len(told) < lines:
            told += telling.filler()
        told = told[:lines]
    question = filled(chance.choice(grammar()["questions"]), telling.slots)
    last = data.get("next_chapter") is None
    return {
        "lines": told,
        "summary": f"{' '.join(plan['beats'])} {plan['ending']}",
        "seam": {"ending_state": plan["ending"], "open_question": "None." if last else question},
    }


class _Telling:
    """What stays the same within one chapter: the people, the place, the dice."""

    def __init__(self, bible: Json, number: int, chance: random.Random) -> None:
        people = [Person(person["name"], person["gender"]) for person in bible["cast"]]
        parts = ("hero", "friend", "rival", "elder")
        self.others = people[4:]
        self._bible = bible
        self._number = number
        self._chance = chance
        known: Json = {part: people[min(i, len(people) - 1)] for i, part in enumerate(parts)}
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

    def opening(self, data: Json) -> Iterator[Json]:
        """What the narrator says before the first beat."""
        if data.get("remark"):
            yield self._line("Narrator", f"Told once more, with one wish in mind: {data['remark']}")
        if self._number == 1:
            yield self._line("Narrator", str(self._bible["premise"]))
        elif seam := data.get("seam"):
            yield self._line("Narrator", f"Chapter {self._number}. {seam['ending_state']}")

    def beat(self, beat: str, *, first: bool) -> list[Json]:
        """The scene of a beat; what the grammar does not know is told as it stands."""
        for kind, entry in grammar()["kinds"].items():
            if match := beat_pattern(kind).fullmatch(beat):
                named = {
                    name: value for name, value in match.groupdict().items() if name in {"place", "thing", "secret"}
                }
                self._known.update(named)
                return self._scene(entry["scene"], first=first)
        return [self._line("Narrator", beat, scene_break=not first), *self.filler()]

    def filler(self) -> list[Json]:
        """A moment in between."""
        if not self._fillers:
            fillers = grammar()["fillers"]
            self._fillers = self._chance.sample(fillers, len(fillers))
        return self._scene(self._fillers.pop(), first=True)

    def company(self) -> list[Json]:
        """A word from everybody who has no part in the plot."""
        told: list[Json] = []
        for other in self.others:
            self._known["other"] = other
            told += self._scene(self._chance.choice(grammar()["company"]), first=True)
        return told

    def _scene(self, scene: Any, *, first: bool) -> list[Json]:
        told = []
        for position, (who, variants) in enumerate(scene):
            # Turn by turn: two chapters with the same kind of beat do not use the same words.
            variant = variants[(self._number + self._chance.randrange(2) * (len(variants) > 2)) % len(variants)]
            speaker = "Narrator" if who == "N" else str(self._known[who])
            told.append(self._line(speaker, filled(variant, self.slots), scene_break=position == 0 and not first))
        return told

    def _line(self, speaker: str, text: str, *, scene_break: bool = False) -> Json:
        return {"speaker": speaker, "text": text, "scene_break": scene_break}
