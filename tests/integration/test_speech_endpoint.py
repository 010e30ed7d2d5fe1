"""A narrator behind OpenAI's /audio/speech, through the openai SDK, against a server that behaves as Kokoro-FastAPI.

How the others refuse is read in their sources:

- speaches (870e1e1): src/speaches/routers/speech.py, routers/utils.py, dependencies.py. Errors are {"detail": "..."}, a
  missing or wrong key is a 403, a model that was not downloaded a 404; an unknown voice is noticed while it streams.
- LocalAI (82c191a): core/http/app.go, core/http/auth/middleware.go, core/http/middleware/request.go. Errors are
  {"error": {"code", "message", "type"}}, without a body if they are opaque; it answers WAV where it is asked for it.
- LiteLLM: litellm/proxy, and https://github.com/BerriAI/litellm/issues/33026 (a 500 for what is a 4xx beneath).
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import Any

import msgspec
import pytest

from chalicelib.audio.decoding import looks_like_audio
from chalicelib.audio.ports import SpeechRequest
from chalicelib.audio.voices import load_voices
from chalicelib.errors import ConfigError, ProviderFault
from chalicelib.pipeline.failure import classify, retry_decision
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.providers.speech_endpoint import SpeechEndpointNarrator
from chalicelib.settings import CONFIGS
from chalicelib.store.tables import UsageItem
from tests.support.kokoro import VOICES, KokoroServer
from tests.support.providers import MemoryAuthor
from tests.support.testapp import TestApp

TEXT = "The lamp is mine"
ADA = SpeechRequest(TEXT, "af_bella", "kokoro", "mp3", {"speed": 1.0}, speaker="Ada", voice_name="Bella")
KOKORO = load_voices(CONFIGS / "voices_config.kokoro.json")


@pytest.fixture
def kokoro() -> Iterator[KokoroServer]:
    with KokoroServer() as server:
        yield server


Speak = Callable[..., bytes]


@pytest.fixture
def speak(kokoro: KokoroServer) -> Iterator[Speak]:
    """Have one line spoken; the SDK may ask once."""

    def spoken(request: SpeechRequest = ADA, key: str = "none", timeout_s: float = 20) -> bytes:
        before = len(kokoro.calls)
        with closing(SpeechEndpointNarrator(lambda: key, kokoro.base_url, timeout_s)) as narrator:
            try:
                result = narrator.speak(request)
            finally:
                assert len(kokoro.calls) == before + 1
        assert result.characters == len(request.text)
        return result.audio

    yield spoken


def test_a_line_is_spoken_without_a_length_a_price_or_a_key(kokoro: KokoroServer, speak: Speak) -> None:
    assert looks_like_audio(speak())
    assert kokoro.calls == [
        {"model": "kokoro", "input": TEXT, "voice": "af_bella", "response_format": "mp3", "speed": 1.0}
    ]
    assert kokoro.keys == {"Bearer none"}


@pytest.mark.parametrize("output_format", ["mp3", "mp3_44100_128", "wav", "flac", "opus", "aac"])
def test_every_format_that_can_be_told_from_noise_is_taken(speak: Speak, output_format: str) -> None:
    assert looks_like_audio(speak(replace(ADA, output_format=output_format)))


def test_fields_of_the_server_itself_can_be_set_and_a_key_is_sent(kokoro: KokoroServer, speak: Speak) -> None:
    speak(replace(ADA, settings={"speed": 0.9, "volume_multiplier": 1.2, "stream": False}), key="sk-speech")
    assert kokoro.calls[0].items() >= {"speed": 0.9, "volume_multiplier": 1.2, "stream": False}.items()
    assert kokoro.keys == {"Bearer sk-speech"}


def fault_of(speak: Speak, request: SpeechRequest = ADA, **options: Any) -> ProviderFault:
    with pytest.raises(ProviderFault) as caught:
        speak(request, **options)
    return caught.value


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"voice_id": "nobody"}, 400, "a line of Ada in the voice Bella (status 400, validation_error)"),
        ({"model": "eleven_v4"}, 400, "does not offer the model eleven_v4"),
        ({"output_format": "ogg"}, 422, "status 422"),
        ({"settings": {"speed": 9}}, 422, "status 422"),
    ],
)
def test_what_kokoro_refuses_is_told_with_character_voice_and_model(
    speak: Speak, change: dict[str, Any], status: int, said: str
) -> None:
    fault = fault_of(speak, replace(ADA, **change))
    failure = classify(fault)
    assert (failure.kind, failure.code, fault.status) == ("permanent", "provider_rejected", status)
    assert said in failure.sentence
    assert "voices_config.json" in failure.sentence
    assert "Available" not in failure.sentence


def openai_error(**facts: object) -> dict[str, object]:
    return {"error": {"message": f"quotes {TEXT!r}", **facts}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "said"),
    [
        # Kokoro-FastAPI
        (500, {"detail": {"error": "processing_error", "message": TEXT}}, "transient", "provider_unavailable", "overl"),
        (404, {"detail": "Not Found"}, "permanent", "provider_rejected", "SPEECH_BASE_URL, which ends in /v1"),
        # speaches
        (403, {"detail": f"API key required for {TEXT}."}, "permanent", "invalid_credentials", "SPEECH_API_KEY"),
        (404, {"detail": f"Model {TEXT} is not installed."}, "permanent", "provider_rejected", "the model kokoro"),
        (422, {"detail": f"Speed {TEXT}"}, "permanent", "provider_rejected", "status 422"),
        (500, "Internal Server Error", "transient", "provider_unavailable", "overloaded"),
        # LocalAI
        (
            401,
            openai_error(code=401, type="invalid_request_error"),
            "permanent",
            "invalid_credentials",
            "SPEECH_API_KEY",
        ),
        (
            404,
            openai_error(code=404, type="invalid_request_error"),
            "permanent",
            "provider_rejected",
            "the model kokoro",
        ),
        (500, openai_error(code=500, type=""), "transient", "provider_unavailable", "overloaded"),
        (401, "", "permanent", "invalid_credentials", "SPEECH_API_KEY"),
        # LiteLLM
        (
            401,
            openai_error(type="auth_error", param="None", code="401"),
            "permanent",
            "invalid_credentials",
            "SPEECH_API",
        ),
        (
            400,
            openai_error(type="budget_exceeded", param="None", code="400"),
            "permanent",
            "quota_exceeded",
            "speech server",
        ),
        (429, openai_error(type="None", code="429"), "transient", "provider_unavailable", "overloaded"),
        (500, openai_error(type="internal_server_error"), "transient", "provider_unavailable", "overloaded"),
        # a success that is none
        (200, "", "transient", "provider_unavailable", "not audio"),
        (200, {"detail": TEXT}, "transient", "provider_unavailable", "not audio"),
        (200, "<html>Please sign in", "transient", "provider_unavailable", "not audio"),
    ],
)
def test_what_the_other_servers_refuse_is_told_apart(
    kokoro: KokoroServer, speak: Speak, status: int, body: object, kind: str, code: str, said: str
) -> None:
    kokoro.spoil = lambda _number, _body: (status, body)
    fault = fault_of(speak)
    failure = classify(fault)
    assert (failure.kind, failure.code) == (kind, code)
    assert said in failure.sentence
    assert failure.sentence.startswith("The ")
    assert TEXT not in failure.sentence + str(fault)
    assert "ElevenLabs" not in failure.sentence
    assert not fault.uncertain
    assert retry_decision(fault) == ("once more" if kind == "transient" else "stop")


def test_a_server_that_hangs_up_in_the_middle_is_asked_again(kokoro: KokoroServer, speak: Speak) -> None:
    def broken(_number: int, _body: dict[str, Any]) -> None:
        raise BrokenPipeError

    kokoro.spoil = broken
    fault = fault_of(speak)
    assert (fault.cause, classify(fault).kind, retry_decision(fault)) == ("connection", "transient", "once more")


def test_a_server_that_is_not_there(kokoro: KokoroServer) -> None:
    with KokoroServer() as gone:
        base_url = gone.base_url
    with (
        closing(SpeechEndpointNarrator(lambda: "none", base_url, 5)) as narrator,
        pytest.raises(ProviderFault) as caught,
    ):
        narrator.speak(ADA)
    failure = classify(caught.value)
    assert (failure.kind, caught.value.uncertain) == ("transient", False)
    assert failure.sentence.startswith("The speech server cannot be reached. Check that it runs, and SPEECH_BASE_URL.")


def test_an_answer_that_takes_longer_than_a_call_may_is_given_up(kokoro: KokoroServer) -> None:
    minutes = count(0.0, 60.0)
    with (
        closing(SpeechEndpointNarrator(lambda: "none", kokoro.base_url, 59, lambda: next(minutes))) as narrator,
        pytest.raises(ProviderFault) as caught,
    ):
        narrator.speak(ADA)
    failure = classify(caught.value)
    assert (caught.value.cause, failure.kind, failure.code) == ("timeout", "transient", "timeout")
    assert failure.sentence.startswith("The speech server did not answer in time.")
    assert caught.value.uncertain


def test_the_example_configuration_fits_the_server() -> None:
    assert {voice.voice_id for voice in KOKORO.voices} <= set(VOICES)
    assert (KOKORO.model, KOKORO.output_format) == ("kokoro", "mp3")
    assert {(voice.gender, voice.voice_id[1]) for voice in KOKORO.voices} == {("female", "f"), ("male", "m")}
    assert {(voice.accent, voice.voice_id[0]) for voice in KOKORO.voices} == {("american", "a"), ("british", "b")}


def narrated_by(testapp: TestApp, kokoro: KokoroServer, **env: str) -> TestApp:
    """Return the application with the example configuration and SPEECH_BASE_URL."""
    return TestApp(
        clock=testapp.clock,
        author=MemoryAuthor(testapp.clock),
        voices=KOKORO,
        env={"SPEECH_BASE_URL": kokoro.base_url, "SPEECH_API_KEY": "none", **env},
        own_narrator=False,
    )


def test_a_whole_story_is_narrated_for_nothing(testapp: TestApp, kokoro: KokoroServer) -> None:
    app = narrated_by(testapp, kokoro)
    story_id = app.create(num_chapters=2)
    task = app.task(app.generate(story_id))
    app.run()
    task = app.task(task["task_id"])
    assert (task["status"], task["progress"], task["error"]) == ("completed", 100, None)
    story = app.request("GET", f"/stories/{story_id}").json_body
    assert all(chapter["audio"]["duration"] > 1 for chapter in story["chapters"])
    assert set(story["voices"].values()) <= {voice.voice_id for voice in KOKORO.voices}
    assert len(kokoro.calls) == kokoro.spoken == 7  # four lines a chapter, of which one stands in both
    lines = [record for record in UsageItem.query("ann") if record.kind == "line"]
    assert len(lines) == 7
    assert {float(record.cost_usd) for record in lines} == {0.0}


def test_a_fault_in_the_middle_ends_no_book_and_buys_no_line_twice(testapp: TestApp, kokoro: KokoroServer) -> None:
    def spoil(number: int, _body: dict[str, Any]) -> tuple[int, Any] | None:
        if number == 1:
            return 500, {"detail": {"error": "processing_error", "type": "server_error"}}
        if number == 3:
            raise BrokenPipeError
        return None

    kokoro.spoil = spoil
    app = narrated_by(testapp, kokoro)
    task_id = app.generate(app.create(num_chapters=1))
    app.run()
    assert app.task(task_id)["status"] == "completed"
    assert (len(kokoro.calls), kokoro.spoken) == (6, 4)


def test_a_voice_that_the_server_does_not_list_is_replaced(testapp: TestApp, kokoro: KokoroServer) -> None:
    narrator = msgspec.structs.replace(KOKORO.voices[0], voice_id="af_nobody", name="Nobody")
    voices = msgspec.structs.replace(KOKORO, narrator="af_nobody", voices=[narrator, *KOKORO.voices[1:]])
    app = TestApp(
        clock=testapp.clock,
        voices=voices,
        env={"SPEECH_BASE_URL": kokoro.base_url, "SPEECH_API_KEY": "none"},
        own_narrator=False,
    )
    story_id = app.create(num_chapters=1)
    task_id = app.generate(story_id)
    app.run()
    assert app.task(task_id)["status"] == "completed"
    [notice] = app.request("GET", f"/stories/{story_id}").json_body["chapters"][0]["notices"]
    assert notice["code"] == "voice_replaced"
    assert "The speech server does not know the voice Nobody, in which the Narrator speaks." in notice["message"]
    assert "af_nobody" not in {call["voice"] for call in kokoro.calls}


def test_who_narrates_is_decided_by_the_environment(testapp: TestApp, kokoro: KokoroServer) -> None:
    assert isinstance(narrated_by(testapp, kokoro).services.narrator, SpeechEndpointNarrator)
    elevenlabs = TestApp(clock=testapp.clock, env={"SPEECH_BASE_URL": "", "ELEVENLABS_API_KEY": "none"})
    assert isinstance(elevenlabs.services.narrator, ElevenLabsNarrator)


def test_a_configuration_for_another_server_is_refused_where_elevenlabs_is_to_speak(testapp: TestApp) -> None:
    app = TestApp(clock=testapp.clock, voices=KOKORO)
    with pytest.raises(ConfigError, match=r"output_format: ElevenLabs has no mp3\. .* SPEECH_BASE_URL"):
        app.services.voices  # noqa: B018 # it is read when it is first needed
