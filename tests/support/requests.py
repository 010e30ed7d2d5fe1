"""Requests to the API as a test's user sends them."""

import json
from collections.abc import Mapping
from typing import Any

from chalice.test import Client

import app

USER = "ann"


class Requests:
    """Requests through Chalice, as API Gateway passes them on, with the bearer tokens of the test's users."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str | None = USER,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Send a request; return the response with `.status_code` and `.json_body`."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if user is not None:
            sent["Authorization"] = f"Bearer {self._tokens[user]}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        with Client(app.app) as client:
            return client.http.request(method, path, headers=sent, body=data)

    def create(self, **fields: Any) -> str:
        """Create a story and return its id."""
        response = self.send("POST", "/stories", {"prompt": "A lighthouse", "num_chapters": 3, **fields})
        assert response.status_code == 201, response.body
        return str(response.json_body["story_id"])

    def generate(self, story_id: str, *, audio: bool = True) -> str:
        """Order a task that writes (and narrates) the story, and return its id."""
        response = self.send("POST", f"/stories/{story_id}/generate", {"audio": audio})
        assert response.status_code == 202, response.body
        return str(response.json_body["task_id"])

    def task(self, task_id: str) -> Any:
        """Return the task as its owner sees it."""
        return self.send("GET", f"/tasks/{task_id}").json_body
