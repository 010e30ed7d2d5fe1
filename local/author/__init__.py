"""The stand-in author: OpenAI's chat completions on this machine, with a story grammar behind it."""

from local.author.server import AuthorServer

__all__ = ["AuthorServer"]
