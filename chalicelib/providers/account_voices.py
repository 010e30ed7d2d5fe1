"""What a narrator's server says of a voice, and what the program makes of it. Whatever it says is data, and may be odd.

ElevenLabs' fields are those of https://elevenlabs.io/docs/api-reference/voices/get and of the SDK's types (`Voice`,
`VoiceSharingResponse`); the SDK builds them without looking, so that any of them may hold anything.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.domain.outline import Age, Gender
from chalicelib.domain.voice import AccountVoice, Voice

Told = Mapping[str, Any]
"""What is said of one voice: a JSON object."""

VOICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id that the program can use: see `chalicelib.domain.voice.VoiceId`."""

NAME_CHARACTERS, ACCENT_CHARACTERS, DESCRIPTION_CHARACTERS = 80, 40, 200

FREE = "free"
"""The tier of an account without a subscription."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_LANGUAGES = 40
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]{1,2000}", re.IGNORECASE)

# Labels are free text. A public client lists the spellings that it has met ("middle aged", "middle-aged",
# "middle_aged"; "non-binary"; "social media"): hyphens and underscores are read as spaces here, in the labels' names,
# too ("use case" and "use_case", "description" and "descriptive"). Clones have "sex" for "gender":
# https://github.com/elevenlabs/elevenlabs-python/issues/18.
_GENDERS: Mapping[str, Gender] = {
    **dict.fromkeys(("female", "woman", "girl", "f"), "female"),
    **dict.fromkeys(("male", "man", "boy", "m"), "male"),
    **dict.fromkeys(("neutral", "gender neutral", "non binary", "nonbinary", "androgynous"), "neutral"),
}
_AGES: Mapping[str, Age] = {
    **dict.fromkeys(("child", "children", "kid"), "child"),
    **dict.fromkeys(("young", "young adult", "teen", "teenager"), "young"),
    **dict.fromkeys(("middle aged", "middle age", "adult"), "middle-aged"),
    **dict.fromkeys(("old", "older", "elderly", "senior"), "old"),
}
# `narrative_story` is ElevenLabs' own use case; "narration" and "audiobook" are those of older voices.
_NARRATES = re.compile(r"narrat|audio ?book|story")

# https://huggingface.co/hexgrad/Kokoro-82M/blob/main/VOICES.md: the first letter of a name is the language, the second
# the gender. German is no part of Kokoro itself: https://github.com/hexgrad/kokoro/pull/316 names its voices.
_KOKORO = re.compile(r"([a-z])([fm])_(\w+)")
_KOKORO_LANGUAGES = {
    "a": ("en", "american"),
    "b": ("en", "british"),
    "d": ("de", ""),
    "e": ("es", ""),
    "f": ("fr", ""),
    "h": ("hi", ""),
    "i": ("it", ""),
    "j": ("ja", ""),
    "p": ("pt", "brazilian"),
    "z": ("zh", ""),
}


def one_line(value: object, most: int) -> str:
    """Return a text as one line of at most `most` characters without control characters; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    kept = (
        character
        for character in value[: 10 * most]
        # Surrogates are of these categories, too: they cannot be stored as UTF-8.
        if character.isspace() or not unicodedata.category(character).startswith("C")
    )
    return " ".join("".join(kept).split())[:most].rstrip()


def _word(value: object) -> str:
    """Return a label, or a label's name, in the one spelling that is compared."""
    return " ".join(re.split(r"[-_\s]+", one_line(value, ACCENT_CHARACTERS).casefold())).strip()


def _object(value: object) -> Told:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _labels(told: Told) -> dict[str, str]:
    """Return the labels of a voice by name. The library's voices have them as fields of their own."""
    own = {name: told.get(name) for name in ("gender", "age", "accent", "language", "use_case", "descriptive")}
    found = (own, _object(_object(told.get("sharing")).get("labels")), _object(told.get("labels")))
    return {_word(name): text for labels in found for name, value in labels.items() if (text := one_line(value, 100))}


def account_voice(voice_id: str, told: Told, tier: str | None = None) -> AccountVoice:
    """Return what ElevenLabs says of a voice to an account of this tier, such as "free" or "creator"; None: unknown."""
    labels = _labels(told)
    gender = _GENDERS.get(_word(labels.get("gender") or labels.get("sex")))
    uses = _word(" ".join(labels.get(name, "") for name in ("use case", "descriptive", "description")))
    usable = not _beyond_plan(told, tier)
    return AccountVoice(
        Voice(
            voice_id,
            one_line(told.get("name"), NAME_CHARACTERS) or voice_id,
            "narrator" if _NARRATES.search(uses) else "character",
            gender or "neutral",
            _AGES.get(_word(labels.get("age")), "middle-aged"),
            _word(labels.get("accent")),
            _description(told, labels),
            _languages(told, labels),
        ),
        usable=usable,
        # Without a gender, nobody can say whether a voice suits a character.
        castable=usable and gender is not None and not _is_own_clone(told) and not _costs_more(told),
        preview_url=_url(told.get("preview_url")),
    )


def barred_voice(voice_id: str) -> AccountVoice:
    """Return a voice of which nothing is known but that the account may not use it."""
    nobody = Voice(voice_id, voice_id, "character", "neutral", "middle-aged", "", "")
    return AccountVoice(nobody, usable=False, castable=False)


def depends_on_plan(told: Told) -> bool:
    """Return whether the account's tier decides if it may use a voice."""
    return _beyond_plan(told, FREE) or bool(_list(told.get("available_for_tiers")))


def _beyond_plan(told: Told, tier: str | None) -> bool:
    if tier is None:
        return False
    sharing = _object(told.get("sharing"))
    # `free_users_allowed` is not enough: a public program measured 402 for voices of the library that have it as true,
    # and ElevenLabs' support calls it a restriction of the API for free accounts, whatever the owner of the voice says
    # (https://github.com/home-assistant/home-assistant.io/issues/47697).
    of_library = sharing.get("status") == "copied" or (
        sharing.get("status") == "enabled" and told.get("is_owner") is False
    )
    if tier == FREE and (of_library or sharing.get("free_users_allowed") is False):
        return True
    tiers = {_word(each) for each in _list(told.get("available_for_tiers"))} - {""}
    return bool(tiers) and _word(tier) not in tiers


def is_withdrawn(told: Told, now: float) -> bool:
    """Return whether the owner of a shared voice has taken it back, with effect by `now` (seconds since 1970)."""
    sharing = _object(told.get("sharing"))
    ends = sharing.get("disable_at_unix")
    if isinstance(ends, int | float) and not isinstance(ends, bool) and ends > 0:
        return ends <= now
    return sharing.get("status") == "copied_disabled"


def _is_own_clone(told: Told) -> bool:
    """Return whether a voice is the clone of somebody who has to do with the account, and not of the library."""
    category = told.get("category")
    return category == "cloned" or (category == "professional" and told.get("is_owner") is True)


def _costs_more(told: Told) -> bool:
    rates = (told.get("rate"), _object(told.get("sharing")).get("rate"))
    return any(isinstance(rate, int | float) and rate > 1 for rate in rates)


def _description(told: Told, labels: Mapping[str, str]) -> str:
    """Return what is said of a voice: its description, and after it the labels that are no field of `Voice`."""
    found = one_line(told.get("description"), DESCRIPTION_CHARACTERS)
    for name in ("descriptive", "description", "use case"):
        label = labels.get(name, "").replace("_", " ")
        if label and label.casefold() not in found.casefold():
            found = f"{found.rstrip('.;')}; {label}" if found else label
    return one_line(found, DESCRIPTION_CHARACTERS)


def _languages(told: Told, labels: Mapping[str, str]) -> list[str]:
    """Return the tags of the languages that a voice is verified for, and of the one that it is labelled with."""

    def tags() -> Iterator[str]:
        yield language(labels.get("language"))
        for verified in _list(told.get("verified_languages")):
            facts = verified if isinstance(verified, dict) else {"language": verified}
            yield language(facts.get("language")) or language(facts.get("locale"))

    return list(dict.fromkeys(tag for tag in tags() if tag))[:_LANGUAGES]


def language(value: object) -> str:
    """Return a BCP 47 tag such as `en` or `pt-BR` as it is usually written, or "" for what is none."""
    code, *more = one_line(value, 35).replace("_", "-").split("-")
    tag = "-".join([code.lower(), *(part.upper() if len(part) == 2 else part for part in more)])
    return tag if _LANGUAGE.fullmatch(tag) else ""


def _url(value: object) -> str:
    """Return an address that a browser may be sent to, or ""."""
    if not isinstance(value, str) or not _URL.fullmatch(value):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.hostname and "@" not in parts.netloc else ""


def server_voice(item: object) -> AccountVoice | None:
    """Return a voice that a speech server lists, as a name or as an object; None for what names no usable id.

    Kokoro-FastAPI and speaches have `id` and `name`, and speaches `language` and `gender` beside them.
    """
    told = _object(item)
    found = next((told[name] for name in ("id", "voice_id", "name", "value") if name in told), item)
    if not isinstance(found, str) or not VOICE_ID.fullmatch(found):
        return None
    gender = _GENDERS.get(_word(told.get("gender")))
    tags = [tag] if (tag := language(told.get("language"))) else []
    name, accent = one_line(told.get("name"), NAME_CHARACTERS) or found, ""
    if kokoro := _KOKORO.fullmatch(found):
        letter, sex, called = kokoro.groups()
        gender = gender or _GENDERS[sex]
        name = called.replace("_", " ").title() if name == found else name
        if letter in _KOKORO_LANGUAGES:
            code, accent = _KOKORO_LANGUAGES[letter]
            tags = [code]
    voice = Voice(found, name, "character", gender or "neutral", "middle-aged", accent, "", tags)
    return AccountVoice(voice, castable=gender is not None)
