"""Receivers of webhooks in memory, and the configuration with which they are told."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chalicelib.domain.webhook import WebhookResponse
from chalicelib.story.config import StoryConfig
from chalicelib.story.notifying import Webhooks

OPERATOR = "https://operator.example/fireside"
OWN = "https://ann.example/hooks?token=of-ann"
SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"  # pragma: allowlist secret
ENV = {"WEBHOOK_SECRET": SECRET}


@dataclass(frozen=True)
class Told:
    """What a receiver was told."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    at: float

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return str(self.event["type"])

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.event["data"]


@dataclass
class MemoryReceivers:
    """All receivers. `answers` are given in turn, and 204 after them; `faults` are those of hosts.

    `meanwhile` is called while something is told.
    """

    clock: Any
    answers: list[WebhookResponse] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def fault_of(self, host: str) -> str:
        return self.faults.get(host, "")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookResponse:
        self.told.append(Told(url, body, headers, self.clock()))
        self.meanwhile()
        return self.answers.pop(0) if self.answers else WebhookResponse(status=204)

    def of(self, url: str) -> list[Told]:
        return [one for one in self.told if one.url == url]


def notifying(config: StoryConfig, *, operator: bool = True, stories: bool = True) -> StoryConfig:
    """Return the configuration with webhooks."""
    webhooks = Webhooks(operator_url=OPERATOR if operator else "", per_story=stories)
    return msgspec.structs.replace(config, webhooks=webhooks)
