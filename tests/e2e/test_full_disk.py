from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.disks import needs_root, occupy, small_disk
from tests.support.running import client, ended, running


@needs_root
def test_a_full_disk_is_said_and_answered_with_503_and_nothing_is_lost(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=24) as disk:
        env = {"FIRESIDE_STATE": str(disk / "state"), "TMPDIR": str(tmp_path)}
        with running("serve", "--port", "0", **env) as serve, client(serve.url) as api:
            story_id = api.post("/stories", json={"prompt": "A lamp", "num_chapters": 1}).json()["story_id"]
            ballast = occupy(disk)
            changes: list[Callable[[], httpx.Response]] = [
                lambda: api.post("/stories", json={"prompt": "Another"}),
                lambda: api.post(f"/stories/{story_id}/generate", json={"audio": True}),
                lambda: api.delete(f"/stories/{story_id}"),
            ]
            for change in changes:
                refused = change()
                assert (refused.status_code, refused.json()["Code"]) == (503, "ServiceUnavailableError")
                assert "disk" in refused.json()["Message"]
            serve.line("The disk of .* is full")
            # Beside the tale that an empty library gets.
            tale = (disk / "state" / "first-tale").read_text(encoding="utf-8")
            assert {story["story_id"] for story in api.get("/stories").json()["stories"]} == {story_id, tale}
            ballast.unlink()
            task = api.post(f"/stories/{story_id}/generate", json={"audio": True}).json()
            assert ended(api, task["task_id"])["status"] == "completed"
            serve.line("There is room again")
            assert api.get(f"/stories/{story_id}/chapters/1/audio", follow_redirects=True).status_code == 200
