"""The seed's two tasks: the whole story, one call after another, then the whole sound, one line after another."""

import json
import os
from pathlib import Path
from typing import Any

from celery import Celery
from elevenlabs import ElevenLabs
from openai import OpenAI
from redis import Redis

REDIS = os.environ["SEED_REDIS"]
OUT = Path(os.environ["SEED_OUT"])
SCHEMAS: dict[str, Any] = json.loads(os.environ["SEED_SCHEMAS"])

app = Celery("seed", broker=REDIS, backend=REDIS)
app.conf.update(
    task_acks_late=True,  # the kinder of its two settings: without it a killed worker's story is lost for ever
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={"visibility_timeout": 10},
    broker_connection_retry_on_startup=True,
)
store = Redis.from_url(REDIS)


def ask(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """Make one paid call to the author, and return its JSON answer."""
    reply = OpenAI(api_key="none").chat.completions.create(
        model="gpt-5.4-mini",
        messages=[{"role": "user", "content": json.dumps(data)}],
        response_format={"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": SCHEMAS[name]}},
    )
    answer: dict[str, Any] = json.loads(reply.choices[0].message.content or "{}")
    return answer


@app.task
def generate_story_task(story_id: str, prompt: str, chapters: int) -> None:
    """Write the outline, then script, summary and enhancement of each chapter; stored when all of it is complete."""
    outline = ask("outline", {"prompt": prompt, "num_chapters": chapters, "max_cast": 5})
    bible = {key: outline[key] for key in ("title", "premise", "setting", "rules", "cast")}
    scripts = []
    for number, plan in enumerate(outline["chapters"], 1):
        data: dict[str, Any] = {
            "bible": bible,
            "chapter": {**plan, "number": number},
            "next_chapter": None,
            "summaries": [],
        }
        script = ask("chapter", {**data, "num_chapters": chapters, "remark": ""})
        lines = [{**line, "line_id": f"{i:03d}"} for i, line in enumerate(script["lines"], 1)]
        ask("summary", {"number": number, "lines": lines})
        ask("enhancement", {"number": number, "lines": lines})
        scripts.append(lines)
        store.hset(story_id, "progress", number)
    store.hset(story_id, mapping={"scripts": json.dumps(scripts), "status": "written"})
    generate_audio_task.delay(story_id)


@app.task
def generate_audio_task(story_id: str) -> None:
    """Narrate every line of every chapter; a chapter's MP3 parts are concatenated as they are."""
    client = ElevenLabs(api_key="none", base_url=os.environ["ELEVENLABS_BASE_URL"])
    for number, lines in enumerate(json.loads(store.hget(story_id, "scripts") or b"[]"), 1):
        sound = b""
        for line in lines:
            sound += b"".join(client.text_to_speech.convert("JBFqnCBsd6RMkjVDRZzb", text=line["text"]))
        (OUT / f"{story_id}-{number}.mp3").write_bytes(sound)
        store.hset(story_id, "audio", number)
    store.hset(story_id, "status", "completed")
