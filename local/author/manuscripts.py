"""A text that is told as it is: what the stand-in says about it. It cannot read, so a narrator reads all of it."""

from typing import Any

StoryData = dict[str, Any]
"""What the author is asked about, or what it answers, decoded from JSON."""


def plan(data: StoryData) -> StoryData:
    """Return the reply to the question what a text is about, and who is in it: nobody but those who have a voice."""
    chapters: list[StoryData] = data["manuscript"]
    named = [name for name in data.get("named_speakers", []) if name != "Narrator"]
    return {
        "language": data.get("language") or "en",
        "title": data.get("title") or chapters[0]["title"] or _words(chapters[0]["begins"], 6),
        "narrator": {"person": "third", "character": "", "gender": "neutral", "age": "middle-aged"},
        "style": {"audience": "", "mood": "", "prose": "", "running_gags": [], "avoid": []},
        "premise": "",
        "setting": "",
        "rules": [],
        "cast": [
            {"name": name, "gender": "neutral", "age": "middle-aged", "accent": "none", "role": "", "description": ""}
            for name in named
        ],
        "chapters": [{"title": chapter["title"] or _words(chapter["begins"], 5)} for chapter in chapters],
    }


def speakers(data: StoryData) -> StoryData:
    """Return the reply to the question who speaks in a chapter: the narrator, everything."""
    first = data["paragraphs"][0][0]["text"]
    return {
        "lines": [],
        "summary": f"It begins: {_words(first, 20)}",
        "new_speakers": [],
        "seam": {"ending_state": "", "open_question": ""},
        "memory": {"notes": [], "settled": []},
    }


def _words(text: str, most: int) -> str:
    return " ".join(text.split()[:most]).strip(" .,;:…—-\"'“”„")
