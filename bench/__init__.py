"""Measurements: each is one command, and prints a table."""
