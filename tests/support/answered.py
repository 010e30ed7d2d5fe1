"""Stories that were written by hand: an author whose answers lie in files, beside the requests that they answer.

A folder of tests/stories holds `story.json` (what was posted, and a rewrite that was asked for) and, for each call in
order, `01-outline.request.json` and `01-outline.answer.json`. With GOLDEN=write the test goes on until an answer is
missing, and leaves its request, so that somebody who knows only what it says can write the answer.
"""

import json
from pathlib import Path
from typing import Any

from chalicelib.audio.voices import load_voices
from chalicelib.story.config import load_config
from chalicelib.story.ports import Completion, CompletionRequest
from tests.support.testapp import TestApp, one_line_at_a_time

STORIES = Path(__file__).parents[1] / "stories"


class AnswerMissing(BaseException):
    """Nobody has answered this request yet."""


class AnsweringAuthor:
    """An author that gives the answers of a folder, one after the other, and notes what it was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, request: CompletionRequest) -> Completion:
        """Give the next answer; raise AnswerMissing."""
        name = f"{len(self.asked) + 1:02d}-{request.name}"
        self.asked.append((name, as_golden(request)))
        answer = self._folder / f"{name}.answer.json"
        if not answer.exists():
            raise AnswerMissing(name)
        return Completion(answer.read_text(encoding="utf-8"), 1000, 0, 500)


def as_golden(request: CompletionRequest) -> dict[str, Any]:
    """Return what a request tells its author, in a form that people can read; later messages are of a repair."""
    instructions, data, *repair = (message["content"] for message in request.messages)
    return {
        "instructions": instructions.splitlines(),
        "data": json.loads(data),
        "schema": request.schema,
        **({"repair": repair} if repair else {}),
    }


def golden_text(asked: dict[str, Any]) -> str:
    """Return a request as it stands in its file."""
    return json.dumps(asked, indent=1, ensure_ascii=False) + "\n"


def tell(folder: Path, author: AnsweringAuthor) -> tuple[TestApp, str]:
    """Have the story of a folder written, and rewritten where that was asked for; return its id, too."""
    asked_for = json.loads((folder / "story.json").read_text(encoding="utf-8"))
    testapp = TestApp(author=author, config=one_line_at_a_time(load_config()), voices=load_voices())
    story_id = testapp.create(**asked_for["story"])
    testapp.generate(story_id, audio=False)
    testapp.run()
    for rewrite in asked_for["rewrites"]:
        path = f"/stories/{story_id}/chapters/{rewrite['chapter']}/rewrite"
        response = testapp.request("POST", path, {"remark": rewrite["remark"]})
        assert response.status_code == 202, response.json_body
        testapp.run()
    return testapp, story_id
