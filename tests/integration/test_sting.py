"""Music of the operator's between chapters."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from chalicelib.audio.decoding import LONGEST_MUSIC_S
from chalicelib.audio.pauses import SCENE_S
from chalicelib.audio.voices import load_voices
from chalicelib.errors import ConfigError
from tests.support.clock import CountedIds
from tests.support.stage import s3, settings
from tests.support.testapp import TestApp, performing


def music(path: Path, seconds: float = 3.0) -> Path:
    source = f"sine=frequency=330:duration={seconds}:sample_rate=44100"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-ac", "2", str(path)], check=True)
    return path


def narrated(sting: str) -> tuple[TestApp, str, list[float]]:
    """Make a story of two chapters; return its id, and the seconds of each."""
    testapp = TestApp(ids=CountedIds(1 if sting else 1000), voices=replace(performing(load_voices()), sting=sting))
    story_id = testapp.create(num_chapters=2)
    task = testapp.generate(story_id)
    testapp.run()
    assert testapp.task(task)["status"] == "completed"
    chapters = testapp.request("GET", f"/stories/{story_id}").json_body["chapters"]
    return testapp, story_id, [chapter["audio"]["duration"] for chapter in chapters]


def sound(story_id: str, number: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    keys = [item["Key"] for item in s3().list_objects_v2(Bucket=settings.bucket)["Contents"]]
    [key] = [key for key in keys if story_id in key and re.search(rf"chapters/0*{number}[^0-9].*\.mp3$", key)]
    mp3 = s3().get_object(Bucket=settings.bucket, Key=key)["Body"].read()
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-f", "s16le", "-ac", "1", "-ar", "44100", "pipe:1"]
    pcm = subprocess.run(command, input=mp3, capture_output=True, check=True).stdout
    return np.frombuffer(pcm, dtype="<i2").astype(float) / 32768


def test_music_is_played_between_chapters_and_below_the_voices(memory_aws: None, tmp_path: Path) -> None:
    _, _, plain = narrated("")
    testapp, story_id, with_music = narrated(str(music(tmp_path / "sting.mp3")))
    assert with_music[0] == pytest.approx(plain[0] + SCENE_S + 3.0, abs=0.1)
    assert with_music[1] == pytest.approx(plain[1], abs=0.05)
    heard = sound(story_id, 1)
    at = int((with_music[0] - 2.5 - 2.0) * 44100)
    played = 10 * np.log10((heard[at : at + 44100] ** 2).mean())
    spoken = 10 * np.log10((heard[int(0.8 * 44100) : int(1.0 * 44100)] ** 2).mean())
    assert -10 < played - spoken < -3
    captions = testapp.request("GET", f"/stories/{story_id}/chapters/1/captions").body.decode()
    assert "sting" not in captions


def test_a_concert_is_cut_short(memory_aws: None, tmp_path: Path) -> None:
    _, _, plain = narrated("")
    _, _, found = narrated(str(music(tmp_path / "long.mp3", LONGEST_MUSIC_S + 10.0)))
    assert found[0] == pytest.approx(plain[0] + SCENE_S + LONGEST_MUSIC_S, abs=0.1)


@pytest.mark.parametrize("content", [None, b"", b"no music"])
def test_music_that_cannot_be_played_withholds_nothing(memory_aws: None, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "sting.mp3"
    if content is not None:
        file.write_bytes(content)
    _, _, plain = narrated("")
    _, _, found = narrated(str(file))
    assert found == pytest.approx(plain, abs=0.05)


def test_a_file_that_is_not_there_is_named_at_the_start(tmp_path: Path) -> None:
    voices = json.loads((Path("configs") / "voices_config.json").read_text())
    path = tmp_path / "voices_config.json"
    path.write_text(json.dumps({**voices, "sting": "bells.mp3"}))
    with pytest.raises(ConfigError, match=r"sting: there is no file bells\.mp3"):
        load_voices(path)
    (tmp_path / "bells.mp3").write_bytes(b"x")
    assert load_voices(path).sting == "bells.mp3"
    path.write_text(json.dumps({**voices, "sting": "../../etc/bells.mp3"}))
    with pytest.raises(ConfigError, match="sting"):
        load_voices(path)
