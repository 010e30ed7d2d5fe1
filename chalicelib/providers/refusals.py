"""What a server says when it refuses: the status, the code and the parameter that its body names, wherever it does.

Error bodies, by server: `{"error": {message, type, param, code}}` (OpenAI and most that follow it), the same fields at
the top (vLLM), `{"error": "a sentence"}` (Ollama), `{"detail": [{"loc": [...]}]}` (Mistral and others on FastAPI), a
list of one (Gemini), with the real status in `code` (OpenRouter). Messages are read for a few marks and numbers, and
never kept: they may quote what was sent.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\[\]/-]{0,79}")
_STATUSES = range(400, 600)

_TOO_LARGE = re.compile(r"request too large|limit[: ]+([\d,]+),? *(?:used[: ]+[\d,]+,? *)?requested[: ]+([\d,]+)", re.I)
_AGAIN_IN = re.compile(r"(?:try again|retry) in ([0-9]+(?:\.[0-9]+)?) ?(ms|s|seconds?|milliseconds?)\b", re.I)
_NO_KEY = re.compile(r"(?:incorrect|invalid) api.?key|api.?key (?:is )?(?:not valid|invalid|incorrect)", re.I)
"""Google's and xAI's 400 for a key that they do not know."""

_CONTEXT = re.compile(r"context (?:length|window|size)|maximum context|context_length", re.I)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: its status, its code ("" if it has none), the parameter it names, and the pause it asks for.

    `words` is the message, in which names of parameters and numbers are looked for. It may quote a user: it is neither
    shown nor logged. `billed`: tokens were used before it.
    """

    status: int
    code: str = ""
    param: str = ""
    retry_after_s: float = 0.0
    words: str = ""
    billed: bool = False

    def charged(self) -> "Refusal":
        """Return the refusal of a call for which tokens were used all the same."""
        return replace(self, billed=True)

    def asking(self, retry_after_s: float) -> "Refusal":
        """Return the refusal with the pause that the headers ask for, if they ask for one."""
        return replace(self, retry_after_s=retry_after_s) if retry_after_s else self


def read_refusal(body: Any, status: int) -> Refusal | None:
    """Return the refusal in a decoded body that came with `status`, or None if there is none.

    The status that the error itself names counts before that of the reply. An error inside a 200 that names none is
    taken for one of the server's own (502).
    """
    error = next(_errors(body, status), None)
    if error is None:
        return None
    fields = error if isinstance(error, dict) else {}
    words = " ".join(_words(error))
    named = [name for name in (_name(fields.get(key)) for key in ("code", "type", "status")) if name]
    said = _status(fields.get("code")) or _status(fields.get("status"))
    return Refusal(
        status=said or (status if status in _STATUSES else 502),
        code=_code(named, fields, words),
        param=_param(fields),
        retry_after_s=_asked_pause(words),
        words=words,
    )


def refusal_of(status: int, body: bytes, html: bool) -> Refusal:
    """Return the refusal of a reply with an error status."""
    text = body.decode("utf-8-sig", "replace").strip()
    try:
        decoded = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        decoded = None
    if decoded is None:
        return Refusal(status, "html" if html or text.startswith("<") else "", words=text[:2000])
    found = read_refusal(decoded, status) or Refusal(status, words=text[:2000])
    return replace(found, status=status)


def _errors(body: Any, status: int) -> Iterator[Any]:
    if isinstance(body, list):
        for item in body[:3]:
            yield from _errors(item, status)
    if not isinstance(body, dict):
        return
    if (error := body.get("error")) and isinstance(error, (dict, str)):
        inner = error.get("error") if isinstance(error, dict) else None
        yield inner if isinstance(inner, dict) else error
    elif body.get("object") == "error" or (status in _STATUSES and body.get("message")):
        yield body
    elif status in _STATUSES and body.get("detail"):
        yield {"detail": body["detail"]}
    elif isinstance(body.get("errors"), list) and body["errors"]:
        yield body["errors"][0]


def _words(error: Any) -> Iterator[str]:
    if isinstance(error, str):
        yield error[:4000]
    elif isinstance(error, dict):
        for key in ("message", "detail", "msg"):
            text = error.get(key)
            if text:
                yield (text if isinstance(text, str) else json.dumps(text))[:4000]
        # OpenRouter has the words of the server behind it here.
        if isinstance(metadata := error.get("metadata"), dict):
            yield from (text[:4000] for text in (metadata.get("raw"),) if isinstance(text, str))


def _code(named: list[str], fields: Mapping[str, Any], words: str) -> str:
    """Return the code that says most of a refusal: what it names, or what marks in its fields and words stand for."""
    metadata = mapping(fields.get("metadata"))
    if metadata.get("reasons") or "flagged_input" in metadata:
        return "moderation"
    # Azure's, which a proxy in between passes on in a place of its own.
    if "ResponsibleAIPolicyViolation" in str(fields) or "ContentPolicyViolation" in words:
        return "content_filter"
    if _NO_KEY.search(words):
        return "invalid_api_key"
    if (match := _TOO_LARGE.search(words)) and (not match[1] or _number(match[2]) > _number(match[1])):
        return "request_too_large"
    specific = [name for name in named if not name.isdigit() and name not in _GENERAL]
    if not specific and _CONTEXT.search(words):
        return "context_length_exceeded"
    if not specific and "model" in words.casefold() and re.search(r"not found|does not exist|not exist", words, re.I):
        return "model_not_found"
    return (specific or [name for name in named if not name.isdigit()] or [""])[0]


_GENERAL = {"invalid_request_error", "BadRequestError", "error", "server_error", "None", "null", "invalid_argument"}
"""Types that say no more than the status does."""


def _param(fields: Mapping[str, Any]) -> str:
    if name := _name(fields.get("param")):
        return name
    # FastAPI's form: where in the body the fault is.
    detail = fields.get("detail") or mapping(fields.get("message")).get("detail")
    for item in detail if isinstance(detail, list) else ():
        where = mapping(item).get("loc")
        if isinstance(where, list) and (parts := [str(part) for part in where if part != "body"]):
            return _name(".".join(parts)) or ""
    return ""


def _name(value: Any) -> str | None:
    """Return a value that is a name, and so can neither be nor quote a text; None for any other."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def _status(value: Any) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{3}", value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in _STATUSES else None


def _asked_pause(words: str) -> float:
    match = _AGAIN_IN.search(words)
    if match is None:
        return 0.0
    return float(match[1][:9]) / (1000 if match[2].startswith("m") else 1)


def _number(digits: str) -> int:
    return int(digits.replace(",", "")[:12])


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a decoded value that is an object, and an empty one for any other: servers put anything anywhere."""
    return value if isinstance(value, dict) else {}
