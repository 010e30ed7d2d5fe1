"""The smoke test of a deployed stage: `make smoke` calls it as a listener would."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TIMEOUT_S = 30.0
"""API Gateway itself gives up after 29 seconds."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response; status 0 where there was none."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the decoded body; empty where it is not a JSON object."""
        try:
            decoded = json.loads(self.body)
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    saw: str


def smoke(url: str, token: str) -> Iterator[Check]:
    """Check the API at `url`: health, page, authorization, and a draft from creation to deletion. Buys nothing."""
    base = url.rstrip("/")
    reply = _call("GET", f"{base}/health")
    yield Check("health", reply.status == 200 and reply.json().get("status") == "ok", _saw(reply))
    reply = _call("GET", f"{base}/")
    yield Check("page", reply.status == 200 and b"<html" in reply.body, f"{reply.status}, {len(reply.body)} bytes")
    reply = _call("GET", f"{base}/stories")
    yield Check("closed without a token", reply.status in {401, 403}, _saw(reply))
    made = _call("POST", f"{base}/stories", token, {"prompt": "A smoke test, deleted at once.", "num_chapters": 1})
    story = made.json().get("story_id")
    yield Check("draft created", made.status == 201 and bool(story), _saw(made))
    if not story:
        return
    where = f"{base}/stories/{story}"
    reply = _call("GET", where, token)
    yield Check("draft read", reply.status == 200 and reply.json().get("story_id") == story, _saw(reply))
    reply = _call("DELETE", where, token)
    yield Check("draft deleted", reply.status == 204, _saw(reply))
    reply = _call("GET", where, token)
    yield Check("draft gone", reply.status == 404, _saw(reply))


def _call(method: str, url: str, token: str = "", body: Any = None) -> Reply:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers, method=method), timeout=TIMEOUT_S) as answer:  # noqa: S310
            return Reply(answer.status, answer.read())
    except HTTPError as error:
        with error:
            return Reply(error.code, error.read())
    except (URLError, HTTPException, OSError) as error:
        return Reply(0, str(error).encode())


def _saw(reply: Reply) -> str:
    """Return the status and the message of an error, but nothing that a story holds."""
    said = reply.json().get("Message") if reply.status else reply.body.decode(errors="replace")
    return f"{reply.status or 'no answer'}{f', {said}' if said else ''}"
