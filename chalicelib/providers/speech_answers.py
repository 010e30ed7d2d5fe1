"""What the two narrators' answers have in common: reading them in time, and what an answer of no use names."""

import json
from collections.abc import Callable, Iterable

from chalicelib.audio.decoding import looks_like_audio
from chalicelib.audio.refusals import BUSY, NOT_AUDIO, identifier
from chalicelib.errors import Provider, ProviderFault, SpokenLine

BAD_GATEWAY = 502


Clock = Callable[[], float]


def read_until(until: float, chunks: Iterable[bytes], clock: Clock) -> bytes:
    """Return the whole body; raise TimeoutError if it is still coming when the clock shows `until`.

    The HTTP clients' time-outs are for each read: an answer that comes a byte at a time would never end.
    """
    read: list[bytes] = []
    for chunk in chunks:
        read.append(chunk)
        if clock() > until:
            raise TimeoutError
    return b"".join(read)


def codes(body: object) -> tuple[str, str]:
    """Return the code that the body of an error names, and the next broader one beside it; "" for none.

    Such bodies are {"detail": {"code", "status", "type"}} at ElevenLabs, {"detail": {"error", "type"}} at
    Kokoro-FastAPI, {"error": {"code", "type"}} at LocalAI and LiteLLM, and {"detail": "a sentence"} at speaches.
    """
    if isinstance(body, dict):
        body = body.get("detail") or body.get("error") or body
    named = [body.get(name) for name in ("code", "status", "error", "type")] if isinstance(body, dict) else [body]
    # LocalAI and LiteLLM repeat the status as a code, and LiteLLM writes None as text.
    found = [code for value in named if (code := identifier(value)) and not code.isdigit() and code != "None"]
    code, broader, *_ = [*found, "", ""]
    return code, broader


def ensure_audio(provider: Provider, body: bytes, line: SpokenLine, *, billed: bool) -> None:
    """Raise ProviderFault, as momentary as a 503, if the body of a success is no audio.

    `billed` says that the answer names a charge: then the call is on the bill though it brought nothing.
    """
    if looks_like_audio(body):
        return
    try:
        named = json.loads(body)
    except (ValueError, RecursionError):
        named = None
    code, broader = codes(named)
    busy = next((each for each in (code, broader) if each in BUSY), NOT_AUDIO)
    # Never the code as it stands: a success must not end a book at the first time, whatever it says.
    raise ProviderFault(provider, "status", status=_status(named), code=busy, billed=billed, line=line)


def _status(named: object) -> int:
    """Return the status of a passing trouble that the body of a success names, or 502."""
    facts = (named.get("detail") or named.get("error") or named) if isinstance(named, dict) else {}
    found = [facts.get(name) for name in ("status_code", "status", "code")] if isinstance(facts, dict) else []
    return next((status for status in found if isinstance(status, int) and 500 <= status < 600), BAD_GATEWAY)
