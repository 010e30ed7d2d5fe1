"""ElevenLabs' models as of late 2026: what each takes and refuses. Independent of configs/, which a test compares."""

from dataclasses import dataclass

V2_5_LANGUAGES = frozenset(
    {
        *("ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fil", "fr", "hi", "hr", "hu", "id", "it", "ja", "ko"),
        *("ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "ta", "tr", "uk", "vi", "zh"),
    }
)
"""https://elevenlabs.io/docs/overview/models: those of multilingual v2, Hungarian, Norwegian and Vietnamese."""

V3_LANGUAGES = V2_5_LANGUAGES | {
    *("af", "as", "az", "be", "bn", "bs", "ca", "ceb", "cy", "et", "fa", "ga", "gl", "gu", "ha", "he", "hy", "is"),
    *("jv", "ka", "kk", "kn", "ky", "lb", "ln", "lt", "lv", "mk", "ml", "mr", "ne", "ny", "pa", "ps", "sd", "sl", "so"),
    *("sr", "sw", "te", "th", "ur"),
}
"""https://help.elevenlabs.io/hc/en-us/articles/17883183930129: 74 languages."""

STABILITIES_OF_V3 = (0.0, 0.5, 1.0)
"""Creative, natural and robust: https://github.com/griptape-ai/griptape-nodes-engine/pull/3088."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its longest text, what it takes as a language, and which parameters it refuses."""

    longest: int
    languages: frozenset[str] = frozenset()
    neighbours: bool = True
    normalizes: bool = True
    stabilities: tuple[float, ...] = ()


MODELS = {
    # No language: the docstring of `language_code` in the elevenlabs SDK 2.78, and a 400 by
    # https://github.com/livekit/agents/pull/985. The limits: https://elevenlabs.io/docs/overview/models.
    "eleven_multilingual_v2": Model(10_000),
    # Neighbours: https://github.com/home-assistant/core/issues/182944.
    "eleven_v3": Model(5_000, V3_LANGUAGES, neighbours=False, stabilities=STABILITIES_OF_V3),
    # https://vercel.com/ai-gateway/models/elevenlabs/eleven-v4.md has the limit, and
    # https://docs.comfy.org/development/comfy-router/models/elevenlabs/eleven-v4/code language and normalization. Of
    # neighbours nothing is published: refused here as by v3, so that nothing relies on them. Its 90 languages are not
    # listed anywhere that we found: those of v3.
    "eleven_v4": Model(10_000, V3_LANGUAGES, neighbours=False),
    "eleven_v4_turbo": Model(10_000, V3_LANGUAGES, neighbours=False),
    # Normalization "on" is for Enterprise plans: https://github.com/tryAGI/ElevenLabs/pull/161.
    "eleven_flash_v2_5": Model(40_000, V2_5_LANGUAGES, normalizes=False),
    "eleven_turbo_v2_5": Model(40_000, V2_5_LANGUAGES, normalizes=False),
}

FORMATS = frozenset(
    {
        *("mp3_22050_32", "mp3_24000_48", "mp3_44100_32", "mp3_44100_64", "mp3_44100_96", "mp3_44100_128"),
        "mp3_44100_192",
        *(f"{codec}_{rate}" for codec in ("pcm", "wav") for rate in (8000, 16000, 22050, 24000, 32000, 44100, 48000)),
        *(f"opus_48000_{kilobits}" for kilobits in (32, 64, 96, 128, 192)),
        "alaw_8000",
        "ulaw_8000",
    }
)
"""The elevenlabs SDK 2.78: text_to_speech/types/text_to_speech_convert_request_output_format.py."""

NORMALIZATIONS = ("auto", "on", "off")
"""The elevenlabs SDK 2.78: text_to_speech/types/body_text_to_speech_full_apply_text_normalization.py."""

SETTINGS = {
    # The ranges: https://github.com/livekit/agents/issues/4774, and of the speed
    # https://github.com/receptron/mulmocast-app/issues/1451. The names: types/voice_settings.py of the SDK 2.78.
    "stability": (0.0, 1.0),
    "similarity_boost": (0.0, 1.0),
    "style": (0.0, 1.0),
    "speed": (0.7, 1.2),
    "clone_strength": (0.0, 1.0),
}
FLAGS = {"use_speaker_boost"}

EFFECT_IDS = {
    "filter_preset_id": frozenset({"phone", "old_radio"}),
    "environment_id": frozenset({"small_room", "hall"}),
    "background_noise_id": frozenset({"cafe", "keyboard"}),
}
"""Those that the elevenlabs SDK 2.78 names (types/effects_spec_input.py); an account's catalogue has more."""
