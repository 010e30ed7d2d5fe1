"""What ElevenLabs really answers instead of sound, through its own SDK over HTTP: what is said, and how often is asked.

Bodies are as in public reports, with messages of our own that quote a text, which no sentence may repeat:

- library voice on a free plan: https://github.com/dograh-hq/dograh/issues/290, without `code`:
  https://github.com/OWASP/Nest/issues/3859, with `code` alone: https://github.com/indexable-inc/index/pull/339
- unusual activity: https://github.com/OWASP/Nest/pull/3861
- a professional voice on a small plan, `only_for_creator+`; too many characters; the busy statuses; spent quota:
  https://github.com/elevenlabs/elevenlabs-docs, fern/docs/pages/developer-guides/error-messages.mdx
- a model that does not take neighbours: https://github.com/home-assistant/core/issues/182944
- a language that a model does not know, without any code: https://github.com/pipecat-ai/pipecat/issues/5395
- an output format beyond the plan: https://github.com/ENTERPILOT/GoModel/pull/787,
  https://github.com/openclaw/openclaw/pull/30885
- an invalid field, as a list: https://github.com/elevenlabs/elevenlabs-js/issues/274
- a page of HTML: https://github.com/RageAgainstThePixel/ElevenLabs-DotNet/issues/81,
  https://github.com/elevenlabs/elevenlabs-n8n/issues/7
- something went wrong, not charged: https://github.com/elevenlabs/elevenlabs-python/issues/351
- `invalid_uid` for a voice that the plan does not have: https://github.com/pcescato/shared-knowledge/pull/2
- an unknown voice as a 400: https://github.com/skapadia3214/groq-voice/issues/1
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from chalicelib.audio.buying import FAULTS_IN_A_ROW
from chalicelib.audio.ports import SpeechRequest
from chalicelib.audio.voices import load_voices
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.failure import Failure, classify, retry_decision
from chalicelib.providers.narrator import ElevenLabsNarrator
from chalicelib.store.tables import UsageItem
from chalicelib.story.ear import in_words
from local.http_messages import HttpResponse
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.questions import unframed
from tests.support.testapp import TestApp

TEXT = "The lamp is mine"
ADA = SpeechRequest(
    TEXT,
    "21m00Tcm4TlvDq8ikWAM",
    "eleven_multilingual_v2",
    "mp3_44100_128",
    {},
    speaker="Ada",
    voice_name="Rachel",
)
HTML = "<html><body>Access denied</body></html>"


def detail(**facts: object) -> dict[str, object]:
    return {"detail": {"message": f"quotes {TEXT!r}", **facts}}


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer of text as HTML, and of anything else as JSON."""
    kind = "text/html" if isinstance(body, str) else "application/json"
    sent = {"Content-Type": [kind], **{name: [value] for name, value in (headers or {}).items()}}
    return HttpResponse(status, sent, body.encode() if isinstance(body, str) else json.dumps(body).encode())


Case = tuple[int, object, str, str, list[str]]

REFUSALS: dict[str, Case] = {
    # The first nine are the commonest.
    "library voice on a free plan": (
        402,
        detail(type="payment_required", code="paid_plan_required", status="payment_required"),
        "permanent",
        "provider_rejected",
        ["the voice Rachel, in which Ada speaks", "another voice", "paid plan"],
    ),
    "unusual activity": (
        401,
        detail(status="detected_unusual_activity"),
        "permanent",
        "provider_rejected",
        ["ElevenLabs switched free use off for this account or network"],
    ),
    "key without the permission": (
        401,
        detail(status="missing_permissions"),
        "permanent",
        "invalid_credentials",
        ["lacks the text-to-speech permission", "ELEVENLABS_API_KEY"],
    ),
    "voice gone, new shape": (
        404,
        detail(type="not_found", code="voice_not_found", status="not_found"),
        "permanent",
        "provider_rejected",
        ["does not know the voice Rachel, in which Ada speaks", "Choose a voice"],
    ),
    "quota exceeded": (401, detail(status="quota_exceeded"), "permanent", "quota_exceeded", ["no credit left"]),
    "too many at once": (
        429,
        detail(status="too_many_concurrent_requests"),
        "transient",
        "provider_unavailable",
        ["overloaded"],
    ),
    "network edge": (403, HTML, "permanent", "provider_rejected", ["cannot be used from this network"]),
    "empty success": (200, "", "transient", "provider_unavailable", ["not audio"]),
    "error inside a success": (200, detail(status="system_busy"), "transient", "provider_unavailable", ["overloaded"]),
    "voice gone, old shape": (
        404,
        detail(status="voice_not_found"),
        "permanent",
        "provider_rejected",
        ["does not know the voice Rachel, in which Ada speaks"],
    ),
    "unknown voice as a 400": (400, detail(status="voice_not_found"), "permanent", "provider_rejected", ["Rachel"]),
    "library voice, no code": (402, detail(status="payment_required"), "permanent", "provider_rejected", ["paid plan"]),
    "library voice, no status": (402, detail(code="paid_plan_required"), "permanent", "provider_rejected", ["Rachel"]),
    "professional voice": (403, detail(status="only_for_creator+"), "permanent", "provider_rejected", ["paid plan"]),
    "voice not trained for the model": (
        400,
        detail(status="voice_not_fine_tuned"),
        "permanent",
        "provider_rejected",
        ["the voice Rachel, in which Ada speaks", "the model eleven_multilingual_v2", "another voice or model"],
    ),
    "voice id beyond the plan": (
        400,
        detail(status="invalid_uid"),
        "permanent",
        "provider_rejected",
        ["the voice Rachel, in which Ada speaks"],
    ),
    "no credit, new shape": (
        402,
        detail(type="payment_required", code="insufficient_credits", status="payment_required"),
        "permanent",
        "quota_exceeded",
        ["no credit left"],
    ),
    "a new code beside a known status": (
        401,
        detail(code="monthly_pool_is_dry", status="quota_exceeded"),
        "permanent",
        "quota_exceeded",
        ["no credit left"],
    ),
    "neighbours refused": (
        400,
        detail(type="validation_error", code="unsupported_model", status="unsupported_model", param="model_id"),
        "permanent",
        "provider_rejected",
        ["the model eleven_multilingual_v2", "voices_config.json"],
    ),
    "unknown model": (400, detail(status="model_not_found"), "permanent", "provider_rejected", ["another model"]),
    "language refused": (400, detail(), "permanent", "provider_rejected", ["Ada", "Rachel", "status 400"]),
    "format beyond the plan": (
        403,
        detail(status="output_format_not_allowed"),
        "permanent",
        "provider_rejected",
        ["output_format"],
    ),
    "subscription for a format": (403, detail(status="subscription_required"), "permanent", "provider_rejected", []),
    "text too long": (
        400,
        detail(status="max_character_limit_exceeded"),
        "permanent",
        "provider_rejected",
        ["Ada", "max_characters"],
    ),
    "settings": (400, detail(status="invalid_voice_settings"), "permanent", "provider_rejected", ["settings"]),
    "a list of fields": (
        422,
        {"detail": [{"type": "float_type", "loc": ["body", "voice_settings", "style"], "input": TEXT}]},
        "permanent",
        "provider_rejected",
        ["status 422"],
    ),
    "against the policy": (
        403,
        detail(status="content_against_policy"),
        "permanent",
        "content_refused",
        ["declined to speak a line of Ada", "Change its text"],
    ),
    "bad key": (401, detail(status="invalid_api_key"), "permanent", "invalid_credentials", ["ELEVENLABS_API_KEY"]),
    "a challenge page": (403, "<!DOCTYPE html><title>Wait", "permanent", "provider_rejected", ["this network"]),
    "no page at all": (403, "", "permanent", "provider_rejected", ["this network"]),
    "a bare sentence": (401, {"detail": TEXT}, "permanent", "invalid_credentials", []),
    "a sentence without end": (400, {"detail": "x" * 5000}, "permanent", "provider_rejected", []),
    "went wrong": (500, detail(status="something_went_wrong"), "transient", "provider_unavailable", ["overloaded"]),
    "limit, new shape": (
        429,
        detail(type="rate_limit_error", code="concurrent_limit_exceeded", status="too_many_concurrent_requests"),
        "transient",
        "provider_unavailable",
        [],
    ),
    "a page inside a success": (200, HTML, "transient", "provider_unavailable", ["not audio"]),
    "no credit inside a success": (
        200,
        detail(status="quota_exceeded"),
        "transient",
        "provider_unavailable",
        ["not audio"],
    ),
    "a status inside a success": (200, {"status_code": 503}, "transient", "provider_unavailable", ["not audio"]),
    "a success that is nonsense": (200, [[[]]], "transient", "provider_unavailable", ["not audio"]),
}

COLLECTED = list(REFUSALS)[:9]
"""Those that are played through a whole story."""


@pytest.fixture
def elevenlabs() -> Iterator[NarratorServer]:
    with NarratorServer(speech=Hum()) as server:
        yield server


def fault_of(server: NarratorServer, reply: HttpResponse, request: SpeechRequest = ADA) -> ProviderFault:
    """Have one line spoken, which is answered so; the SDK may ask once."""
    server.fault = lambda _number, _body: reply
    before = server.ledger.report()["arrived"]
    with (
        closing(ElevenLabsNarrator(lambda: "xi-test", server.url, 20)) as narrator,
        pytest.raises(ProviderFault) as caught,
    ):
        narrator.speak(request)
    assert server.ledger.report()["arrived"] == before + 1
    return caught.value


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_says_what_it_is(elevenlabs: NarratorServer, case: Case) -> None:
    status, body, kind, code, said = case
    fault = fault_of(elevenlabs, answer(status, body))
    failure = classify(fault)
    assert (failure.kind, failure.code) == (kind, code)
    for words in said:
        assert words in failure.sentence
    assert TEXT not in failure.sentence + str(fault)
    assert len(failure.sentence + str(fault)) < 400
    assert not fault.uncertain
    if code != "invalid_credentials":
        assert "API key" not in failure.sentence


@pytest.mark.parametrize("body", [b"\xff\xfe\xfa", b"[" * 100_000, b"{"], ids=["no text", "deep", "cut off"])
@pytest.mark.parametrize("status", [200, 401, 422, 500])
def test_no_bytes_are_our_fault(elevenlabs: NarratorServer, status: int, body: bytes) -> None:
    fault = fault_of(elevenlabs, HttpResponse(status, {"Content-Type": ["application/json"]}, body))
    assert classify(fault).kind != "ours"


def test_a_success_without_sound_that_was_charged_is_on_the_bill(elevenlabs: NarratorServer) -> None:
    assert fault_of(elevenlabs, answer(200, "", {"character-cost": "16"})).uncertain
    assert not fault_of(elevenlabs, answer(200, "", {"character-cost": "0"})).uncertain
    assert not fault_of(elevenlabs, answer(200, "", {"character-cost": "soon"})).uncertain


def test_an_answer_that_takes_longer_than_a_call_may_is_given_up(elevenlabs: NarratorServer) -> None:
    minutes = count(0.0, 60.0)
    with (
        closing(ElevenLabsNarrator(lambda: "xi-test", elevenlabs.url, 59, lambda: next(minutes))) as narrator,
        pytest.raises(ProviderFault) as caught,
    ):
        narrator.speak(ADA)
    assert (caught.value.cause, caught.value.uncertain) == ("timeout", True)


def test_a_narrator_line_is_said_of_the_narrator(elevenlabs: NarratorServer) -> None:
    request = SpeechRequest(TEXT, "gone", "eleven_v3", "mp3_44100_128", {}, speaker="Narrator")
    failure = classify(fault_of(elevenlabs, answer(404, detail(status="voice_not_found")), request))
    assert "the voice gone, in which the Narrator speaks" in failure.sentence


@pytest.mark.parametrize("code", ["too_many_concurrent_requests", "concurrent_limit_exceeded"])
def test_a_limit_is_known_by_either_of_its_codes(elevenlabs: NarratorServer, code: str) -> None:
    for body in (detail(status=code), detail(code=code), detail(code="new", status=code)):
        assert retry_decision(fault_of(elevenlabs, answer(429, body))) == "fewer at once"


Fault = Callable[[int, Mapping[str, Any]], HttpResponse | None]


def told(testapp: TestApp, elevenlabs: NarratorServer, fault: Fault, *, at_once: bool = False) -> tuple[TestApp, str]:
    """Make a story of one chapter with four lines, and return its task."""
    elevenlabs.fault = fault
    with closing(ElevenLabsNarrator(lambda: "xi-test", elevenlabs.url, 20)) as narrator:
        config = unframed() if at_once else None
        app = TestApp(clock=testapp.clock, narrator=narrator, config=config)
        task_id = app.generate(app.create(num_chapters=1))
        app.run()
    return app, task_id


def lines_on_the_bill() -> list[UsageItem]:
    return [record for record in UsageItem.query("ann") if record.kind == "line"]


def of_line(number: int, reply: HttpResponse) -> Fault:
    """Answer so whenever that line of the chapter is to be spoken."""
    words = in_words(f"line {number}.", "en")
    return lambda _number, body: reply if words in body["text"] else None


def once(number: int, reply: HttpResponse) -> Fault:
    """Answer the call with that number so."""
    return lambda called, _body: reply if called == number else None


def ended(app: TestApp, task_id: str) -> Failure:
    task = app.task(task_id)
    assert task["status"] == "failed"
    return Failure("permanent", task["error_code"], task["error"])


OF_A_VOICE = {"library voice on a free plan", "voice gone, new shape"}
"""What another voice may not meet: then the chapter is told with that one."""


@pytest.mark.parametrize("name", [name for name in COLLECTED if REFUSALS[name][2] == "permanent"])
def test_a_lasting_refusal_ends_the_task_at_the_first_call_and_costs_nothing(
    testapp: TestApp, elevenlabs: NarratorServer, name: str
) -> None:
    status, body, _kind, code, _said = REFUSALS[name]
    app, task_id = told(testapp, elevenlabs, lambda _number, _body: answer(status, body))
    assert ended(app, task_id).code == code
    # Each voice that there is, once.
    assert elevenlabs.ledger.report()["arrived"] == (len(load_voices().voices) if name in OF_A_VOICE else 1)
    assert not lines_on_the_bill()


def test_the_notice_names_the_character_and_the_voice_of_the_line(testapp: TestApp, elevenlabs: NarratorServer) -> None:
    gone = answer(404, detail(code="voice_not_found", status="not_found"))
    # The second line is Ada's first.
    app, task_id = told(testapp, elevenlabs, lambda number, _body: gone if number == 2 else None)
    task = app.task(task_id)
    assert task["status"] == "completed"
    story = app.request("GET", f"/stories/{task['story_id']}").json_body
    name = load_voices().name_of(story["voices"]["Ada"])
    [notice] = story["chapters"][0]["notices"]
    assert notice["code"] == "voice_replaced"
    assert f"does not know the voice {name}, in which Ada speaks." in notice["message"]


def test_what_was_bought_before_the_credit_was_spent_is_kept(testapp: TestApp, elevenlabs: NarratorServer) -> None:
    app, task_id = told(
        testapp, elevenlabs, lambda n, _body: answer(401, detail(status="quota_exceeded"), {}) if n == 3 else None
    )
    assert ended(app, task_id).code == "quota_exceeded"
    assert (elevenlabs.ledger.report()["arrived"], len(lines_on_the_bill())) == (3, 2)
    elevenlabs.fault = lambda _number, _body: None
    with closing(ElevenLabsNarrator(lambda: "xi-test", elevenlabs.url, 20)) as narrator:
        again = TestApp(clock=app.clock, narrator=narrator, queues=app.queues, ids=None)
        again.request("POST", f"/tasks/{task_id}/retry")
        again.run()
    assert again.task(task_id)["status"] == "completed"
    assert len(elevenlabs.ledger.calls) == 4


@pytest.mark.parametrize("name", [name for name in COLLECTED if REFUSALS[name][0] == 200])
@pytest.mark.parametrize("number", [1, 4], ids=["first line", "last line"])
def test_a_success_without_sound_is_asked_again_at_once_and_is_not_on_the_bill(
    testapp: TestApp, elevenlabs: NarratorServer, name: str, number: int
) -> None:
    status, body, *_ = REFUSALS[name]
    began = testapp.clock()
    app, task_id = told(testapp, elevenlabs, once(number, answer(status, body)))
    assert app.task(task_id)["status"] == "completed"
    assert app.clock() - began < app.timing.retry_delays_s[0]
    assert elevenlabs.ledger.report()["arrived"] == 5
    assert [record.uncertain for record in lines_on_the_bill()] == [None] * 4


def test_a_success_without_sound_every_time_ends_the_task_after_its_retries(
    testapp: TestApp, elevenlabs: NarratorServer
) -> None:
    app, task_id = told(testapp, elevenlabs, lambda _number, _body: answer(200, ""))
    failure = ended(app, task_id)
    assert failure.code == "provider_unavailable"
    assert "not audio" in failure.sentence
    assert elevenlabs.ledger.report()["arrived"] == 3 * FAULTS_IN_A_ROW  # the first try and two retries
    assert not lines_on_the_bill()


@pytest.mark.parametrize("code", ["too_many_concurrent_requests", "system_busy"])
@pytest.mark.parametrize("at_once", [False, True], ids=["one at a time", "four at once"])
def test_the_last_line_is_asked_for_again_at_once_when_the_account_is_busy(
    testapp: TestApp, elevenlabs: NarratorServer, code: str, at_once: bool
) -> None:
    began = testapp.clock()
    app, task_id = told(testapp, elevenlabs, once(4, answer(429, detail(status=code))), at_once=at_once)
    assert app.task(task_id)["status"] == "completed"
    assert app.clock() - began < app.timing.retry_delays_s[0]
    assert elevenlabs.ledger.report()["arrived"] == 5
    assert len(elevenlabs.ledger.calls) == 4
