"""What is assumed where nothing can be measured here, in one place, and printed with every result."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumptions:
    """The book, what the providers take for it, and what only AWS itself does."""

    chapters: int = 10
    lines: int = 36
    """Lines per chapter: some 900 words."""
    characters: int = 140
    """Characters per line."""
    sound_s: float = 9.0
    """Approximate sound per line: a sentence of the stand-in's real speech, so that mastering takes a real length."""
    outline_s: float = 15.0
    chapter_s: float = 15.0
    enhancement_s: float = 4.0
    line_s: float = 2.0
    poll_s: float = 1.0
    """How often the page polls the task."""
    pollers: int = 5
    """Long polls that Lambda keeps open on each queue while it is empty."""
    long_poll_s: float = 20.0
    invocation_log_bytes: int = 350
    """START, END and REPORT, which Lambda writes for each invocation."""
    access_log_bytes: int = 260
    """A line of the API's access log."""
    sweeps_a_month: int = 12 * 730

    def author_s(self, question: str) -> float:
        """Return the seconds that an author call takes, by the name of its schema."""
        return {"outline": self.outline_s, "enhancement": self.enhancement_s}.get(question, self.chapter_s)

    def __str__(self) -> str:
        return (
            f"{self.chapters} chapters of {self.lines} lines of {self.characters} characters, {self.sound_s:g} s of "
            f"sound each; outline {self.outline_s:g} s, chapter {self.chapter_s:g} s, enhancement "
            f"{self.enhancement_s:g} s, line {self.line_s:g} s; the task is asked for every {self.poll_s:g} s. "
            f"Per invocation {self.invocation_log_bytes} bytes of Lambda's own log, per request "
            f"{self.access_log_bytes} of the access log. While a queue is empty, {self.pollers} polls of "
            f"{self.long_poll_s:g} s are open. A CPU second of this machine is one of Lambda's."
        )
