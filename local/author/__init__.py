"""The stand-in author: OpenAI's chat completions on this machine, which performs the tales that Fireside ships with."""

from local.author.server import AuthorServer

__all__ = ["AuthorServer"]
