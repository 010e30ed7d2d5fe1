"""A book of thirty chapters whose author remembers far too much: what is told of it to the last chapter."""

import json
from typing import Any

from chalicelib.domain.memory import LONGEST_MEMORY
from chalicelib.story.ports import Completion, CompletionRequest
from chalicelib.story.telling import LONGEST_PAST
from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor
from tests.support.testapp import TestApp

CHAPTERS = 30

CHARACTERS_A_TOKEN = 3
"""Fewer than models need for English, which is four: the bound holds for other languages, too."""


class Chatty(MemoryAuthor):
    """An author that notes sixty things in every chapter, plants one, and summarizes at length."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.sizes: list[int] = []

    def ask(self, request: CompletionRequest) -> Completion:
        self.sizes.append(
            sum(len(message["content"]) for message in request.messages) + len(json.dumps(request.schema))
        )
        return super().ask(request)

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(name, data)
        if name == "chapter":
            number = data["chapter"]["number"]
            notes: list[dict[str, Any]] = [
                {"kind": "knows", "about": "Ada", "note": f"In chapter {number} Ada learns thing {n} of {'x' * 250}."}
                for n in range(60)
            ]
            notes.insert(30, {"kind": "planted", "about": "box", "note": f"Box {number} stays shut.", "open": True})
            if number == 3:
                notes.append({"kind": "changed", "about": "Bruno", "note": "Bruno is dead.", "open": False})
            # What was planted in every second chapter is found in the next one.
            settled = [
                note["id"] for note in data["memory"] if note["note"] == f"Box {number - 1} stays shut." and number % 2
            ]
            reply["memory"] = {"notes": notes, "settled": settled}
            reply["summary"] = f"Summary of chapter {number}. " + "They walk on and talk of everything. " * 300
        return reply


def test_thirty_chapters_of_an_author_that_remembers_too_much(memory_aws: None) -> None:
    clock = ManualClock()
    author = Chatty(clock)
    testapp = TestApp(clock=clock, author=author)
    task_id = testapp.generate(testapp.create(num_chapters=CHAPTERS, enhance=False), audio=False)
    testapp.run()
    assert testapp.task(task_id)["status"] == "completed", testapp.task(task_id)
    assert max(author.sizes) / CHARACTERS_A_TOKEN < 60_000
    last = author.asked[-1][1]
    assert last["chapter"]["number"] == CHAPTERS
    told = {note["note"]: note for note in last["memory"]}
    assert len(json.dumps(last["memory"])) < 1.1 * LONGEST_MEMORY
    assert len(last["summary_so_far"]) < 1.1 * LONGEST_PAST
    # Kept: every box that is still shut, from the first chapter on, and who died.
    shut = [note["note"] for note in last["memory"] if note["open"]]
    assert shut[0] == "Box 1 stays shut."
    assert shut == [f"Box {number} stays shut." for number in range(1, CHAPTERS) if number % 2]
    assert "Bruno is dead." in told
    # Forgotten: the oldest of what only passes; the newest is still known.
    known = {int(note["id"].partition(".")[0]) for note in last["memory"] if note["kind"] == "knows"}
    assert known
    assert max(known) == CHAPTERS - 1
    assert min(known) > CHAPTERS // 2
    # The first chapters are told in their first words, the last one whole.
    summaries = last["summary_so_far"].splitlines()
    assert summaries[0].startswith("Chapter 1: Summary of chapter 1.")
    assert len(summaries[0]) < 300 < len(summaries[-1])
    assert [one["number"] for one in last["chapters_so_far"]] == list(range(1, CHAPTERS))
