"""A voice that a line can be spoken with, and what the narrator's account says of voices."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

import msgspec

from chalicelib.domain.outline import Age, Gender

VoiceId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
"""A voice's id, as used in a provider's URL."""

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$(?!\n)", max_length=35)]
"""A BCP 47 tag, such as `de` or `pt-BR`."""


class Voice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A voice of the configured cast, and what it is like.

    `languages` are those that it speaks as its own; none where nobody has said. `settings` are the narrator's, such as
    `speed`, `stability` or `style`, where this voice differs from the rest of the cast.
    """

    voice_id: VoiceId
    name: str
    role: str
    gender: Gender
    age: Age
    accent: str
    description: str
    languages: list[Language] = []
    settings: dict[str, float | bool] = {}


class AccountVoice(msgspec.Struct, frozen=True):
    """A voice as the narrator's account lists it.

    `usable` is False for one that is listed and that the account's plan does not allow. `castable`: it may be given to
    a character unasked; the clone of somebody's own voice may not, nor one that costs more than others. `preview_url`
    is a sample, free of charge, or "".
    """

    voice: Voice
    usable: bool = True
    castable: bool = True
    preview_url: str = ""


NOT_THERE = "voice_not_found"
NEEDS_PLAN = "paid_plan_required"
"""Why a voice is not available, in the words of ElevenLabs' errors."""


class VoiceRefusal(msgspec.Struct, frozen=True):
    """That the narrator refused to speak with a voice: when (seconds since 1970), and the code that it gave."""

    at: float
    code: str = NOT_THERE


class Roster(msgspec.Struct, frozen=True):
    """What the account of the narrator had when it was last asked, at `asked_at` (seconds since 1970).

    `voices` by id; `missing` are ids that were asked for and that it does not have; `refused` those that it refused to
    speak with. What is in none of them is not known. `source` says which narrator was asked.
    """

    asked_at: float
    voices: Mapping[str, AccountVoice] = {}
    missing: Collection[str] = frozenset()
    refused: Mapping[str, VoiceRefusal] = {}
    source: str = ""

    def available(self, voice_id: str) -> bool | None:
        """Return whether the account has a voice; None where that is not known."""
        if voice_id in self.refused or voice_id in self.missing:
            return False
        listed = self.voices.get(voice_id)
        return listed.usable if listed else None

    def preview_url(self, voice_id: str) -> str:
        """Return the address of a sample of a voice; "" where there is none."""
        listed = self.voices.get(voice_id)
        return listed.preview_url if listed else ""

    def why_not(self, voice_id: str) -> str:
        """Return the code of why a voice is not available; "" for one that is, or of which nothing is known."""
        if voice_id in self.refused:
            return self.refused[voice_id].code
        if voice_id in self.missing:
            return NOT_THERE
        return NEEDS_PLAN if self.available(voice_id) is False else ""


UNKNOWN = Roster(0.0)
"""Nothing is known of the account."""


VoiceReason = Literal["person", "kept", "teller", "author", "fit", "shared"]
"""Why a speaker has their voice: a person chose it; it is theirs from an earlier book or chapter; they tell the story;
the author chose it; it fits best of those that nobody has; it fits, and another speaker has it, too."""


class Substitute(msgspec.Struct, frozen=True):
    """The voice that a speaker is heard in while their own one, `instead_of`, is not available, and why it is not."""

    voice_id: str
    instead_of: str
    code: str = NOT_THERE


class Casting(msgspec.Struct, frozen=True):
    """Who speaks with which voice, by speaker: the cast's own voices, why each was chosen, and which ones stand in."""

    voices: Mapping[str, str]
    reasons: Mapping[str, VoiceReason] = {}
    substitutes: Mapping[str, Substitute] = {}
