"""A story as a book: its cover and its files."""
