"""What the stand-in for ElevenLabs tells of its account, read by the SDK's own models, and what it refuses."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from elevenlabs import ElevenLabs
from elevenlabs.core.api_error import ApiError

from chalicelib.audio.decoding import looks_like_audio
from local.narrator import NarratorServer
from local.narrator.catalogue import SUBSCRIPTION
from local.narrator.speech import Hum
from local.narrator.voices import account_sounds

IDS = list(account_sounds())
LOST, LIBRARY = IDS[-1], IDS[:3]
KEY = {"xi-api-key": "xi-test"}


@pytest.fixture(scope="module")
def server() -> Iterator[NarratorServer]:
    with NarratorServer(speech=Hum(), lacks={LOST}, needs_plan=LIBRARY) as running:
        yield running


@pytest.fixture(scope="module")
def sdk(server: NarratorServer) -> Iterator[ElevenLabs]:
    with httpx.Client() as client:
        yield ElevenLabs(base_url=server.url, api_key="test", httpx_client=client)


def test_the_sdk_reads_both_lists_and_each_voice(sdk: ElevenLabs) -> None:
    first = sdk.voices.search(page_size=100)
    assert (first.has_more, first.next_page_token, first.total_count) == (False, None, len(IDS) - 1)
    assert {voice.voice_id for voice in first.voices} == set(IDS) - {LOST}
    assert [voice.voice_id for voice in sdk.voices.get_all().voices] == IDS[:-1]
    voice = sdk.voices.get(IDS[4])
    assert (voice.voice_id, voice.category, voice.is_owner) == (IDS[4], "premade", False)
    assert voice.labels
    assert set(voice.labels) == {"accent", "age", "gender", "language", "use_case"}


def test_a_voice_that_it_lacks_is_answered_with_the_error_of_late_2026(sdk: ElevenLabs) -> None:
    for voice_id in (LOST, "nobody"):
        with pytest.raises(ApiError) as caught:
            sdk.voices.get(voice_id)
        detail = caught.value.body["detail"]
        assert (caught.value.status_code, detail["type"], detail["code"]) == (404, "not_found", "voice_not_found")


def test_the_default_voices_are_all_on_the_first_page_and_the_others_on_pages(sdk: ElevenLabs) -> None:
    pages = [sdk.voices.search(page_size=1, include_total_count=False)]
    while token := pages[-1].next_page_token:
        pages.append(sdk.voices.search(page_size=1, next_page_token=token))
    assert [len(page.voices) for page in pages] == [len(IDS) - 1 - len(LIBRARY) + 1, 1, 1]
    assert [page.has_more for page in pages] == [True, True, False]
    assert pages[0].total_count == 0
    assert sorted(voice.voice_id for page in pages for voice in page.voices) == sorted(set(IDS) - {LOST})
    with pytest.raises(ApiError):
        sdk.voices.search(next_page_token="nonsense")


@pytest.mark.parametrize(
    ("size", "kind"),
    [("101", "less_than_equal"), ("0", "greater_than_equal"), ("x", "int_parsing"), ("%20", "int_parsing")],
)
def test_a_page_of_another_size_is_refused(server: NarratorServer, size: str, kind: str) -> None:
    answer = httpx.get(f"{server.url}/v2/voices?page_size={size}", headers=KEY)
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, kind)


def test_the_subscription_is_one_that_the_sdk_knows(sdk: ElevenLabs) -> None:
    subscription = sdk.user.subscription.get()
    assert (subscription.tier, subscription.status, subscription.character_limit) == ("free", "free", 10_000)
    assert set(SUBSCRIPTION) <= set(type(subscription).model_fields)


@pytest.mark.parametrize("path", ["/v1/voices", "/v2/voices", f"/v1/voices/{IDS[0]}", "/v1/user/subscription"])
def test_nothing_is_told_without_a_key_nor_to_another_method(server: NarratorServer, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 401
    for method, elsewhere in (("DELETE", ""), ("GET", "/settings")):
        assert httpx.request(method, server.url + path + elsewhere, headers=KEY).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        (None, 200, slice(None)),
        ("bytes=0-", 206, slice(0, None)),
        ("bytes=0-1", 206, slice(0, 2)),
        ("bytes=10-99999999", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=-99999999", 206, slice(0, None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=5-4", 416, slice(0, 0)),
        ("bytes=-", 200, slice(None)),
        ("bytes=0-1,3-4", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_a_sample_is_served_whole_and_in_parts(
    server: NarratorServer, wanted: str | None, status: int, part: slice
) -> None:
    url = f"{server.url}/samples/{IDS[0]}.mp3"
    whole = httpx.get(url).content
    answer = httpx.get(url, headers={"Range": wanted} if wanted else {})
    assert looks_like_audio(whole)
    assert (answer.status_code, answer.content) == (status, whole[part])
    if status == 206:
        begin, end, total = answer.headers["Content-Range"].removeprefix("bytes ").replace("/", "-").split("-")
        assert whole[int(begin) : int(end) + 1] == answer.content
        assert int(total) == len(whole)


def test_there_is_no_sample_of_a_voice_that_it_lacks(server: NarratorServer) -> None:
    assert httpx.get(f"{server.url}/samples/{LOST}.mp3").status_code == 404


def test_voices_differ_in_their_samples(server: NarratorServer) -> None:
    samples: list[Any] = [httpx.get(f"{server.url}/samples/{voice_id}.mp3").content for voice_id in IDS[:2]]
    assert samples[0] != samples[1]
