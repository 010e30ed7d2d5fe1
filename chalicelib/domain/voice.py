"""A voice that a line can be spoken with."""

from typing import Annotated

import msgspec

from chalicelib.domain.outline import Age, Gender

VoiceId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
"""A voice's id, as used in a provider's URL."""


class Voice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A voice of the configured cast, and what it is like."""

    voice_id: VoiceId
    name: str
    role: str
    gender: Gender
    age: Age
    accent: str
    description: str
