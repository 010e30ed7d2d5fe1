"""Fireside: one prompt in, a multi-voice audiobook out."""

__version__ = "0.2.0"
