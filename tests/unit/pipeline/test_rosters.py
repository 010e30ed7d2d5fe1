from collections.abc import Collection

import msgspec
import pytest

from chalicelib.audio.voices import load_voices
from chalicelib.domain.voice import NEEDS_PLAN, NOT_THERE, UNKNOWN, AccountVoice, Roster, Voice, VoiceRefusal
from chalicelib.errors import ProviderFault
from chalicelib.pipeline.rosters import (
    NOT_AGAIN_S,
    REFUSED_S,
    VoiceRoster,
    castable,
    choosable,
    enumerated,
    gaps,
)
from tests.support.clock import ManualClock

CONFIG = load_voices()
CAST = CONFIG.voices
ALONE = msgspec.structs.replace(CONFIG, use_account_voices=False)
GEORGE, RACHEL, BILL = (next(v for v in CAST if v.name == name) for name in ("George", "Rachel", "Bill"))


def of_account(voice: Voice, *, usable: bool = True, castable: bool = True) -> AccountVoice:
    return AccountVoice(voice, usable=usable, castable=castable)


def other(voice_id: str) -> Voice:
    return Voice(voice_id, voice_id, "character", "female", "old", "", "")


class Shelf:
    """A store of one roster."""

    def __init__(self) -> None:
        self.roster: Roster | None = None

    def get(self) -> Roster | None:
        return self.roster

    def put(self, roster: Roster) -> None:
        self.roster = roster


class Account:
    """An account that answers with the roster it has, or with a fault."""

    def __init__(self, answer: Roster | ProviderFault | None = None) -> None:
        self.answer = answer
        self.asked: list[Collection[str]] = []

    def look(self, wanted: Collection[str]) -> Roster | None:
        self.asked.append(wanted)
        if isinstance(self.answer, ProviderFault):
            raise self.answer
        return self.answer


def roster_of(shelf: Shelf, account: Account, clock: ManualClock, source: str = "here") -> VoiceRoster:
    return VoiceRoster(
        store=shelf, directory=lambda: account, wanted=lambda: ["b", "a", "a"], source=source, clock=clock
    )


def test_the_account_is_asked_once_and_the_answer_is_known_to_every_process() -> None:
    clock, shelf, account = ManualClock(), Shelf(), Account(Roster(0.0, missing=frozenset({"a"})))
    assert roster_of(shelf, account, clock).fresh(60).available("a") is False
    another = roster_of(shelf, account, clock)
    assert another.known().available("a") is False
    assert another.fresh(60).available("b") is None
    assert account.asked == [["a", "b"]]
    clock.advance(61)
    another.fresh(60)
    assert len(account.asked) == 2


def test_what_one_account_has_says_nothing_of_another() -> None:
    clock, shelf = ManualClock(), Shelf()
    roster_of(shelf, Account(Roster(0.0)), clock, "there").refuse("a", NEEDS_PLAN)
    account = Account(Roster(0.0))
    here = roster_of(shelf, account, clock)
    assert here.fresh(3600).available("a") is None
    assert len(account.asked) == 1


def test_a_narrator_that_does_not_answer_leaves_what_was_known_and_is_not_asked_again_at_once() -> None:
    clock, shelf, account = ManualClock(), Shelf(), Account(Roster(0.0, missing=frozenset({"a"})))
    roster = roster_of(shelf, account, clock)
    roster.fresh(60)
    account.answer = ProviderFault("ElevenLabs", "timeout")
    for _ in range(3):
        clock.advance(90)
        assert roster.fresh(60).available("a") is False
    assert len(account.asked) == 2
    clock.advance(NOT_AGAIN_S)
    roster.fresh(60)
    assert len(account.asked) == 3
    with pytest.raises(ProviderFault):
        roster.ask()


def test_a_narrator_without_a_list_is_not_asked_for_every_chapter() -> None:
    clock, account = ManualClock(), Account(None)
    roster = roster_of(Shelf(), account, clock)
    assert roster.fresh(60).available("a") is None
    clock.advance(30)
    roster.fresh(60)
    assert len(account.asked) == 1


def test_a_refusal_outlives_a_list_that_does_not_show_it_for_a_day() -> None:
    clock, shelf = ManualClock(), Shelf()
    account = Account(Roster(0.0, {"a": of_account(other("a"))}))
    roster = roster_of(shelf, account, clock)
    assert roster.fresh(60).available("a") is True
    assert roster.refuse("a", NEEDS_PLAN).why_not("a") == NEEDS_PLAN
    clock.advance(REFUSED_S - 1)
    assert roster.ask().available("a") is False
    clock.advance(2)
    assert roster.ask().available("a") is True


@pytest.mark.parametrize(
    ("roster", "available", "why"),
    [
        (UNKNOWN, None, ""),
        (Roster(1.0, {RACHEL.voice_id: of_account(RACHEL)}), True, ""),
        (Roster(1.0, {RACHEL.voice_id: of_account(RACHEL, usable=False)}), False, NEEDS_PLAN),
        (Roster(1.0, missing=frozenset({RACHEL.voice_id})), False, NOT_THERE),
        (Roster(1.0, refused={RACHEL.voice_id: VoiceRefusal(1.0, "voice_disabled")}), False, "voice_disabled"),
    ],
)
def test_a_voice_is_there_or_not_or_nobody_knows(roster: Roster, available: bool | None, why: str) -> None:
    assert (roster.available(RACHEL.voice_id), roster.why_not(RACHEL.voice_id)) == (available, why)


def test_with_all_configured_voices_there_are_no_others() -> None:
    everything = Roster(1.0, {v.voice_id: of_account(v) for v in [*CAST, other("more")]})
    assert castable(CONFIG, everything) == CAST
    assert castable(CONFIG, UNKNOWN) == CAST


def test_a_kind_that_the_configuration_lacks_is_taken_from_the_account() -> None:
    girl = Voice("girl", "girl", "character", "female", "child", "", "")
    roster = Roster(1.0, {v.voice_id: of_account(v) for v in [*CAST, other("more"), girl]})
    assert castable(CONFIG, roster) == [*CAST, girl]
    assert castable(ALONE, roster) == CAST


def test_others_of_the_account_take_the_place_of_those_that_are_missing() -> None:
    voices = {
        "clone": of_account(other("clone"), castable=False),
        "dear": of_account(other("dear"), usable=False),
        "gone": of_account(other("gone")),
        "new": of_account(other("new")),
    }
    roster = Roster(1.0, voices, frozenset({RACHEL.voice_id}), {"gone": VoiceRefusal(1.0)})
    there = castable(CONFIG, roster)
    assert [voice.voice_id for voice in there] == [*(v.voice_id for v in CAST if v != RACHEL), "new"]
    assert castable(ALONE, roster) == [voice for voice in CAST if voice != RACHEL]
    assert choosable(CONFIG, roster) == [*CAST, other("new")]


def test_an_account_without_any_of_them_has_a_cast_of_its_own() -> None:
    roster = Roster(1.0, {"new": of_account(other("new"))}, frozenset(voice.voice_id for voice in CAST))
    assert castable(CONFIG, roster) == [other("new")]
    # With nothing at all, the narrator may know better than its list.
    assert castable(CONFIG, msgspec.structs.replace(roster, voices={})) == CAST


def test_what_is_missing_is_said_in_a_sentence() -> None:
    assert gaps(CAST, UNKNOWN) == ""
    missing = frozenset({RACHEL.voice_id, BILL.voice_id})
    roster = Roster(1.0, {GEORGE.voice_id: of_account(GEORGE, usable=False)}, missing)
    assert gaps(CAST, roster) == (
        "Of the 8 configured voices some cannot be used with the narrator's account: Rachel and Bill are not in it; "
        "George needs a paid plan."
    )


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_names_are_listed_as_in_a_sentence(names: list[str], said: str) -> None:
    assert enumerated(names) == said
