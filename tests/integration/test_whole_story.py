"""A whole story through API, steps and store, on moto, with providers in memory."""

from tests.support.testapp import TestApp


def test_a_story_is_written_and_narrated(testapp: TestApp) -> None:
    story_id = testapp.create()
    task_id = testapp.generate(story_id)
    testapp.run()
    task = testapp.task(task_id)
    assert (task["status"], task["progress"], task["error"]) == ("completed", 100, None)
    story = testapp.request("GET", f"/stories/{story_id}").json_body
    assert story["status"] == "completed"
    assert [chapter["status"] for chapter in story["chapters"]] == ["completed"] * 3
    assert all(chapter["audio"]["duration"] > 1 for chapter in story["chapters"])
    assert set(testapp.author.bought.values()) == {1}
    assert set(testapp.narrator.bought.values()) == {1}
