"""What the narrator's account has: asked of the stand-ins and of scripted servers, through the real SDK, over HTTP.

Bodies of errors are as in public reports: a voice that is not there
(https://github.com/elevenlabs/elevenlabs-python/issues/454 as 400, https://github.com/elevenlabs/elevenlabs-docs/pull/1317
as 404, https://github.com/elevenlabs/elevenlabs-python/issues/293), a key without the permission
(https://github.com/danielmiessler/LifeOS/issues/667), a plan (https://github.com/dograh-hq/dograh/issues/290).
"""

import json
import os
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import httpx
import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.audio.decoding import looks_like_audio
from chalicelib.audio.ports import SpeechRequest, VoiceDirectory
from chalicelib.audio.refusals import AT_THE_EDGE, lost_voice
from chalicelib.audio.voices import load_voices
from chalicelib.domain.voice import NEEDS_PLAN, NOT_THERE, Roster
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import classify
from chalicelib.providers.elevenlabs_account import PAGES
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.providers.voice_directory import LOOK_S, ElevenLabsVoices, SpeechEndpointVoices
from chalicelib.settings import CONFIGS
from local.http_messages import HttpRequest, HttpResponse
from local.http_server import HttpServer, listening_socket
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from local.standin.server import json_answer
from tests.support.kokoro import VOICES, KokoroServer
from tests.support.wire import without_certificates

CAST = {voice.voice_id: voice for voice in load_voices().voices}
GEORGE, RACHEL = "JBFqnCBsd6RMkjVDRZzb", "21m00Tcm4TlvDq8ikWAM"
QUOTED = "the lamp is mine"
NOW = 1_790_000_000.0

Reply = HttpResponse | Callable[[HttpRequest], HttpResponse]


def detail(status_code: int, /, **facts: object) -> HttpResponse:
    return json_answer(status_code, {"detail": {"message": QUOTED, **facts}})


def hang_up(_request: HttpRequest) -> HttpResponse:
    raise ConnectionAbortedError


NO_PATH = json_answer(404, {"detail": "Not Found"})
NO_VOICES = json_answer(200, {"voices": [], "has_more": False, "total_count": 0, "next_page_token": None})
HTML = HttpResponse(200, {"Content-Type": ["text/html"]}, b"<html>Please sign in</html>")


class Scripted:
    """A server that answers by path; what is not in the script is unknown to it. `asked` are paths and queries."""

    def __init__(self, script: Mapping[str, Reply]) -> None:
        self.script = script
        self.asked: list[str] = []
        self.queries: list[dict[str, list[str]]] = []
        self._server = HttpServer(listening_socket("127.0.0.1", 0))
        self._server.answer = self._answer
        self.url = f"http://127.0.0.1:{self._server.port}"

    def _answer(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.path)
        self.queries.append(parse_qs(request.query))
        reply = self.script.get(request.path, NO_PATH)
        return reply(request) if callable(reply) else reply

    def __enter__(self) -> "Scripted":
        self._server.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.stop(1.0)


def elevenlabs(url: str, key: str = "xi-test", timeout_s: float = 10, **more: Any) -> ElevenLabsVoices:
    return ElevenLabsVoices(lambda: key, url, timeout_s, lambda: NOW, **more)


def speech(url: str, key: str = "none", timeout_s: float = 10, **more: Any) -> SpeechEndpointVoices:
    return SpeechEndpointVoices(lambda: key, url, timeout_s, lambda: NOW, **more)


def looked(script: Mapping[str, Reply], *wanted: str) -> tuple[Roster | None, list[str]]:
    """Look at a scripted account at ElevenLabs; return what was found, and the paths that were asked for."""
    with Scripted(script) as server:
        return elevenlabs(server.url).look(wanted), server.asked


def found(script: Mapping[str, Reply], *wanted: str) -> Roster:
    roster, _ = looked(script, *wanted)
    assert roster is not None
    return roster


def fault_of(directory: VoiceDirectory, *wanted: str) -> ProviderFault:
    with pytest.raises(ProviderFault) as caught:
        directory.look(wanted)
    assert QUOTED not in str(caught.value) + classify(caught.value).sentence
    return caught.value


# The demonstration's account


def test_the_demonstration_has_the_voices_that_are_configured() -> None:
    with NarratorServer(speech=Hum()) as server:
        roster = elevenlabs(server.url).look(list(CAST))
        assert roster is not None
        assert not server.ledger.report()["calls"]
    assert (roster.asked_at, roster.voices.keys() >= CAST.keys(), set(roster.missing)) == (NOW, True, set())
    for voice_id, configured in CAST.items():
        assert roster.available(voice_id) is True
        listed = roster.voices[voice_id]
        assert listed.castable
        assert listed.preview_url.startswith(server.url)
        for trait in ("name", "role", "gender", "age", "accent"):
            assert getattr(listed.voice, trait) == getattr(configured, trait)
        assert listed.voice.languages == ["en"]
    assert msgspec.json.decode(msgspec.json.encode(roster), type=Roster).voices == roster.voices


def test_a_sample_is_heard_without_a_key_and_free_of_charge() -> None:
    with NarratorServer(speech=Hum()) as server:
        roster = elevenlabs(server.url).look([])
        assert roster is not None
        answers = [httpx.get(roster.voices[GEORGE].preview_url) for _ in range(2)]
        assert not server.ledger.report()["calls"]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert looks_like_audio(answers[0].content)
    assert answers[0].content == answers[1].content


def test_a_voice_that_has_died_is_missing_and_one_that_needs_a_plan_is_found_out_when_it_is_to_speak() -> None:
    with NarratorServer(speech=Hum(), lacks={GEORGE}, needs_plan={RACHEL}) as server:
        roster = elevenlabs(server.url).look([GEORGE, RACHEL])
        assert roster is not None
        narrator = ElevenLabsNarrator(lambda: "xi-test", server.url, 10)
        faults = []
        for voice_id in (GEORGE, RACHEL):
            with pytest.raises(ProviderFault) as caught:
                narrator.speak(SpeechRequest("Hi.", voice_id, "eleven_multilingual_v2", "mp3_44100_128", {}))
            faults.append(caught.value)
        narrator.close()
    assert (roster.available(GEORGE), roster.why_not(GEORGE), roster.available(RACHEL)) == (False, NOT_THERE, True)
    assert [(fault.status, lost_voice(fault)) for fault in faults] == [(404, NOT_THERE), (402, NEEDS_PLAN)]


def test_a_refused_key_is_a_fault() -> None:
    with NarratorServer(speech=Hum()) as server:
        fault = fault_of(elevenlabs(server.url, key="invalid"), GEORGE)
    assert (fault.status, classify(fault).code) == (401, "invalid_credentials")


# Lists of ElevenLabs' kind


def test_a_key_that_may_speak_and_not_read_voices_leaves_all_unknown() -> None:
    for facts in ({"status": "missing_permissions"}, {"code": "missing_permissions", "type": "authentication_error"}):
        assert looked({"/v2/voices": detail(401, **facts)}, GEORGE) == (None, ["/v2/voices"])
    denied = detail(401, status="missing_permissions")
    assert looked({f"/v1/voices/{GEORGE}": denied}, GEORGE)[0] is None


def test_voices_of_one_field_each_are_voices() -> None:
    roster = found({"/v2/voices": json_answer(200, {"voices": [{"voice_id": "x"}, {"voice_id": "y", "labels": None}]})})
    assert [roster.available(voice_id) for voice_id in "xyz"] == [True, True, None]
    assert not roster.voices["x"].castable


@pytest.mark.parametrize(
    "odd",
    [
        "a string",
        None,
        3,
        [],
        {},
        {"voice_id": None},
        {"voice_id": "../x"},
        {"voice_id": "a b"},
        {"voice_id": "y", "verified_languages": ["en"]},
        {"voice_id": "y", "sharing": "none", "labels": ["female"], "settings": "x", "fine_tuning": []},
        {"voice_id": "y", "cls": 1, "self": 2, "_fields_set": 3, "labels": {"gender": ["female"]}},
    ],
)
def test_one_odd_voice_does_not_cost_the_others(odd: object) -> None:
    voices = [{"voice_id": "x"}, odd]
    roster = found({"/v2/voices": json_answer(200, {"voices": voices, "has_more": "no", "total_count": None})})
    assert roster.available("x") is True


def test_all_pages_are_read_and_a_list_without_end_is_left() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        number = int(parse_qs(request.query).get("next_page_token", ["0"])[0])
        more = {"has_more": True, "next_page_token": str(number + 1)}
        return json_answer(200, {"voices": [{"voice_id": f"v{number}"}], **more})

    with Scripted({"/v2/voices": page}) as server:
        roster = elevenlabs(server.url).look([])
    assert roster is not None
    assert list(roster.voices) == [f"v{number}" for number in range(PAGES)]
    assert server.queries[0] == {"page_size": ["100"], "include_total_count": ["false"]}


@pytest.mark.parametrize("token", ["again", None, "", 3, ["x"]])
def test_a_token_that_leads_nowhere_ends_the_list(token: object) -> None:
    page = json_answer(200, {"voices": [{"voice_id": "x"}], "has_more": True, "next_page_token": token})
    roster, asked = looked({"/v2/voices": page})
    assert roster is not None
    assert len(asked) == (2 if token == "again" else 1)


@pytest.mark.parametrize("later", [NO_PATH, HTML, detail(429, code="rate_limit_exceeded"), detail(401, status="x")])
def test_a_page_that_does_not_come_leaves_the_ones_before(later: HttpResponse) -> None:
    def page(request: HttpRequest) -> HttpResponse:
        first = {"voices": [{"voice_id": "x"}], "has_more": True, "next_page_token": "t"}
        return later if "next_page_token" in request.query else json_answer(200, first)

    roster = found({"/v2/voices": page, "/v1/voices/y": json_answer(200, {"voice_id": "y"})}, "x", "y")
    assert (roster.available("x"), roster.available("y")) == (True, True)


@pytest.mark.parametrize("newer", [NO_PATH, json_answer(405, {}), json_answer(501, {}), HTML, json_answer(200, [])])
def test_a_server_with_the_older_list_alone(newer: HttpResponse) -> None:
    script = {"/v2/voices": newer, "/v1/voices": json_answer(200, {"voices": [{"voice_id": "x"}]})}
    with Scripted(script) as server:
        roster = elevenlabs(server.url).look(["x", "y"])
    assert roster is not None
    assert (roster.available("x"), roster.available("y")) == (True, False)
    assert server.asked == ["/v2/voices", "/v1/voices", "/v1/voices/y"]
    assert server.queries[1] == {"show_legacy": ["true"]}


def test_a_server_without_a_list_is_asked_for_each_voice() -> None:
    script = {
        "/v1/voices/x": json_answer(200, {"voice_id": "x", "name": "Xenia"}),
        "/v1/voices/y": detail(404, status="voice_not_found"),
    }
    roster = found(script, "x", "y", "z")
    # That it does not know z's path says nothing: it may not know any.
    assert [roster.available(voice_id) for voice_id in "xyz"] == [True, False, None]
    assert roster.voices["x"].voice.name == "Xenia"


@pytest.mark.parametrize("script", [{}, {"/v2/voices": HTML, "/v1/voices": HTML, "/v1/voices/x": HTML}])
def test_a_server_that_only_speaks_cannot_be_asked(script: Mapping[str, Reply]) -> None:
    assert looked(script, "x") == (None, ["/v2/voices", "/v1/voices", "/v1/voices/x"])


# A voice that is not in the list


@pytest.mark.parametrize(
    ("answer", "available", "why"),
    [
        (json_answer(200, {"voice_id": "x"}), True, ""),
        (detail(404, type="not_found", code="voice_not_found", status="voice_not_found"), False, NOT_THERE),
        (detail(400, status="voice_not_found"), False, NOT_THERE),
        (detail(400, status="voice_does_not_exist"), False, NOT_THERE),
        (detail(422, code="invalid_voice_id"), False, NOT_THERE),
        (detail(400, status="invalid_uid"), False, NOT_THERE),
        (json_answer(404, {"detail": "unknown voice"}), False, NOT_THERE),
        (detail(402, type="payment_required", code="paid_plan_required", status="payment_required"), False, NEEDS_PLAN),
        (detail(403, status="only_for_creator+"), False, NEEDS_PLAN),
        (detail(403, code="subscription_required"), False, NEEDS_PLAN),
        (HttpResponse(402, {}, b""), False, NEEDS_PLAN),
        (detail(403, status="voice_disabled"), False, NEEDS_PLAN),
        (detail(401, status="missing_permissions"), None, ""),
        (detail(400, code="invalid_parameters"), None, ""),
        (json_answer(422, {"detail": [{"loc": ["path"], "msg": QUOTED}]}), None, ""),
        (json_answer(403, {"detail": "Forbidden"}), None, ""),
        (detail(429, code="rate_limit_exceeded"), None, ""),
        (json_answer(500, {}), None, ""),
        (HTML, None, ""),
        (json_answer(200, {"error": "no"}), None, ""),
        (json_answer(200, None), None, ""),
        (HttpResponse(204), None, ""),
    ],
)
def test_a_wanted_voice_is_asked_for_by_itself(answer: HttpResponse, available: bool | None, why: str) -> None:
    roster, asked = looked({"/v2/voices": NO_VOICES, "/v1/voices/x": answer}, "x")
    assert roster is not None
    assert (roster.available("x"), roster.why_not("x")) == (available, why)
    assert asked == ["/v2/voices", "/v1/voices/x"]


def test_an_id_that_no_url_should_have_is_not_asked_for() -> None:
    roster, asked = looked({"/v2/voices": NO_VOICES}, "../../x", "a?b", "")
    assert roster is not None
    assert (asked, set(roster.missing)) == (["/v2/voices"], set())


def test_what_its_owner_has_taken_back_is_missing_where_it_is_wanted() -> None:
    gone = {"sharing": {"status": "copied_disabled"}}
    voices = [{"voice_id": "x", **gone}, {"voice_id": "y", **gone}, {"voice_id": "z"}]
    roster = found({"/v2/voices": json_answer(200, {"voices": voices})}, "x", "z")
    assert (set(roster.voices), set(roster.missing)) == ({"z"}, {"x"})


def test_after_a_voice_that_gets_no_answer_the_others_are_not_asked_for() -> None:
    roster, asked = looked({"/v2/voices": NO_VOICES, "/v1/voices/x": hang_up}, "x", "y")
    assert roster is not None
    assert [roster.available(voice_id) for voice_id in "xy"] == [None, None]
    assert asked == ["/v2/voices", "/v1/voices/x"]


def test_where_there_is_no_list_and_no_answer_either_the_server_is_at_fault() -> None:
    with Scripted({"/v1/voices/x": hang_up}) as server:
        assert fault_of(elevenlabs(server.url), "x", "y").cause == "connection"
    roster = found({"/v1/voices/x": json_answer(200, {"voice_id": "x"}), "/v1/voices/y": hang_up}, "x", "y")
    assert [roster.available(voice_id) for voice_id in "xy"] == [True, None]


# The plan


COPIED = {"voice_id": "x", "labels": {"gender": "female"}, "sharing": {"status": "copied", "free_users_allowed": True}}


@pytest.mark.parametrize(
    ("subscription", "usable"),
    [
        (json_answer(200, {"tier": "free"}), False),
        (json_answer(200, {"tier": "Free", "status": "active"}), False),
        (json_answer(200, {"tier": "creator"}), True),
        (detail(401, status="missing_permissions"), True),
        (detail(401, status="invalid_api_key"), True),
        (NO_PATH, True),
        (json_answer(503, {}), True),
        (hang_up, True),
        (HTML, True),
        (json_answer(200, {"tier": 3}), True),
        (json_answer(200, ["free"]), True),
    ],
)
def test_a_voice_of_the_library_needs_a_plan(subscription: Reply, usable: bool) -> None:
    voices = json_answer(200, {"voices": [COPIED]})
    roster, asked = looked({"/v2/voices": voices, "/v1/user/subscription": subscription}, "x")
    assert roster is not None
    assert (roster.available("x"), roster.voices["x"].castable) == (usable, usable)
    assert asked == ["/v2/voices", "/v1/user/subscription"]


def test_the_plan_is_asked_for_by_voices_that_depend_on_it_alone() -> None:
    _, asked = looked({"/v2/voices": json_answer(200, {"voices": [{"voice_id": "x", "sharing": None}]})}, "x")
    assert asked == ["/v2/voices"]


# Trouble


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (detail(401, status="invalid_api_key"), "permanent", "invalid_credentials"),
        (json_answer(401, {}), "permanent", "invalid_credentials"),
        (detail(429, code="rate_limit_exceeded"), "transient", "provider_unavailable"),
        (json_answer(500, {}), "transient", "provider_unavailable"),
        (HttpResponse(502, {"Content-Type": ["text/html"]}, b"<html>"), "transient", "provider_unavailable"),
        (HttpResponse(403, {"Content-Type": ["text/html"]}, b"<html>denied"), "permanent", "provider_rejected"),
        (detail(402, code="insufficient_credits"), "permanent", "quota_exceeded"),
    ],
)
def test_a_list_that_is_refused_is_a_fault_and_asked_for_once(answer: HttpResponse, kind: str, code: str) -> None:
    with Scripted({"/v2/voices": answer}) as server:
        fault = fault_of(elevenlabs(server.url), "x")
    failure = classify(fault)
    assert (failure.kind, failure.code, fault.status) == (kind, code, answer.status)
    assert server.asked == ["/v2/voices"]
    if answer.body == b"<html>denied":
        assert fault.code == AT_THE_EDGE


def test_a_refused_key_is_a_fault_where_there_is_no_list_either() -> None:
    with Scripted({"/v1/voices/x": detail(401, status="invalid_api_key")}) as server:
        fault = fault_of(elevenlabs(server.url), "x")
    assert classify(fault).code == "invalid_credentials"


@pytest.mark.parametrize("kind", [elevenlabs, lambda url: speech(f"{url}/v1")], ids=["elevenlabs", "speech server"])
def test_where_nobody_listens_or_nothing_can_be_sent(kind: Callable[[str], VoiceDirectory]) -> None:
    with Scripted({}) as gone:
        url = gone.url
    for where in (url, "http://nobody.invalid", "ftp://x", "nonsense", "http://[::1"):  # RFC 6761: no such name
        fault = fault_of(kind(where), "x")
        assert (fault.cause, fault.uncertain and where == url) == ("connection", False)


@pytest.mark.parametrize("key", ["a\nb", "schl\u00fcssel", "\ud800"])
def test_a_key_that_no_header_can_hold(key: str) -> None:
    with Scripted({}) as server:
        for directory in (elevenlabs(server.url, key=key), speech(f"{server.url}/v1", key=key)):
            assert fault_of(directory).cause == "connection"
    assert server.asked == []


def test_a_key_that_cannot_be_read_is_told_as_it_is() -> None:
    def key() -> str:
        raise ProviderFault("ElevenLabs", "status", status=401, code="missing_api_key")

    fault = fault_of(ElevenLabsVoices(key, None, 1, lambda: NOW))
    assert fault.code == "missing_api_key"


class Dripping(socketserver.BaseRequestHandler):
    """Begin an answer of JSON, and send a byte of it every 20 ms without end."""

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            while True:
                self.request.sendall(b" ")
                time.sleep(0.02)
        except OSError:
            pass


class Silent(socketserver.BaseRequestHandler):
    """Read a request, and say nothing until the other side hangs up."""

    def handle(self) -> None:
        while self.request.recv(65_536):
            pass


class Cut(socketserver.BaseRequestHandler):
    """Begin an answer, and hang up."""

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{")


@contextmanager
def raw(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_server_that_says_nothing_or_hangs_up() -> None:
    for handler, cause in ((Silent, "timeout"), (Cut, "connection")):
        with raw(handler) as url:
            for directory in (elevenlabs(url, timeout_s=0.3), speech(f"{url}/v1", timeout_s=0.3)):
                fault = fault_of(directory, "x")
                assert (fault.cause, classify(fault).kind) == (cause, "transient")


def test_an_answer_that_comes_a_byte_at_a_time_is_given_up() -> None:
    ticks = count(0.0, 2.0)
    with raw(Dripping) as url:
        assert fault_of(elevenlabs(url, clock=lambda: next(ticks)), "x").cause == "timeout"
        assert fault_of(speech(f"{url}/v1", timeout_s=0.3), "x").cause == "timeout"
    assert next(ticks) <= LOOK_S + 6


def test_no_more_is_asked_than_the_time_allows() -> None:
    minutes = iter([0.0, 1.0, 2.0, 3.0, 14.0, 15.5, 16.0])
    with Scripted({"/v2/voices": NO_VOICES}) as server:
        roster = elevenlabs(server.url, clock=lambda: next(minutes)).look(["x", "y", "z"])
    assert roster is not None
    assert server.asked == ["/v2/voices", "/v1/voices/x"]
    assert [roster.available(voice_id) for voice_id in "xyz"] == [False, None, None]


def test_an_answer_without_end_is_given_up() -> None:
    long = HttpResponse(200, {"Content-Type": ["application/json"]}, b" " * (17 * 1024 * 1024))
    with Scripted({"/v2/voices": long, "/v1/audio/voices": long}) as server:
        for directory in (elevenlabs(server.url), speech(f"{server.url}/v1")):
            assert fault_of(directory).cause == "connection"


def test_an_address_that_has_moved_is_followed_and_a_circle_is_left() -> None:
    moved = HttpResponse(308, {"Location": ["/new/v2/voices?page_size=100"]})
    circle = HttpResponse(307, {"Location": ["/v2/voices"]})
    here = {"/new/v2/voices": json_answer(200, {"voices": [{"voice_id": "x"}]})}
    assert found({"/v2/voices": moved, **here}).available("x") is True
    with Scripted({"/v2/voices": circle}) as server:
        assert fault_of(elevenlabs(server.url)).cause == "connection"


# A server of OpenAI's kind


@pytest.mark.parametrize("lists", ["kokoro", "strings", "speaches", "mlx-audio"])
def test_a_speech_server_lists_its_voices(lists: str) -> None:
    configured = [voice.voice_id for voice in load_voices(CONFIGS / "voices_config.kokoro.json").voices]
    with KokoroServer(lists=lists) as server:
        roster = speech(server.base_url).look([*configured, "af_nobody"])
    assert roster is not None
    assert (roster.asked_at, set(roster.voices) - {"lessac"}, set(roster.missing)) == (NOW, set(VOICES), {"af_nobody"})
    george = roster.voices["bm_george"]
    assert (george.voice.gender, george.voice.accent, george.voice.languages) == ("male", "british", ["en"])
    assert (george.usable, george.castable, george.preview_url) == (True, True, "")
    assert roster.available("af_heart") is True


def test_mixtures_and_aliases_are_not_missing() -> None:
    wanted = ["af_bella+af_sky", "af_bella(2)+bf_emma(1)", "af_bella-af_sky", "alloy", "af_bella+nobody", "nobody-1"]
    with KokoroServer() as server:
        roster = speech(server.base_url).look(wanted)
    assert roster is not None
    assert set(roster.missing) == {"af_bella+nobody", "nobody-1"}
    assert [roster.available(voice_id) for voice_id in wanted[:4]] == [None] * 4


@pytest.mark.parametrize(
    "answer",
    [
        NO_PATH,
        json_answer(405, {}),
        json_answer(501, {}),
        json_answer(400, {"detail": "model is required"}),
        json_answer(422, {"detail": []}),
        HTML,
        HttpResponse(200, {}, b"{"),
        HttpResponse(200, {}, b"[" * 100_000),
        HttpResponse(200, {}, b"9" * 5_000),
        HttpResponse(200, {}, b"\xff\xfe\x00"),
        json_answer(200, None),
        json_answer(200, {}),
        json_answer(200, {"voices": {"alloy": {}}}),
        json_answer(200, {"voices": []}),
        json_answer(200, {"voices": [None, 3, {"id": "a/b"}], "data": []}),
    ],
)
def test_a_speech_server_without_a_list_cannot_be_asked(answer: HttpResponse) -> None:
    with Scripted({"/v1/audio/voices": answer}) as server:
        assert speech(f"{server.url}/v1/").look(["af_heart"]) is None
    assert server.asked == ["/v1/audio/voices"]


def test_localai_and_a_list_that_breaks() -> None:
    with KokoroServer(lists="localai") as server:
        assert speech(server.base_url).look(["x"]) is None
    with KokoroServer(lists="broken") as server:
        fault = fault_of(speech(server.base_url), "x")
    assert (classify(fault).kind, fault.code) == ("transient", "server_error")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"error": {"code": 401, "type": "invalid_request_error", "message": QUOTED}}, "invalid_credentials"),
        (403, {"detail": f"API key required for {QUOTED}."}, "invalid_credentials"),
        (429, {}, "provider_unavailable"),
        (503, QUOTED, "provider_unavailable"),
    ],
)
def test_a_speech_server_that_refuses(status: int, body: object, code: str) -> None:
    with Scripted({"/v1/audio/voices": json_answer(status, body)}) as server:
        fault = fault_of(speech(f"{server.url}/v1", key="wrong"), "x")
    assert (classify(fault).code, fault.provider) == (code, "the speech server")


def test_the_key_is_sent_as_each_server_wants_it() -> None:
    keys: list[str | None] = []

    def reply(request: HttpRequest) -> HttpResponse:
        keys.append(request.header("xi-api-key") or request.header("authorization"))
        return NO_VOICES

    with Scripted({"/v2/voices": reply, "/v1/audio/voices": reply}) as server:
        elevenlabs(server.url, key="one").look([])
        speech(f"{server.url}/v1", key="two").look([])
    assert keys == ["one", "Bearer two"]


# Any answer at all


LOOKS = int(os.environ.get("FUZZ_SPEECH", "60"))
VALUES: list[Any] = [
    "x",
    "voice_not_found",
    "missing_permissions",
    "free",
    "copied",
    "female",
    "",
    0,
    1e400,
    None,
    True,
]
NAMES = ["voices", "voice_id", "has_more", "next_page_token", "detail", "code", "status", "labels", "gender", "sharing"]
NAMES += [
    "verified_languages",
    "language",
    "tier",
    "available_for_tiers",
    "data",
    "id",
    "name",
    "error",
    "x",
    "_fields_set",
]
values = st.recursive(
    st.one_of(st.sampled_from(VALUES), st.text(max_size=4), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=25,
)
bodies = st.one_of(
    values.map(lambda value: json.dumps(value).encode()),
    st.lists(values, max_size=3).map(lambda value: json.dumps({"voices": value, "has_more": True}).encode()),
    st.binary(max_size=40),
    st.sampled_from([b"", b"<html>", b"[" * 50_000, b"9" * 5_000, b'{"voices": [{"voice_id": "x"}'.ljust(99)]),
)
HEADERS: list[dict[str, str]] = [
    {},
    {"content-type": "text/html; charset=nonsense"},
    {"retry-after": "soon"},
    {"location": "/elsewhere"},
    {"location": "http://["},
    {"content-encoding": "gzip"},
]
STATUSES = [200, 200, 200, 200, 204, 301, 308, 400, 401, 402, 403, 404, 405, 422, 429, 500, 501, 599]
answers = st.tuples(st.sampled_from(STATUSES), st.sampled_from(HEADERS), bodies)


@pytest.mark.parametrize("kind", ["elevenlabs", "speech server"])
@settings(max_examples=LOOKS, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chosen=st.lists(answers, min_size=1, max_size=6))
def test_no_answer_is_a_fault_of_ours(kind: str, chosen: list[tuple[int, Mapping[str, str], bytes]]) -> None:
    waiting = list(chosen)

    def reply(library: Any, request: Any) -> Any:
        status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        sent = {"content-type": "application/json", **headers}
        # As from a socket, which decodes nothing yet.
        return library.Response(status, headers=sent, stream=library.ByteStream(body), request=request)

    with pytest.MonkeyPatch.context() as patch:
        without_certificates(patch)
        patch.setattr(httpx.HTTPTransport, "handle_request", lambda _self, request: reply(httpx, request))
        patch.setattr(httpx2.HTTPTransport, "handle_request", lambda _self, request: reply(httpx2, request))
        nowhere = "http://127.0.0.1:9"
        directory = elevenlabs(nowhere) if kind == "elevenlabs" else speech(f"{nowhere}/v1")
        try:
            roster = directory.look(["x", "y"])
        except ProviderFault as fault:
            assert classify(fault).kind != "ours"
            return
    if roster is not None:
        stored = msgspec.json.decode(msgspec.json.encode(roster), type=Roster)
        assert (stored.voices, set(stored.missing)) == (roster.voices, set(roster.missing))
        assert not set(roster.voices) & set(roster.missing)
