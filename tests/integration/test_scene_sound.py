"""Lines that are heard from somewhere, where that is wished: from the script to what is bought."""

from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.audio.ports import SpeechRequest, SpeechResult
from chalicelib.audio.voices import VoicesConfig, load_voices
from tests.support.clock import ManualClock
from tests.support.providers import MemoryNarrator
from tests.support.testapp import TestApp


class Asked(MemoryNarrator):
    """A narrator that notes for what effect it is asked, by text."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.effects: dict[str, str | None] = {}

    def speak(self, request: SpeechRequest) -> SpeechResult:
        self.effects[request.text] = request.audio_effect
        return super().speak(request)


def voices(*, effects: bool) -> VoicesConfig:
    shipped = load_voices()
    traits = replace(shipped.traits, audio_effects=effects)
    return replace(shipped, scene_sound=True, models={**shipped.models, shipped.model: traits})


@pytest.mark.parametrize(("effects", "asked"), [(True, "phone"), (False, None)])
def test_a_line_on_the_phone_is_bought_without_its_direction(
    memory_aws: None, effects: bool, asked: str | None
) -> None:
    clock = ManualClock()
    narrator = Asked(clock)
    testapp = TestApp(clock=clock, narrator=narrator, voices=voices(effects=effects))
    story_id = testapp.create(num_chapters=1)
    testapp.generate(story_id, audio=False)
    testapp.run()
    path = f"/stories/{story_id}/chapters/1"
    lines: list[Any] = testapp.request("GET", path).json_body["script"]["lines"]
    lines[1]["text"] = "[on the phone] Is anybody there?"
    assert testapp.request("PUT", f"{path}/script", {"lines": lines}).status_code == 200
    quoted = testapp.request("POST", f"/stories/{story_id}/estimate", {"audio": True}).json_body["characters"]
    task = testapp.request("POST", f"/stories/{story_id}/audio", {}).json_body["task_id"]
    testapp.run()
    assert testapp.task(task)["status"] == "completed"
    assert narrator.effects["Is anybody there?"] == asked
    assert set(narrator.effects.values()) == {None, asked}
    assert quoted == sum(len(text) for text in narrator.effects)
    assert testapp.request("GET", path).json_body["script"]["lines"][1]["text"] == "[on the phone] Is anybody there?"
    captions = testapp.request("GET", f"{path}/captions").body.decode()
    assert "Is anybody there?" in captions
