"""What becomes of what a server says of a voice: `chalicelib.providers.account_voices`, which the directories use.

The spellings of labels are those that public clients have met; George, River and Martin are voices as ElevenLabs lists
them (2026), Rachel's first labels those of https://github.com/elevenlabs/elevenlabs-python/issues/18.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.outline import Gender
from chalicelib.domain.voice import AccountVoice, Voice
from chalicelib.providers.account_voices import (
    account_voice,
    barred_voice,
    depends_on_plan,
    is_withdrawn,
    language,
    one_line,
    server_voice,
)

GEORGE: dict[str, Any] = {
    "voice_id": "JBFqnCBsd6RMkjVDRZzb",
    "name": "George - Warm, Captivating Storyteller",
    "category": "premade",
    "labels": {
        "accent": "british",
        "descriptive": "mature",
        "age": "middle_aged",
        "gender": "male",
        "language": "en",
        "use_case": "narrative_story",
    },
    "description": "Warm resonance that instantly captivates listeners.",
    "preview_url": "https://storage.googleapis.com/eleven-public-prod/premade/voices/JBFqnCBsd6RMkjVDRZzb/e62.mp3",
    "available_for_tiers": [],
    "sharing": None,
    "verified_languages": [
        {"language": "en", "model_id": "eleven_v3", "accent": "british", "locale": "en-GB"},
        {"language": "fr", "model_id": "eleven_v3", "accent": "standard", "locale": "fr-FR"},
    ],
    "is_owner": False,
}
COPIED = {**GEORGE, "category": "professional", "sharing": {"status": "copied", "free_users_allowed": True, "rate": 1}}


def told(**facts: Any) -> dict[str, Any]:
    return {"voice_id": "x", **facts}


def labelled(**labels: Any) -> AccountVoice:
    return account_voice("x", told(labels=labels))


def test_a_default_voice_is_read_as_it_is_listed() -> None:
    assert account_voice("JBFqnCBsd6RMkjVDRZzb", GEORGE) == AccountVoice(
        Voice(
            "JBFqnCBsd6RMkjVDRZzb",
            "George - Warm, Captivating Storyteller",
            "narrator",
            "male",
            "middle-aged",
            "british",
            "Warm resonance that instantly captivates listeners; mature; narrative story",
            ["en", "fr"],
        ),
        preview_url=GEORGE["preview_url"],
    )


def test_a_voice_of_which_only_the_id_is_told() -> None:
    nobody = Voice("x", "x", "character", "neutral", "middle-aged", "", "")
    for facts in (told(), told(labels=None, name=None, sharing=None, description=None, verified_languages=None)):
        assert account_voice("x", facts) == AccountVoice(nobody, usable=True, castable=False)


@pytest.mark.parametrize(
    ("label", "gender"),
    [
        ("female", "female"),
        ("Female", "female"),
        (" MALE ", "male"),
        ("woman", "female"),
        ("non-binary", "neutral"),
        ("Non_Binary", "neutral"),
        ("neutral", "neutral"),
    ],
)
def test_a_gender_in_any_spelling(label: str, gender: str) -> None:
    voice = labelled(gender=label)
    assert (voice.voice.gender, voice.castable) == (gender, True)


@pytest.mark.parametrize("label", ["", "unknown", "robot", None, 3, ["female"], {"is": "female"}])
def test_without_a_gender_a_voice_is_given_to_nobody_unasked(label: Any) -> None:
    voice = labelled(gender=label)
    assert (voice.voice.gender, voice.usable, voice.castable) == ("neutral", True, False)


def test_a_gender_is_looked_for_where_clones_and_the_library_have_it() -> None:
    assert labelled(userId="4ahh8khh9382", sex="female", country="US").voice.gender == "female"
    assert account_voice("x", told(gender="Male", age="old", accent="irish", language="en")).voice == Voice(
        "x", "x", "character", "male", "old", "irish", "", ["en"]
    )
    shared = account_voice("x", told(sharing={"labels": {"gender": "female", "age": "young"}}))
    assert (shared.voice.gender, shared.voice.age) == ("female", "young")


@pytest.mark.parametrize(
    ("label", "age"),
    [
        ("middle_aged", "middle-aged"),
        ("middle aged", "middle-aged"),
        ("middle-aged", "middle-aged"),
        ("Middle-Aged", "middle-aged"),
        ("young", "young"),
        ("old", "old"),
        ("child", "child"),
        ("ageless", "middle-aged"),
        (None, "middle-aged"),
        (42, "middle-aged"),
    ],
)
def test_an_age_in_any_spelling(label: Any, age: str) -> None:
    assert labelled(age=label).voice.age == age


@pytest.mark.parametrize(
    ("labels", "role"),
    [
        ({"use_case": "narrative_story"}, "narrator"),
        ({"use case": "narration"}, "narrator"),
        ({"Use-Case": "Audiobooks"}, "narrator"),
        ({"descriptive": "storyteller"}, "narrator"),
        ({"use_case": "characters_animation"}, "character"),
        ({"use_case": "social media"}, "character"),
        ({}, "character"),
    ],
)
def test_who_tells_stories_is_a_narrator(labels: dict[str, str], role: str) -> None:
    assert account_voice("x", told(labels=labels)).voice.role == role


def test_a_description_is_one_line_of_text_and_labels() -> None:
    voice = account_voice(
        "x",
        told(
            name=" Ada\x00\n\u202eBell ",
            description="Calm,\r\n\tclear\u0007 and quick.",
            labels={"description": "calm", "use case": "social_media", "accent": "American\n"},
        ),
    )
    assert voice.voice.name == "Ada Bell"
    assert voice.voice.description == "Calm, clear and quick; social media"
    assert voice.voice.accent == "american"
    long = account_voice("x", told(description="word " * 500, labels={"descriptive": "hoarse"}))
    assert len(long.voice.description) <= 200
    assert one_line("\ud800a\udfff", 5) == "a"  # a lone surrogate cannot be stored


@pytest.mark.parametrize(
    ("facts", "languages"),
    [
        ({"labels": {"language": "de"}}, ["de"]),
        ({"labels": {"language": "EN"}, "verified_languages": [{"language": "en"}, {"language": "es"}]}, ["en", "es"]),
        ({"verified_languages": [{"locale": "pt_br"}, {"language": "", "locale": "fil"}]}, ["pt-BR", "fil"]),
        ({"verified_languages": ["de", None, 3, {}, {"language": "English"}, {"language": "x" * 99}]}, ["de"]),
        ({"verified_languages": {"language": "de"}}, []),
        ({"labels": {"language": "english"}}, []),
    ],
)
def test_languages_are_tags(facts: dict[str, Any], languages: list[str]) -> None:
    assert account_voice("x", told(**facts)).voice.languages == languages


@pytest.mark.parametrize(
    ("given", "tag"),
    [("zh-hant-tw", "zh-hant-TW"), ("EN-us", "en-US"), ("e", ""), ("en-", ""), ("-", ""), ("en us", ""), (None, "")],
)
def test_a_tag_is_written_as_usual(given: Any, tag: str) -> None:
    assert language(given) == tag


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com/a.mp3?x=1", True),
        ("http://127.0.0.1:8002/samples/a.mp3", True),
        ("HTTPS://example.com/a", True),
        ("javascript:alert(1)", False),
        ("//example.com/a.mp3", False),
        ("https://", False),
        ("https://[::1/a", False),
        ("https://key@example.com/a", False),
        ("https://example.com/a b", False),
        ("https://example.com/a\r\nSet-Cookie: x", False),
        ("https://example.com/\u00e9", False),
        ("https://example.com/" + "a" * 3000, False),
        (None, False),
        (["https://example.com/"], False),
    ],
)
def test_only_an_address_that_a_browser_can_be_sent_to_is_a_sample(url: Any, kept: bool) -> None:
    assert account_voice("x", told(preview_url=url)).preview_url == (url if kept else "")


@pytest.mark.parametrize(
    ("facts", "tier", "usable"),
    [
        # A voice of the library, whatever its owner allows; one that the account shares itself; a default one.
        (COPIED, "free", False),
        (COPIED, "starter", True),
        (COPIED, None, True),
        ({"sharing": {"status": "enabled"}, "is_owner": False}, "free", False),
        ({"sharing": {"status": "enabled"}, "is_owner": True}, "free", True),
        ({"sharing": {"free_users_allowed": False}}, "free", False),
        ({"sharing": {"free_users_allowed": False}}, "creator", True),
        (GEORGE, "free", True),
        ({"available_for_tiers": ["creator", "Pro"]}, "pro", True),
        ({"available_for_tiers": ["creator", "pro"]}, "starter", False),
        ({"available_for_tiers": ["creator", "pro"]}, None, True),
        ({"available_for_tiers": [None, 3]}, "starter", True),
        ({"available_for_tiers": "pro"}, "starter", True),
    ],
)
def test_what_a_plan_does_not_allow_is_not_usable(facts: dict[str, Any], tier: str | None, usable: bool) -> None:
    voice = account_voice("x", {**GEORGE, **facts}, tier)
    assert (voice.usable, voice.castable) == (usable, usable)


@pytest.mark.parametrize(
    ("facts", "depends"),
    [
        (COPIED, True),
        ({"sharing": {"free_users_allowed": False}}, True),
        ({"available_for_tiers": ["pro"]}, True),
        ({"available_for_tiers": []}, False),
        ({}, False),
    ],
)
def test_the_plan_is_asked_for_where_it_matters(facts: dict[str, Any], depends: bool) -> None:
    assert depends_on_plan({**GEORGE, **facts}) is depends


@pytest.mark.parametrize(
    ("facts", "castable"),
    [
        ({"category": "cloned"}, False),
        ({"category": "professional", "is_owner": True}, False),
        ({"category": "professional", "is_owner": False}, True),
        ({"category": "professional"}, True),
        ({"category": "generated", "is_owner": True}, True),
        ({"category": "of next year"}, True),
        ({"category": ["cloned"]}, True),
        ({"sharing": {"rate": 1}}, True),
        ({"sharing": {"rate": 1.5}}, False),
        ({"sharing": {"rate": "2"}}, True),
        ({"rate": 3}, False),
        ({"rate": True}, True),
        ({"rate": float("nan")}, True),
    ],
)
def test_own_clones_and_dear_voices_are_given_to_nobody_unasked(facts: dict[str, Any], castable: bool) -> None:
    voice = account_voice("x", told(labels={"gender": "female"}, **facts))
    assert (voice.usable, voice.castable) == (True, castable)


@pytest.mark.parametrize(
    ("sharing", "gone"),
    [
        ({"status": "copied"}, False),
        ({"status": "copied_disabled"}, True),
        ({"status": "copied_disabled", "disable_at_unix": 2000}, False),
        ({"status": "copied", "disable_at_unix": 2000}, False),
        ({"status": "copied", "disable_at_unix": 1000}, True),
        ({"status": "copied", "disable_at_unix": 0}, False),
        ({"status": "copied", "disable_at_unix": True}, False),
        ({"status": "copied", "disable_at_unix": "soon"}, False),
        (None, False),
        ("copied_disabled", False),
    ],
)
def test_what_its_owner_has_taken_back_is_gone(sharing: Any, gone: bool) -> None:
    assert is_withdrawn(told(sharing=sharing), 1500.0) is gone


def test_a_voice_that_is_barred_can_be_stored_and_is_no_choice() -> None:
    voice = barred_voice("x")
    assert (voice.usable, voice.castable, voice.voice.name) == (False, False, "x")


def served(voice_id: str, name: str, gender: Gender = "neutral", accent: str = "", *languages: str) -> Voice:
    return Voice(voice_id, name, "character", gender, "middle-aged", accent, "", list(languages))


@pytest.mark.parametrize(
    ("item", "voice"),
    [
        ("af_heart", served("af_heart", "Heart", "female", "american", "en")),
        ({"id": "bm_george", "name": "bm_george"}, served("bm_george", "George", "male", "british", "en")),
        ("pf_dora", served("pf_dora", "Dora", "female", "brazilian", "pt")),
        ("jm_kumo", served("jm_kumo", "Kumo", "male", "", "ja")),
        ("dm_bernd", served("dm_bernd", "Bernd", "male", "", "de")),
        ("xf_zoe", served("xf_zoe", "Zoe", "female")),
        ("lessac", served("lessac", "lessac")),
        (
            {"name": "lessac", "language": "en-us", "gender": "Female", "id": "lessac"},
            served("lessac", "lessac", "female", "", "en-US"),
        ),
        (
            {"name": "af_sky", "language": "en-us", "gender": "female", "id": "af_sky"},
            served("af_sky", "Sky", "female", "american", "en"),
        ),
        ({"voice_id": "v1", "name": "Vera\n"}, served("v1", "Vera")),
        ({"name": "plain"}, served("plain", "plain")),
        ({"label": "Emmett", "value": "emmett"}, served("emmett", "emmett")),
    ],
)
def test_a_voice_of_a_speech_server(item: Any, voice: Voice) -> None:
    assert server_voice(item) == AccountVoice(voice, castable=voice.gender != "neutral")


@pytest.mark.parametrize(
    "item",
    ["", "a b", "a/x.wav", "af_bella+af_sky", "x" * 65, None, 3, [], {}, {"id": 3}, {"id": "a/b", "name": "a"}],
)
def test_what_names_no_usable_id_is_no_voice(item: Any) -> None:
    assert server_voice(item) is None


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = [*GEORGE, "rate", "gender", "age", "accent", "language", "use_case", "settings"]
anything = st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8)


@given(facts=anything, tier=st.one_of(st.none(), st.text(max_size=8)), now=st.floats(0, 1e12))
def test_whatever_is_told_of_a_voice_it_can_be_stored(facts: dict[str, Any], tier: str | None, now: float) -> None:
    voice = account_voice("x", facts, tier)
    assert msgspec.json.decode(msgspec.json.encode(voice), type=AccountVoice) == voice
    assert voice.usable or not voice.castable
    is_withdrawn(facts, now)
    if tier is not None and not voice.usable:
        assert depends_on_plan(facts)


@given(item=st.one_of(json_values, st.dictionaries(st.sampled_from(["id", "name", "gender", "language"]), json_values)))
def test_whatever_a_speech_server_lists_can_be_stored(item: Any) -> None:
    if (voice := server_voice(item)) is not None:
        assert msgspec.json.decode(msgspec.json.encode(voice), type=AccountVoice) == voice
