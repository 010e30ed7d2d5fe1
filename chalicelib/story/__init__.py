"""Writing: what the author is asked, what it answers, and how chapters hold together."""
