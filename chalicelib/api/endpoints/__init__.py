"""The endpoints of the API, each declared once: see `routes`."""

from chalicelib.api.endpoints import books, chapters, listening, money, shares, site, stories, tasks, voices, webhooks
from chalicelib.api.routes import ROUTES

__all__ = [
    "ROUTES",
    "books",
    "chapters",
    "listening",
    "money",
    "shares",
    "site",
    "stories",
    "tasks",
    "voices",
    "webhooks",
]
