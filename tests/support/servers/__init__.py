"""Servers that speak OpenAI's protocol as they are met in the world, for the real SDK to talk to.

Each is a stand-in author with exceptions. The facts come from public reports, whose addresses stand beside them.
"""

from tests.support.servers.base import CompatibleServer
from tests.support.servers.hosted import (
    Azure,
    DeepSeek,
    Gemini,
    Groq,
    Mistral,
    OldGroq,
    OpenRouter,
    SilentGemini,
    WrappedMistral,
)
from tests.support.servers.own import Choosy, LlamaCpp, LmStudio, NewOllama, NewVllm, Ollama, Vllm

__all__ = [
    "Azure",
    "Choosy",
    "CompatibleServer",
    "DeepSeek",
    "Gemini",
    "Groq",
    "LlamaCpp",
    "LmStudio",
    "Mistral",
    "NewOllama",
    "NewVllm",
    "OldGroq",
    "Ollama",
    "OpenRouter",
    "SilentGemini",
    "Vllm",
    "WrappedMistral",
]
