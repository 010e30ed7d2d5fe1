"""An outline from a prompt: cast, want, obstacle, turn and ending, spread over any number of chapters."""

import random
from typing import Any

from local.author.grammar import Person, StoryData, dice, filled, grammar
from local.author.wishes import wish_of

_AGES = ("young", "young", "middle-aged", "old", "middle-aged", "young", "old")
OPENING = ["ordinary", "find", "tell", "set_out"]
CLOSING = ["low", "return", "choice", "after"]
FOUND = "{hero}, a {role}, has found a {thing}, and {rival} wants it back."


def outline(data: StoryData) -> StoryData:
    """Return the reply to the question for an outline. The same data gives the same outline."""
    words, wish, count = grammar(), wish_of(str(data.get("prompt", ""))), int(data["num_chapters"])
    chance = dice("outline", data.get("prompt"), data.get("title"), count)
    people = cast(data, chance)
    slots: StoryData = {
        **_people(people),
        "role": wish.role or chance.choice(words["professions"]),
        "thing": wish.thing or chance.choice(words["things"]),
        "home": chance.choice(words["homes"]),
        "season": chance.choice(words["seasons"]),
        "secret": chance.choice(words["secrets"]),
        "small": chance.choice(words["details"]["small"]),
    }
    title = chance.choice(["The {role} and the {thing}", "What the {thing} knew", "{hero} and the {thing}"])
    return {
        "language": data.get("language") or "en",
        "narrator": {
            "person": data.get("point_of_view") or "third",
            "character": people[0]["name"] if data.get("point_of_view") == "first" else "",
            "gender": "neutral",
            "age": "middle-aged",
        },
        "style": {
            "audience": data.get("audience") or "everybody",
            "mood": "warm",
            "prose": data.get("tone") or "plain",
            "running_gags": [],
            "avoid": [],
        },
        "title": data.get("title") or _headline(filled(title, slots)),
        "premise": f"{wish.sentence} {filled(FOUND, slots)}",
        "setting": f"{filled('{home}, in {season}.', slots)} Everything turns on the {slots['thing']}.",
        "rules": [filled("The {thing} {secret}.", slots), "Nobody can be made to tell the truth for long."],
        "cast": people,
        "chapters": chapters(count, slots, chance),
    }


def cast(data: StoryData, chance: random.Random) -> list[StoryData]:
    """Return two to four people, or more if `named_speakers` has more; those of the book before, where there is one.

    Named speakers come first. The other names differ from them and from each other in their first letter.
    """
    words, named = grammar(), [str(name) for name in data.get("named_speakers", [])]
    if earlier := data.get("earlier_book", {}).get("cast"):
        return list(earlier)
    size = max(2, len(named), min(4, int(data.get("max_cast", 4))))
    people: list[StoryData] = []
    for position in range(size):
        taken = {person["name"][0].upper() for person in people} | {name[:1].upper() for name in named}
        gender = (
            ("female", "male")[(position + chance.randrange(2)) % 2] if position else chance.choice(("female", "male"))
        )
        free = [name for name in words["people"][gender] if name[0] not in taken]
        name = named[position] if position < len(named) else chance.choice(free)
        gender = next((kind for kind, names in words["people"].items() if name in names), gender)
        people.append(
            {
                "name": name,
                "gender": gender,
                "age": _AGES[min(position, 3) if position < 4 else position % len(_AGES)],
                "accent": "none",
                "role": words["roles"][min(position, 4)],
                "description": chance.choice(words["tempers"]),
            }
        )
    return people


def _people(people: list[StoryData]) -> dict[str, Person]:
    persons = [Person(person["name"], person["gender"]) for person in people]
    return {part: persons[min(i, len(persons) - 1)] for i, part in enumerate(("hero", "friend", "rival", "elder"))}


def kinds(count: int) -> list[list[str]]:
    """Return the kinds of beats of each of `count` chapters."""
    trials: list[str] = grammar()["trials"]
    if count == 1:
        return [["ordinary", "find", "set_out", "elder", "turn", "choice", "after"]]
    if count == 2:
        return [OPENING, ["elder", "turn", "return", "choice", "after"]]
    middle = [["travel", trials[2 * i % 4], trials[(2 * i + 1) % 4]] for i in range(count - 2)]
    middle[-1] = ["travel", middle[-1][1], "elder", "turn"]
    if len(middle) > 1:
        middle[-2] = [*middle[-2], "quarrel"]
    return [OPENING, *middle, CLOSING]


def chapters(count: int, slots: StoryData, chance: random.Random) -> list[StoryData]:
    """Return the outline of every chapter: title, beats and ending."""
    words, outlines = grammar(), []
    places = [
        f"the {adjective} {noun}" for adjective in words["places"]["adjectives"] for noun in words["places"]["nouns"]
    ]
    chance.shuffle(places)
    for number, beats in enumerate(kinds(count), 1):
        here: StoryData = {**slots, "place": places[number % len(places)]}
        which = "first" if number == 1 else "last" if number == count else "turn" if "turn" in beats else "middle"
        heading = {"first": "the {thing}", "last": "twelve steps"}.get(which, "{place}")
        ending = filled(words["endings"][which if number < count else "last"], here)
        described = [filled(words["kinds"][kind]["beat"], here) for kind in beats]
        outlines.append({"title": _headline(filled(heading, here)), "beats": described, "ending": ending})
    return outlines


def _headline(text: str) -> str:
    small: Any = {"and", "of", "the", "a", "in"}
    words = [word if i and word in small else word[:1].upper() + word[1:] for i, word in enumerate(text.split())]
    return " ".join(words)
