"""A client of the API for commands such as `run`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

ApiObject = dict[str, Any]
"""A response of the API, or a request, decoded from JSON."""


class ApiError(Exception):
    """A request that the API refused or did not answer. The message is for the user; `status` is 0 if none came."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """Requests to the API that return decoded JSON or raise ApiError."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str) -> ApiObject:
        """Send a GET request and return the decoded body."""
        return self._json("GET", path)

    def post(self, path: str, body: ApiObject | None = None, key: str | None = None) -> ApiObject:
        """Send a POST request, with `key` as its Idempotency-Key if given, and return the decoded body."""
        return self._json("POST", path, json=body or {}, headers={"Idempotency-Key": key} if key else {})

    def location(self, path: str) -> str:
        """Return the URL that a GET of `path` redirects to."""
        return self._send("GET", path).headers["location"]

    def _json(self, method: str, path: str, **sent: Any) -> ApiObject:
        answer: ApiObject = self._send(method, path, **sent).json()
        return answer

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **sent)
        except httpx.HTTPError as error:
            raise ApiError(0, f"Fireside does not answer ({type(error).__name__}).") from error
        if response.is_error:
            try:
                message = str(response.json()["Message"])
            except (ValueError, KeyError, TypeError):
                message = f"Fireside answered with status {response.status_code}."
            raise ApiError(response.status_code, message)
        return response


@contextmanager
def api_at(url: str, token: str) -> Iterator[Api]:
    """Open a client of the API at `url`, as the user of `token`."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False, follow_redirects=False) as http:
        yield Api(http)
