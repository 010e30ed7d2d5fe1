"""The OpenAPI document as strangers read it: schemathesis sends what it describes, and more, to `local serve`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.running import TOKEN, client, ended, running

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def schemathesis(url: str, directory: Path, config: str, *options: str) -> str:
    """Run it; what it printed. Fails where the API answered what the document does not say, or 5xx."""
    (directory / "schemathesis.toml").write_text(config)
    program = str(Path(sys.executable).parent / "schemathesis")
    command = [program, "run", f"{url}/openapi.json", "--url", url, "--seed", "7"]
    checks = ["--checks", ",".join(CHECKS), "-H", f"Authorization: Bearer {TOKEN}", "--max-examples", "6"]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*command, *checks, *options], cwd=directory, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


@pytest.mark.parametrize("known", [False, True], ids=["any ids", "a real story"])
def test_no_answer_is_undocumented_and_none_is_a_server_error(tmp_path: Path, *, known: bool) -> None:
    with running("serve", "--port", "0", FIRESIDE_STATE=str(tmp_path / "state"), LOCAL_CLOCK_SCALE="20") as serve:
        config, options = "", ["--phases", "coverage,fuzzing,stateful"]
        if known:
            with client(serve.url) as api:
                story = api.post("/stories", json={"prompt": "A lamp", "num_chapters": 1}).json()["story_id"]
                task = api.post(f"/stories/{story}/generate", json={"audio": True}).json()["task_id"]
                assert ended(api, task)["status"] == "completed"
                secret = api.post(f"/stories/{story}/shares", json={}).json()["url"].rpartition("/")[2]
            ids = {"path.story_id": story, "path.task_id": task, "path.number": 1}
            ids |= {"path.secret": secret, "path.file": "1.vtt"}
            config = "[parameters]\n" + "".join(f'"{name}" = "{value}"\n' for name, value in ids.items())
            options = ["--phases", "coverage,fuzzing", "--exclude-method", "DELETE"]
        printed = schemathesis(serve.url, tmp_path, config, *options)
    assert "Tested: " in printed
    if known:
        assert "captions" not in printed.partition("WARNINGS")[2]  # the story was found, and its chapter was heard
