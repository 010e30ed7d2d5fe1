"""The stand-in narrator: ElevenLabs' text-to-speech on this machine, with real speech by hibari-tts."""

from local.narrator.server import NarratorServer

__all__ = ["NarratorServer"]
