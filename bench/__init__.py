"""Measurements, each run by one command, with a table as the result."""
