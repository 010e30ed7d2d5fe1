"""Fireside on one machine: embedded AWS, event sources, HTTP front end, stand-in author and narrator."""
