"""A person's data: seen, exported and forgotten, and nobody else's touched."""

import json
from pathlib import Path

import pytest

from chalicelib.store import usage as usage_log
from chalicelib.store.share_tables import PREFIX, ShareItem
from chalicelib.store.tables import TokenItem, UsageItem
from infra.people import export, forget, overview
from tests.support.records import all_records
from tests.support.stage import s3
from tests.support.testapp import TestApp


@pytest.fixture
def told(testapp: TestApp) -> str:
    """Make a narrated story of ann's, on a bucket that keeps old versions, and a draft of bob's."""
    s3().put_bucket_versioning(Bucket=testapp.services.objects.bucket, VersioningConfiguration={"Status": "Enabled"})
    story_id = testapp.create(num_chapters=2)
    testapp.generate(story_id)
    testapp.run()
    testapp.request("POST", "/stories", {"prompt": "Bob's own"}, user="bob")
    return story_id


def versions(testapp: TestApp) -> int:
    page = s3().list_object_versions(Bucket=testapp.services.objects.bucket)
    return len(page.get("Versions", [])) + len(page.get("DeleteMarkers", []))


def test_an_overview_has_ids_and_states_and_no_text(testapp: TestApp, told: str) -> None:
    lines = list(overview(testapp.services, "ann"))
    assert lines[0].split()[:3] == ["story", told, "completed"]
    assert "2 of 2 chapters" in lines[0]
    assert lines[1].split()[0] == "task"
    assert "completed" in lines[1]
    assert "lighthouse" not in "".join(lines).lower()


def test_an_export_holds_texts_sound_usage_and_when_tokens_were_made(
    testapp: TestApp, told: str, tmp_path: Path
) -> None:
    made = testapp.request("POST", f"/stories/{told}/shares", {}).json_body
    written = [Path(name) for name in export(testapp.services, "ann", tmp_path)]
    assert all(path.stat().st_size for path in written)
    story = json.loads((tmp_path / told / "story.json").read_text())
    assert [len(chapter["script"]["lines"]) for chapter in story["chapters"]] == [4, 4]
    assert story["prompt"] == "A lighthouse"
    assert [share["share_id"] for share in story["shares"]] == [made["share_id"]]
    assert made["url"].rpartition("/")[2] not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    for chapter in story["chapters"]:
        assert (tmp_path / told / f"{chapter['number']:02d}.mp3").stat().st_size == chapter["audio"]["bytes"]
        assert (tmp_path / told / f"{chapter['number']:02d}.vtt").read_text().startswith("WEBVTT")
    for kind in ("m4b", "epub"):
        assert (tmp_path / told / f"book.{kind}").stat().st_size == story["book"][kind]["bytes"]
    assert (tmp_path / told / "book.jpg").exists()
    assert "X-Amz-Signature" not in (tmp_path / told / "story.json").read_text()
    usage = json.loads((tmp_path / "usage.json").read_text())
    assert len(usage) == sum(testapp.author.bought.values()) + sum(testapp.narrator.bought.values())
    assert len(json.loads((tmp_path / "tokens.json").read_text())) == 1
    assert json.loads((tmp_path / "limit.json").read_text()) == {"limit_usd": None}
    assert "Bob" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert testapp.tokens["ann"] not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))


def test_who_is_forgotten_is_nowhere_and_the_sums_stay(
    testapp: TestApp, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted((record.time_id, float(record.cost_usd)) for record in all_records())
    testapp.clock.advance(7300)
    assert testapp.request("GET", "/usage?month=2026-11").json_body["stories"]
    assert list(UsageItem.query("month#ann"))  # which the sums of a month are kept under
    monkeypatch.setattr(usage_log, "RECORDS_AT_ONCE", 3)
    assert versions(testapp) > 0
    secret = testapp.request("POST", f"/stories/{told}/shares", {}).json_body["url"].rpartition("/")[2]
    assert testapp.request("GET", f"/feeds/{secret}", user=None).status_code == 200
    for _ in range(2):  # again, as after a crash
        list(forget(testapp.services, s3(), "ann"))
    testapp.run()  # the purge that comes later
    assert list(overview(testapp.services, "ann")) == []
    assert versions(testapp) == 0
    assert testapp.request("GET", f"/feeds/{secret}", user=None).status_code == 404
    assert list(ShareItem.scan(ShareItem.token_hash.startswith(PREFIX))) == []
    assert list(UsageItem.query("ann")) == []
    assert list(UsageItem.query("month#ann")) == []
    assert sorted((record.time_id, float(record.cost_usd)) for record in all_records()) == before
    assert all(record.user_id.startswith("forgotten-") for record in all_records())
    assert [token.user_id for token in TokenItem.scan()] == ["bob"]
    assert testapp.request("GET", "/stories").status_code in {401, 403}
    assert len(testapp.request("GET", "/stories", user="bob").json_body["stories"]) == 1
