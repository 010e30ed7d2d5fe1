"""A chapter that is written again: what stays is not bought again, and who is new has a voice."""

from collections import Counter
from typing import Any

from tests.support.clock import ManualClock
from tests.support.providers import MemoryAuthor
from tests.support.testapp import TestApp


class Keeping(MemoryAuthor):
    """An author who changes the second line, adds one of somebody new, and keeps the others as it should."""

    def _reply(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        reply = super()._reply(name, data)
        if "earlier_lines" not in data:
            return reply
        kept = [{"line_id": line["line_id"]} for line in data["earlier_lines"]]
        changed = {"line_id": kept[1]["line_id"], "speaker": "Ada", "text": f"It is raining. {data['remark']}"}
        new = {"line_id": "", "speaker": "The Owl", "text": "Who is there?"}
        return {
            **reply,
            "lines": [kept[0], changed, new, *kept[2:]],
            "new_speakers": [{"name": "The Owl", "gender": "male", "age": "old", "role": "a guest"}],
        }


def test_lines_bought_are_lines_changed_and_a_new_speaker_is_cast(memory_aws: None) -> None:
    clock = ManualClock()
    testapp = TestApp(clock=clock, author=Keeping(clock))
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    path = f"/stories/{story_id}/chapters/1"
    before = testapp.request("GET", path).json_body
    cast = testapp.request("GET", f"/stories/{story_id}").json_body
    bought = Counter(testapp.narrator.bought)
    assert (
        testapp.request("POST", f"{path}/rewrite", {"remark": "Bring in an owl that has something to say"}).status_code
        == 202
    )
    testapp.run()
    assert testapp.request("POST", f"/stories/{story_id}/audio", {"chapters": [1]}).status_code == 202
    testapp.run()
    after = testapp.request("GET", path).json_body
    assert after["status"] == "completed"
    texts = {line["line_id"]: line["text"] for line in before["script"]["lines"]}
    same = [line for line in after["script"]["lines"] if texts.get(line["line_id"]) == line["text"]]
    assert len(same) == len(texts) - 1
    assert sorted(text for text, _ in testapp.narrator.bought - bought) == [
        "It is raining. Bring in an owl that has something to say",
        "Who is there?",
    ]
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert story["cast"] == [*cast["cast"], "The Owl"]
    assert {name: story["voices"][name] for name in cast["voices"]} == cast["voices"]
    assert story["voices"]["The Owl"] not in cast["voices"].values()
    # Directions of what stayed were not written again either.
    directed = {line["line_id"]: line["tags"] for line in before["enhanced"]["lines"]}
    now = {line["line_id"]: line["tags"] for line in after["enhanced"]["lines"]}
    assert all(now[line["line_id"]] == directed[line["line_id"]] for line in same)


def test_without_a_remark_a_chapter_is_brought_in_line(memory_aws: None) -> None:
    clock = ManualClock()
    testapp = TestApp(clock=clock, author=Keeping(clock))
    story_id = testapp.create(num_chapters=2, enhance=False)
    testapp.generate(story_id, audio=False)
    testapp.run()
    lines = testapp.request("GET", f"/stories/{story_id}/chapters/1").json_body["script"]["lines"]
    lines[0]["text"] = "Ada is called Ann from now on."
    assert testapp.request("PUT", f"/stories/{story_id}/chapters/1/script", {"lines": lines}).status_code == 200
    assert testapp.request("GET", f"/stories/{story_id}").json_body["chapters"][1]["based_on_older"] is True
    assert testapp.request("POST", f"/stories/{story_id}/chapters/2/rewrite", {}).status_code == 202
    testapp.run()
    told = testapp.author.asked[-1][1]
    assert told["remark"] == ""
    assert any(note["kind"] == "changed" for note in told["memory"])
    assert testapp.request("GET", f"/stories/{story_id}").json_body["chapters"][1]["based_on_older"] is False
