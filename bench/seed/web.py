"""The seed's API: POST a prompt, poll the story."""

import uuid

from fastapi import FastAPI

from bench.seed.tasks import generate_story_task, store

app = FastAPI()


@app.post("/stories")
def create(story: dict[str, str | int]) -> dict[str, str]:
    """Start writing, which starts the narration in turn, and return the story's id."""
    story_id = uuid.uuid4().hex
    generate_story_task.delay(story_id, story["prompt"], story["num_chapters"])
    return {"story_id": story_id}


@app.get("/stories/{story_id}")
def read(story_id: str) -> dict[str, str]:
    """Return the story's progress."""
    return {key.decode(): value.decode() for key, value in store.hgetall(story_id).items() if key != b"scripts"}
