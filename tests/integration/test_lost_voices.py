"""Voices that die: a narrator over HTTP that lacks some, or wants a plan for them, and stories that go on without.

What is bought is counted from the ledger of the stand-in narrator.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest

from chalicelib.audio.voices import load_voices
from chalicelib.domain.outline import NARRATOR
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.narrator.voices import account_sounds
from tests.support.clock import CountedIds, ManualClock
from tests.support.questions import short_chapters
from tests.support.testapp import TestApp, one_line_at_a_time

VOICES = load_voices()
SHORT = one_line_at_a_time(short_chapters(words=60))
ID = {voice.name: voice.voice_id for voice in VOICES.voices}
NAME = {voice_id: name for name, voice_id in ID.items()}


class Told:
    """A story of Ada, a young woman, and Bruno, an old man, narrated over HTTP; accounts are another narrator each."""

    def __init__(self, stack: ExitStack, **narrator: Any) -> None:
        self.clock, self.ids = ManualClock(), CountedIds()
        self._stack = stack
        self.account(**narrator)

    def account(self, **narrator: Any) -> None:
        """Go on with an account that has other voices."""
        self.narrator = self._stack.enter_context(NarratorServer(speech=Hum(), **narrator))
        env = {"ELEVENLABS_API_KEY": "test", "ELEVENLABS_BASE_URL": self.narrator.url}
        self.app = TestApp(clock=self.clock, ids=self.ids, env=env, own_narrator=False, voices=VOICES, config=SHORT)
        self._stack.callback(self.app.services.narrator.close)  # type: ignore[attr-defined]

    def sold(self) -> Counter[tuple[str, str]]:
        """Return how often each text was sold in which voice."""
        return Counter((str(call["text"]), NAME[call["voice_id"]]) for call in self.narrator.ledger.calls)

    def make(self, **fields: Any) -> str:
        """Make a story of two chapters and return its id."""
        story_id = self.app.create(**{"num_chapters": 2, "enhance": False, **fields})
        task_id = self.app.generate(story_id)
        self.app.run()
        assert self.app.task(task_id)["status"] == "completed", self.app.task(task_id)
        return story_id

    def narrate(self, story_id: str, *chapters: int) -> None:
        answer = self.app.request("POST", f"/stories/{story_id}/audio", {"chapters": list(chapters)})
        assert answer.status_code == 202, answer.body
        self.app.run()
        assert self.app.task(answer.json_body["task_id"])["status"] == "completed"

    def story(self, story_id: str) -> Any:
        return self.app.request("GET", f"/stories/{story_id}").json_body

    def change(self, story_id: str, **fields: Any) -> Any:
        answer = self.app.request("PATCH", f"/stories/{story_id}", fields)
        assert answer.status_code == 200, answer.body
        return answer.json_body

    def estimate(self, story_id: str, **fields: Any) -> Any:
        return self.app.request("POST", f"/stories/{story_id}/estimate", fields).json_body

    def lines(self, story_id: str, number: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.app.request("GET", f"/stories/{story_id}/chapters/{number}").json_body[
            "script"
        ]["lines"]
        return found


@pytest.fixture
def told(memory_aws: None) -> Iterator[Callable[..., Told]]:
    with ExitStack() as stack:
        yield lambda **narrator: Told(stack, **narrator)


def notices(story: Any) -> list[list[str]]:
    return [[notice["message"] for notice in chapter["notices"]] for chapter in story["chapters"]]


def casting(story: Any) -> dict[str, tuple[str, str | None]]:
    """Return the names of everybody's voice, and of the one that stands in for it."""
    return {one["speaker"]: (NAME[one["voice_id"]], NAME.get(one["heard_in"])) for one in story["casting"]}


def test_missing_voices_are_known_before_and_replaced_with_a_notice(told: Callable[..., Told]) -> None:
    story = told(lacks=[ID["Rachel"], ID["Sarah"]], needs_plan=[ID["Bill"]])
    story.app.services.roster.ask()
    listed = story.app.request("GET", "/voices").json_body["voices"]
    missing = {voice["name"] for voice in listed if voice["available"] is False}
    assert missing == {"Rachel", "Sarah"}
    draft = story.app.create(num_chapters=2)
    assert {voice["name"] for voice in story.estimate(draft, audio=True)["unavailable_voices"]} == missing
    story_id = story.make()
    done = story.story(story_id)
    assert casting(done) == {
        NARRATOR: ("George", None),
        "Ada": (casting(done)["Ada"][0], "Charlotte"),
        "Bruno": ("Bill", "Daniel"),
    }
    lost = casting(done)["Ada"][0]
    for messages in notices(done):
        assert any(
            f"does not know the voice {lost}, in which Ada speaks. Ada is heard in the voice Charlotte" in one
            for one in messages
        )
        assert any(
            "wants a paid plan for the voice Bill, in which Bruno speaks. Bruno is heard in the voice Daniel instead."
            " Choose another voice, or get a paid plan, and narrate the chapter again." in one
            for one in messages
        )
    assert {notice["code"] for chapter in done["chapters"] for notice in chapter["notices"]} == {"voice_replaced"}
    assert max(story.sold().values()) == 1
    # What only speaking showed is known to the next story.
    assert {voice["name"] for voice in story.estimate(draft, audio=True)["unavailable_voices"]} == {*missing, "Bill"}


def test_an_old_story_whose_voice_died_is_recast_and_only_that_speaker_is_bought(told: Callable[..., Told]) -> None:
    story = told()
    story_id = story.make()
    before = story.story(story_id)
    assert [casting(before)[name][1] for name in (NARRATOR, "Ada", "Bruno")] == [None] * 3
    story.account(lacks=[before["voices"]["Bruno"]])
    changed = story.change(story_id, voices={"Bruno": ID["Daniel"]})
    assert changed["voices"] == {**before["voices"], "Bruno": ID["Daniel"]}
    assert [chapter["audio"]["out_of_date"] for chapter in changed["chapters"]] == [True, True]
    of_bruno = {
        line["text"] for number in (1, 2) for line in story.lines(story_id, number) if line["speaker"] == "Bruno"
    }
    priced = story.estimate(story_id, audio=True, chapters=[1, 2])
    assert priced["characters"] == sum(map(len, of_bruno))
    assert "unavailable_voices" not in priced
    story.narrate(story_id, 1, 2)
    assert story.sold() == Counter((text, "Daniel") for text in of_bruno)
    done = story.story(story_id)
    assert [chapter["audio"]["out_of_date"] for chapter in done["chapters"]] == [False, False]
    assert notices(done) == [[], []]
    assert next(one["reason"] for one in done["casting"] if one["speaker"] == "Bruno") == "person"


def test_a_change_that_is_taken_back_leaves_everything_up_to_date(told: Callable[..., Told]) -> None:
    story = told()
    story_id = story.make()
    own = story.story(story_id)["voices"]["Ada"]
    story.change(story_id, voices={"Ada": ID["Charlotte"]})
    back = story.change(story_id, voices={"Ada": own})
    assert [chapter["audio"]["out_of_date"] for chapter in back["chapters"]] == [False, False]
    assert story.estimate(story_id, audio=True)["characters"] == 0


def test_lines_that_were_bought_stay_in_the_voice_that_died(told: Callable[..., Told]) -> None:
    story = told()
    story_id = story.make()
    own = NAME[story.story(story_id)["voices"]["Bruno"]]
    story.account(lacks=[ID[own]])
    lines = story.lines(story_id, 1)
    bruno = next(line for line in lines if line["speaker"] == "Bruno")
    bruno["text"] = "I say it otherwise now."
    body = {"lines": lines}
    assert story.app.request("PUT", f"/stories/{story_id}/chapters/1/script", body).status_code == 200
    story.narrate(story_id, 1)
    [(text, name)] = story.sold()
    assert (text, name != own) == ("I say it otherwise now.", True)
    assert f"Bruno is heard in the voice {name} instead" in notices(story.story(story_id))[0][0]
    assert notices(story.story(story_id))[1] == []


def test_a_voice_that_is_back_is_heard_again_where_it_is_chosen_again(told: Callable[..., Told]) -> None:
    story = told(lacks=[ID["Bill"]])
    story_id = story.make()
    assert casting(story.story(story_id))["Bruno"] == ("Bill", "Daniel")
    story.account()
    story.app.services.roster.ask()
    changed = story.change(story_id, voices={"Bruno": ID["Bill"]})
    assert casting(changed)["Bruno"] == ("Bill", None)
    assert [chapter["audio"]["out_of_date"] for chapter in changed["chapters"]] == [True, True]
    story.narrate(story_id, 1, 2)
    assert {name for _, name in story.sold()} == {"Bill"}
    assert notices(story.story(story_id)) == [[], []]


def test_an_account_without_any_voice_ends_the_story_with_the_reason(told: Callable[..., Told]) -> None:
    story = told(lacks=list(account_sounds()))
    story_id = story.app.create(num_chapters=1, enhance=False)
    task_id = story.app.generate(story_id)
    story.app.run()
    task = story.app.task(task_id)
    assert (task["status"], task["error_code"]) == ("failed", "provider_rejected")
    assert "does not know the voice" in task["error"]
    assert story.sold() == Counter()


def test_pronunciations_change_what_is_sent_and_nothing_that_is_read(told: Callable[..., Told]) -> None:
    story = told()
    story_id = story.make(pronunciations={"night": "nite"})
    shown = [line["text"] for line in story.lines(story_id, 1)]
    assert shown[-1] == "Good night."
    assert ("Good nite.", NAME[story.story(story_id)["voices"][NARRATOR]]) in story.sold()
    assert "Good night." in story.app.request("GET", f"/stories/{story_id}/chapters/1/captions").body.decode()
    before = story.sold()
    word = shown[0].split()[4]
    changed = story.change(story_id, pronunciations={"night": "nite", word: "so to say"})
    assert next(chapter["audio"]["out_of_date"] for chapter in changed["chapters"]) is True
    story.narrate(story_id, 1)
    bought = story.sold() - before
    assert bought and all("so to say" in text for text, _ in bought)
    assert [line["text"] for line in story.lines(story_id, 1)] == shown


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"voices": {"Nobody": ID["Bill"]}}, 400, "voices: Nobody is not in the cast; it has Narrator, Ada, Bruno."),
        ({"voices": {"Ada": "of-nobody"}}, 400, "voices: of-nobody is not one of the configured voices"),
        ({"pronunciations": {"!": "x"}}, 400, "pronunciations: Expected words with a letter or a digit"),
        ({"pronunciations": {"Ada": "[x]"}}, 400, "pronunciations: Ada: Expected how to say it"),
        ({"prompt": "Another"}, 409, "prompt: The story is planned already"),
    ],
)
def test_what_cannot_change_names_the_field(told: Callable[..., Told], fields: Any, status: int, said: str) -> None:
    story = told()
    story_id = story.make()
    answer = story.app.request("PATCH", f"/stories/{story_id}", fields)
    assert (answer.status_code, said in answer.json_body["Message"]) == (status, True), answer.body


def test_nothing_of_the_cast_changes_while_a_task_runs(told: Callable[..., Told]) -> None:
    story = told()
    story_id = story.make()
    assert story.app.request("POST", f"/stories/{story_id}/chapters/1/rewrite", {}).status_code == 202
    assert story.app.request("PATCH", f"/stories/{story_id}", {"voices": {"Ada": ID["Sarah"]}}).status_code == 409


def test_the_one_who_tells_and_the_narrator_have_one_voice(told: Callable[..., Told]) -> None:
    story = told()
    story_id = story.make()
    user, services = "ann", story.app.services
    kept = services.stories.get(user, story_id)
    assert kept.outline is not None
    first = msgspec.structs.replace(kept.outline.narrator, person="first", character="Ada")
    outline = msgspec.structs.replace(kept.outline, narrator=first)
    assert services.stories.recast(msgspec.structs.replace(kept, outline=outline))
    for speaker in ("Ada", NARRATOR):
        voices = story.change(story_id, voices={speaker: ID["Dorothy" if speaker == "Ada" else "Sarah"]})["voices"]
        assert voices["Ada"] == voices[NARRATOR]


def test_a_sample_is_free_and_of_no_voice_that_has_none(told: Callable[..., Told]) -> None:
    story = told()
    assert story.app.request("GET", f"/voices/{ID['Bill']}/preview").status_code == 404
    story.app.services.roster.ask()
    answer = story.app.request("GET", f"/voices/{ID['Bill']}/preview")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(story.narrator.url)
    assert story.app.request("GET", "/voices/nobody/preview").status_code == 404
    assert story.sold() == Counter()
