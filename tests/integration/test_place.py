"""Where a listener is, and what they have marked: kept for every device, and the later time wins."""

from typing import Any

import pytest

from chalicelib.clock import rfc3339
from chalicelib.store.listening_tables import ListeningItem
from tests.support.testapp import TestApp

AT = "2026-11-23T20:00:{:02d}Z"


@pytest.fixture
def story(testapp: TestApp) -> str:
    return testapp.create(num_chapters=3)


def put(testapp: TestApp, story: str, what: str = "place", user: Any = "ann", **body: Any) -> Any:
    return testapp.request("PUT", f"/stories/{story}/{what}", body, user=user)


def got(testapp: TestApp, story: str, what: str = "place") -> Any:
    answer = testapp.request("GET", f"/stories/{story}/{what}")
    assert answer.status_code == 200
    return answer.json_body


def test_who_has_not_listened_is_at_the_beginning(testapp: TestApp, story: str) -> None:
    assert got(testapp, story) == {"chapter": 1, "seconds": 0.0, "speed": 1.0, "at": None}
    assert got(testapp, story, "bookmarks") == {"bookmarks": [], "at": None}


def test_of_two_devices_the_one_with_the_later_time_is_believed_in_either_order(testapp: TestApp, story: str) -> None:
    early: Any = {"chapter": 1, "seconds": 5.0, "speed": 1.25, "at": AT.format(1)}
    late: Any = {"chapter": 2, "seconds": 70.25, "speed": 1.5, "at": AT.format(2)}
    assert put(testapp, story, **early).json_body == early
    assert put(testapp, story, **late).json_body == late
    # The one that comes too late is told where the listener is.
    answer = put(testapp, story, **early)
    assert (answer.status_code, answer.json_body) == (200, late)
    assert got(testapp, story) == late


def test_times_are_compared_whatever_their_zone_and_digits(testapp: TestApp, story: str) -> None:
    put(testapp, story, chapter=1, seconds=1, at="2026-11-23T21:00:00.5+02:00")
    assert got(testapp, story)["at"] == "2026-11-23T19:00:00.500Z"
    put(testapp, story, chapter=1, seconds=2, at="2026-11-23T19:00:00.250Z")
    assert got(testapp, story)["seconds"] == 1
    put(testapp, story, chapter=1, seconds=3, at="2026-11-23T19:00:01Z")
    assert got(testapp, story) == {"chapter": 1, "seconds": 3.0, "speed": 1.0, "at": "2026-11-23T19:00:01Z"}


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(("seconds", "stored"), [(5e-324, 0.0), (2.9103083822015736e-219, 0.0), (1 / 3, 0.333)])
def test_seconds_are_stored_to_the_millisecond(
    testapp: TestApp, story: str, seconds: float, stored: float, *, there: bool
) -> None:
    if there:
        put(testapp, story, chapter=1, seconds=1, at=AT.format(1))
    answer = put(testapp, story, chapter=1, seconds=seconds, at=AT.format(2))
    assert (answer.status_code, answer.json_body["seconds"]) == (200, stored)
    assert got(testapp, story)["seconds"] == stored
    put(testapp, story, "bookmarks", bookmarks=[{"chapter": 1, "seconds": seconds}], at=AT.format(2))
    assert [mark["seconds"] for mark in got(testapp, story, "bookmarks")["bookmarks"]] == [stored]


def test_a_speed_that_is_left_out_stays(testapp: TestApp, story: str) -> None:
    put(testapp, story, chapter=1, seconds=1, speed=1.75, at=AT.format(1))
    put(testapp, story, chapter=1, seconds=2, at=AT.format(2))
    assert got(testapp, story)["speed"] == 1.75


def test_a_clock_that_runs_years_ahead_does_not_win_for_years(testapp: TestApp, story: str) -> None:
    ahead: Any = {"chapter": 1, "seconds": 1.0, "speed": 1.0, "at": "2031-01-01T00:00:00Z"}
    assert put(testapp, story, **ahead).json_body == ahead
    later: Any = {**ahead, "seconds": 2.0, "at": "2031-01-01T00:00:05Z"}
    assert put(testapp, story, **later).json_body == later
    assert put(testapp, story, **ahead).json_body == later
    # What was there before it still loses; what comes after it, by a clock that is right, wins.
    before = rfc3339(testapp.clock() - 60)
    assert put(testapp, story, chapter=2, seconds=9, at=before).json_body == later
    testapp.clock.advance(60)
    now = rfc3339(testapp.clock())
    assert put(testapp, story, chapter=2, seconds=9, at=now).json_body["seconds"] == 9


def test_a_place_that_is_stored_is_moved_without_reading_the_story(
    testapp: TestApp, story: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(testapp, story, chapter=1, seconds=1, at=AT.format(1))

    def read(*_arguments: Any) -> None:
        raise AssertionError("the story was read")

    monkeypatch.setattr(testapp.services.stories, "get", read)
    assert put(testapp, story, chapter=3, seconds=2, at=AT.format(2)).status_code == 200
    assert got(testapp, story)["chapter"] == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"chapter": 4}, "chapter"),
        ({"chapter": 0}, "chapter"),
        ({"chapter": "1"}, "chapter"),
        ({"seconds": -0.5}, "seconds"),
        ({"seconds": 1e300}, "seconds"),
        ({"speed": 9}, "speed"),
        ({"speed": None, "at": None}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-23T20:00:00"}, "at"),
        ({"at": "2026-13-23T20:00:00Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": 5}, "at"),
        ({"hour": 1}, "hour"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_what_cannot_be_a_place_is_refused_by_its_field(
    testapp: TestApp, story: str, change: dict[str, Any], field: str, there: bool
) -> None:
    body: Any = {"chapter": 1, "seconds": 1, "at": AT.format(1)}
    if there:
        put(testapp, story, **body)
    answer = put(testapp, story, **{**body, "at": AT.format(2), **change})
    assert answer.status_code == 400
    assert field in answer.json_body["Message"]
    assert got(testapp, story)["at"] == (AT.format(1) if there else None)


@pytest.mark.parametrize("what", ["place", "bookmarks"])
def test_of_somebody_elses_story_nothing_is_read_or_written(testapp: TestApp, story: str, what: str) -> None:
    body: dict[str, Any] = {"at": AT.format(1)}
    body |= {"chapter": 1, "seconds": 1} if what == "place" else {"bookmarks": [{"chapter": 1, "seconds": 1}]}
    put(testapp, story, what, **body)
    mine = got(testapp, story, what)
    for there in (story, "0" * 32, "no-id"):
        assert testapp.request("GET", f"/stories/{there}/{what}", user="bob").status_code == 404
        assert put(testapp, there, what, user="bob", **{**body, "at": AT.format(9)}).status_code == 404
        assert put(testapp, there, what, user=None, **body).status_code == 401
    assert got(testapp, story, what) == mine


def test_bookmarks_get_ids_and_are_listed_as_they_were_sent(testapp: TestApp, story: str) -> None:
    marks = [{"chapter": 2, "seconds": 7.5, "note": " The lamp\ngoes out "}, {"chapter": 1, "seconds": 3}]
    stored = put(testapp, story, "bookmarks", bookmarks=marks, at=AT.format(1)).json_body
    assert [(one["chapter"], one["seconds"], one["note"]) for one in stored["bookmarks"]] == [
        (2, 7.5, "The lamp goes out"),
        (1, 3.0, ""),
    ]
    assert got(testapp, story, "bookmarks") == stored
    again = put(testapp, story, "bookmarks", bookmarks=stored["bookmarks"][1:], at=AT.format(2)).json_body
    assert again == {"bookmarks": stored["bookmarks"][1:], "at": AT.format(2)}
    assert put(testapp, story, "bookmarks", bookmarks=[], at=AT.format(1)).json_body == again


def test_two_devices_lose_none_of_each_others_bookmarks(testapp: TestApp, story: str) -> None:
    def mark(second: int) -> dict[str, Any]:
        return {"bookmark_id": f"at-{second}", "chapter": 1, "seconds": float(second), "note": ""}

    seen = put(testapp, story, "bookmarks", bookmarks=[mark(1)], at=AT.format(1)).json_body["at"]
    phone = put(testapp, story, "bookmarks", bookmarks=[mark(1), mark(2)], at=AT.format(2), seen_at=seen)
    assert phone.json_body["at"] == AT.format(2)
    # The tablet has not seen the phone's: it gets the list that holds, and sends its own mark again with those.
    tablet = put(testapp, story, "bookmarks", bookmarks=[mark(1), mark(3)], at=AT.format(3), seen_at=seen).json_body
    assert (tablet["at"], len(tablet["bookmarks"])) == (AT.format(2), 2)
    merged = [*tablet["bookmarks"], mark(3)]
    put(testapp, story, "bookmarks", bookmarks=merged, at=AT.format(4), seen_at=tablet["at"])
    assert got(testapp, story, "bookmarks") == {"bookmarks": [mark(1), mark(2), mark(3)], "at": AT.format(4)}


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        ([{"chapter": 4, "seconds": 1}], "chapter"),
        ([{"chapter": 1}], "seconds"),
        ([{"chapter": 1, "seconds": 1, "note": "x" * 201}], "note"),
        ([{"chapter": 1, "seconds": 1, "bookmark_id": "a b"}], "bookmark_id"),
        ([{"chapter": 1, "seconds": 1, "bookmark_id": "a"}] * 2, "bookmark_id"),
        ([{"chapter": 1, "seconds": 1}] * 201, "bookmarks"),
        ({}, "bookmarks"),
    ],
)
def test_what_cannot_be_bookmarks_is_refused(testapp: TestApp, story: str, marks: Any, field: str) -> None:
    answer = put(testapp, story, "bookmarks", bookmarks=marks, at=AT.format(1))
    assert (answer.status_code, field in answer.json_body["Message"]) == (400, True)


def test_the_largest_list_of_bookmarks_is_stored(testapp: TestApp, story: str) -> None:
    marks = [{"chapter": 3, "seconds": 1.5, "note": "\U0001f56f" * 200} for _ in range(200)]
    assert put(testapp, story, "bookmarks", bookmarks=marks, at=AT.format(1)).status_code == 200
    assert len(got(testapp, story, "bookmarks")["bookmarks"]) == 200


def test_a_place_is_one_unit_of_writing(testapp: TestApp, story: str) -> None:
    put(testapp, story, chapter=3, seconds=1799.123, speed=1.25, at="2026-11-23T20:00:00.123456Z")
    [item] = ListeningItem.scan()
    assert len(str(item.serialize())) < 1024


def test_place_and_bookmarks_go_with_the_story(testapp: TestApp, story: str) -> None:
    put(testapp, story, chapter=1, seconds=1, at=AT.format(1))
    put(testapp, story, "bookmarks", bookmarks=[{"chapter": 1, "seconds": 1}], at=AT.format(1))
    assert testapp.request("DELETE", f"/stories/{story}").status_code == 204
    assert list(ListeningItem.scan()) == []
    assert put(testapp, story, chapter=1, seconds=2, at=AT.format(2)).status_code == 404
    assert list(ListeningItem.scan()) == []
