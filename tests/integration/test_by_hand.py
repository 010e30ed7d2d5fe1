"""Stories whose author was a person who knew only what each request says: what every call is told, word for word.

`GOLDEN=write` writes the requests anew, after a change of the prompts that is meant.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.answered import STORIES, AnsweringAuthor, AnswerMissing, golden_text, tell

FOLDERS = sorted(path.parent for path in STORIES.glob("*/story.json"))


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def told(request: pytest.FixtureRequest, memory_aws: None) -> tuple[Path, list[tuple[str, dict[str, Any]]], Any]:
    """Return a story's folder, what its author was asked, and the chapters that came of it."""
    folder = request.param
    author = AnsweringAuthor(folder)
    missing, chapters = "", []
    try:
        testapp, story_id = tell(folder, author)
        story = testapp.request("GET", f"/stories/{story_id}").json_body
        for chapter in story["chapters"]:
            path = f"/stories/{story_id}/chapters/{chapter['number']}"
            chapters.append(testapp.request("GET", path).json_body)
    except AnswerMissing as unanswered:
        missing = str(unanswered)
    if os.environ.get("GOLDEN") == "write":
        for name, asked in author.asked:
            (folder / f"{name}.request.json").write_text(golden_text(asked), encoding="utf-8")
    assert not missing, f"Answer {folder}/{missing}.request.json in {folder}/{missing}.answer.json."
    return folder, author.asked, chapters


def test_every_call_is_told_what_is_committed(told: Any) -> None:
    folder, asked, _ = told
    assert {name for name, _ in asked} == {path.name.split(".")[0] for path in folder.glob("*.request.json")}
    for name, request in asked:
        assert request == json.loads((folder / f"{name}.request.json").read_text(encoding="utf-8")), name


def test_a_third_chapter_is_told_all_that_was_wished_and_all_that_happened(told: Any) -> None:
    folder, asked, _ = told
    wish = json.loads((folder / "story.json").read_text(encoding="utf-8"))["story"]
    chapters = [request["data"] for _, request in asked if "paragraphs" not in request["data"]][1:]
    third = next(data for data in chapters if data["chapter"]["number"] == 3)
    for name in ("prompt", "audience", "tone", "point_of_view"):
        assert third[name] == wish.get(name, None)
    assert {note["id"].split(".")[0] for note in third["memory"]} == {"1", "2"}
    assert [bool(one["opening"] and one["ending"]) for one in third["chapters_so_far"]] == [True, True]
    assert third["summary_so_far"].count("Chapter ") == 2
    assert third["previous_text"]
    assert third["next_chapter"] is None


def test_a_rewrite_is_told_the_remark_and_what_follows(told: Any) -> None:
    folder, asked, chapters = told
    ordered = json.loads((folder / "story.json").read_text(encoding="utf-8"))["rewrites"][0]
    rewrite = next(request["data"] for _, request in asked if "remark" in request["data"])
    assert rewrite["remark"] == ordered["remark"]
    assert [one["number"] for one in rewrite["follows"]] == [3]
    first_line = chapters[2]["script"]["lines"][0]
    assert rewrite["next_text"].startswith(f"{first_line['speaker']}: {first_line['text']}")
    kept = {line["line_id"]: line["text"] for line in rewrite["earlier_lines"]}
    after = {line["line_id"]: line["text"] for line in chapters[1]["script"]["lines"]}
    same = [line_id for line_id, text in after.items() if kept.get(line_id) == text]
    # A strong author keeps what the remark does not touch.
    assert len(same) > 0.5 * len(kept)
    assert len(after) > len(same)


def test_a_first_person_story_in_german_is_german_in_all_that_is_heard_and_read(memory_aws: None) -> None:
    folder = STORIES / "zimmer-vierzehn"
    testapp, story_id = tell(folder, AnsweringAuthor(folder))
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]}).status_code == 202
    testapp.run()
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    teller = json.loads((folder / "01-outline.answer.json").read_text(encoding="utf-8"))["narrator"]["character"]
    assert story["voices"]["Narrator"] == story["voices"][teller]
    assert story["language"] == "de"
    captions = testapp.request("GET", f"/stories/{story_id}/chapters/1/captions").body.decode()
    speakers = set(re.findall("<v ([^>]*)>", captions))
    assert "Erz\u00e4hler" in speakers
    assert "Narrator" not in speakers
    # What a listener hears, sees and keeps: no word of ours in another language is among it.
    keys = testapp.services.objects.keys(f"stories/{story_id}/chapters/")
    [key] = [key for key in keys if key.endswith(".mp3")]
    stored = testapp.services.objects.get(key)
    assert stored is not None
    tags = stored.data[:4096].decode("latin-1").replace("\x00", "")
    assert "Chapter" not in tags
    assert "Narrator" not in tags
    spoken = " ".join(text for text, _ in testapp.narrator.bought)
    assert not re.search(r"\d|\b(the|and|chapter|he|she)\b", spoken, re.IGNORECASE)
