"""Our own speech server over HTTP, asked by the openai SDK as Fireside asks; a tone speaks in the place of Kokoro."""

import http.client
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from wave import open as open_wave

import httpx
import numpy as np
import openai
import pytest

from chalicelib.audio.decoding import decode_clip, looks_like_audio
from chalicelib.audio.ports import SpeechRequest
from chalicelib.audio.tools import Ffmpeg
from chalicelib.audio.voices import load_voices
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import classify
from chalicelib.providers.speech_endpoint import SpeechEndpointNarrator
from chalicelib.settings import CONFIGS
from local.kokoro.encoding import CODECS
from local.kokoro.model import SAMPLE_RATE, Samples, Unspeakable
from local.kokoro.server import MOST_BODY, KokoroServer
from tests.support.kokoro import VOICES
from tests.support.providers import MemoryAuthor
from tests.support.testapp import TestApp

ADA = SpeechRequest("The lamp is mine", "af_bella", "kokoro", "mp3", {"speed": 1.0}, speaker="Ada", voice_name="Bella")
ENGLISH = [voice for voice in VOICES if voice[0] in "ab"]
KEY = "the key of these tests"


class Tone:
    """A voice that says a tenth of a second for each word; `said` is what it was asked for."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, float]] = []
        self.act: Callable[[], object] = lambda: None

    def speak(self, text: str, voice: str, speed: float) -> Samples:
        self.said.append((text, voice, speed))
        self.act()
        if not text.isascii():
            raise Unspeakable
        seconds = len(text.split()) / 10 / speed
        wave: Samples = np.sin(np.arange(int(seconds * SAMPLE_RATE), dtype=np.float32) / 20).astype(np.float32)
        return wave


@pytest.fixture
def tone() -> Tone:
    return Tone()


@pytest.fixture
def server(tone: Tone) -> Iterator[KokoroServer]:
    with KokoroServer(tone.speak, ENGLISH, at_once=2, key=KEY) as running:
        yield running


def spoken(server: KokoroServer, request: SpeechRequest = ADA, key: str = KEY) -> bytes:
    with closing(SpeechEndpointNarrator(lambda: key, server.base_url, 20)) as narrator:
        return narrator.speak(request).audio


def fault_of(server: KokoroServer, request: SpeechRequest = ADA, key: str = KEY) -> ProviderFault:
    with pytest.raises(ProviderFault) as caught:
        spoken(server, request, key)
    return caught.value


def test_a_line_is_spoken(server: KokoroServer, tone: Tone) -> None:
    assert looks_like_audio(spoken(server))
    assert tone.said == [("The lamp is mine", "af_bella", 1.0)]


@pytest.mark.parametrize("name", ["mp3", "mp3_44100_128", "wav", "flac", "opus", "aac"])
def test_every_format_has_the_length_of_what_was_said(
    server: KokoroServer, ffmpeg: Ffmpeg, tmp_path: Path, name: str
) -> None:
    audio = spoken(server, replace(ADA, text="four words " * 10, output_format=name))
    assert looks_like_audio(audio)
    assert decode_clip(ffmpeg, audio, tmp_path / "clip").seconds == pytest.approx(2.0, abs=0.15)


def test_pcm_and_wav_are_the_samples_themselves(server: KokoroServer) -> None:
    with openai.OpenAI(api_key=KEY, base_url=server.base_url, max_retries=0) as client:
        sent = {"model": "tts-1", "input": "One two", "voice": "bm_lewis"}
        pcm = client.audio.speech.create(**sent, response_format="pcm").content  # type: ignore[arg-type]
        whole = client.audio.speech.create(**sent, response_format="wav").content  # type: ignore[arg-type]
    with open_wave(io.BytesIO(whole)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (SAMPLE_RATE, 1, 4800)
        assert file.readframes(4800) == pcm


def test_the_speed_is_obeyed(server: KokoroServer, tone: Tone) -> None:
    spoken(server, replace(ADA, settings={"speed": 0.8, "volume_multiplier": 2.0}))  # it ignores what it does not know
    assert tone.said[0][2] == 0.8


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"voice_id": "nobody"}, 400, "a line of Ada in the voice Bella"),
        ({"voice_id": "jf_alpha"}, 400, "a line of Ada in the voice Bella"),
        ({"model": "eleven_v4"}, 400, "does not offer the model eleven_v4"),
        ({"output_format": "ogg"}, 422, "status 422"),
        ({"settings": {"speed": 9}}, 422, "status 422"),
        ({"settings": {"speed": True}}, 422, "status 422"),
        ({"text": "第一章"}, 400, "a line of Ada in the voice Bella"),
    ],
)
def test_what_it_refuses_is_told_as_of_any_speech_server(
    server: KokoroServer, change: dict[str, Any], status: int, said: str
) -> None:
    fault = fault_of(server, replace(ADA, **change))
    failure = classify(fault)
    assert (failure.kind, failure.code, fault.status) == ("permanent", "provider_rejected", status)
    assert said in failure.sentence


def test_other_programs_are_refused(server: KokoroServer, tone: Tone) -> None:
    assert classify(fault_of(server, key="another")).code == "invalid_credentials"
    assert httpx.post(f"{server.base_url}/audio/speech", json={"input": "Oh."}).status_code == 401
    assert tone.said == []


def test_a_fault_of_the_model_is_passing_and_quotes_nothing(
    server: KokoroServer, tone: Tone, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError(ADA.text)

    tone.act = broken
    fault = fault_of(server)
    assert (fault.status, classify(fault).kind) == (500, "transient")
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    assert ADA.text not in shown


def test_the_lists_are_those_of_kokoro_fastapi(server: KokoroServer) -> None:
    with httpx.Client(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        assert client.get("/audio/voices").json()["voices"] == [{"id": name, "name": name} for name in ENGLISH]
        assert client.get("/audio/voices?legacy=true").json() == {"voices": ENGLISH}
        assert "kokoro" in [model["id"] for model in client.get("/models").json()["data"]]
        assert client.get(f"http://127.0.0.1:{server.server_port}/health").json() == {"status": "healthy"}
        assert [client.get("/nothing").status_code, client.post("/nothing").status_code] == [404, 404]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b"[" * 100_000, 422), (b'{"input": 3}', 422), (b'{"voice": "af_sky"}', 422)],
)
def test_a_body_that_is_none_is_refused(server: KokoroServer, body: bytes, status: int) -> None:
    answer = httpx.post(f"{server.base_url}/audio/speech", content=body, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == status


@pytest.mark.parametrize("length", [str(MOST_BODY + 1), "-1", "many"])
def test_a_body_that_is_too_long_is_not_read(server: KokoroServer, length: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
        connection.putrequest("POST", "/v1/audio/speech")
        connection.putheader("Authorization", f"Bearer {KEY}")
        connection.putheader("Content-Length", length)
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_no_more_lines_are_spoken_at_once_than_there_are_cores(server: KokoroServer, tone: Tone) -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=20)

    def act() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1

    tone.act = act
    threads = [threading.Thread(target=spoken, args=(server,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(tone.said), most) == (6, 2)


def test_a_line_for_which_nobody_waits_any_longer_is_not_spoken(tone: Tone) -> None:
    begun, free = threading.Event(), threading.Event()

    def act() -> None:
        begun.set()
        assert free.wait(20)

    tone.act = act
    with KokoroServer(tone.speak, ENGLISH, at_once=1) as server:
        busy = threading.Thread(target=spoken, args=(server,))
        busy.start()
        assert begun.wait(20)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.base_url}/audio/speech", json={"input": "Too late."}, timeout=0.3)
        waiting = threading.Thread(target=spoken, args=(server, replace(ADA, text="In time.")))
        waiting.start()
        free.set()
        busy.join(20)
        waiting.join(20)
    assert [text for text, _voice, _speed in tone.said] == ["The lamp is mine", "In time."]


def test_the_shipped_configuration_has_all_its_voices_and_they_are_listed_as_available() -> None:
    config = load_voices(CONFIGS / "voices_config.kokoro.json")
    assert {voice.voice_id for voice in config.voices} == set(ENGLISH)
    assert config.output_format in CODECS


def test_a_whole_story_is_narrated(testapp: TestApp, server: KokoroServer, tone: Tone) -> None:
    app = TestApp(
        clock=testapp.clock,
        author=MemoryAuthor(testapp.clock),
        voices=load_voices(CONFIGS / "voices_config.kokoro.json"),
        env={"SPEECH_BASE_URL": server.base_url, "SPEECH_API_KEY": KEY},
        own_narrator=False,
    )
    task_id = app.generate(app.create(num_chapters=1))
    app.run()
    task = app.task(task_id)
    assert (task["status"], task["error"], len(tone.said)) == ("completed", None, 4)
