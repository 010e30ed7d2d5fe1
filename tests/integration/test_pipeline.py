"""A whole story through API, steps and store, on moto, with providers in memory."""

from tests.support.house import House


def test_a_story_is_written_and_narrated(house: House) -> None:
    story_id = house.create()
    task_id = house.generate(story_id)
    house.run()
    task = house.task(task_id)
    assert (task["status"], task["progress"], task["error"]) == ("completed", 100, None)
    story = house.request("GET", f"/stories/{story_id}").json_body
    assert story["status"] == "completed"
    assert [chapter["status"] for chapter in story["chapters"]] == ["completed"] * 3
    assert all(chapter["audio"]["duration"] > 1 for chapter in story["chapters"])
    assert set(house.author.bought.values()) == {1}
    assert set(house.narrator.bought.values()) == {1}
