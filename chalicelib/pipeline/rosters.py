"""Which voices the narrator's account has: asked for, free of charge, before money is spent; known to all functions."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from chalicelib import log
from chalicelib.audio.ports import VoiceDirectory
from chalicelib.audio.voices import VoicesConfig
from chalicelib.clock import Clock
from chalicelib.domain.voice import NEEDS_PLAN, UNKNOWN, Roster, Voice, VoiceRefusal
from chalicelib.errors import FiresideError
from chalicelib.pipeline.ports import RosterStore

KNOWN_S = 60
"""How long a process goes by what it has read."""

BEFORE_A_STORY_S = 3600
BEFORE_A_CHAPTER_S = 900
"""How old may be what is known of the account when a story is cast, and when a chapter is narrated."""

NOT_AGAIN_S = 300
"""How long a process does not ask again after it got no answer."""

REFUSED_S = 24 * 3600
"""How long a voice that was refused is not tried again. Some refusals, such as for want of a plan, show in no list."""


class VoiceRoster:
    """The voices of the narrator's account, as far as they are known.

    `wanted` returns the configured ones, `directory` whom to ask, and `source` which narrator that is.
    """

    def __init__(
        self,
        *,
        store: RosterStore,
        directory: Callable[[], VoiceDirectory],
        wanted: Callable[[], Collection[str]],
        source: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._directory = directory
        self._wanted = wanted
        self._source = source
        self._clock = clock
        self._read: tuple[float, Roster] | None = None
        self._not_before = 0.0

    def known(self) -> Roster:
        """Return what is known, without asking anybody but the store."""
        now = self._clock()
        if self._read is None or now - self._read[0] > KNOWN_S:
            self._read = (now, self._store.get() or UNKNOWN)
        return self._read[1]

    def fresh(self, max_age_s: float) -> Roster:
        """Return what is known; ask first if that is older than `max_age_s` seconds.

        A narrator that cannot be asked is no reason to fail: then what was known stays.
        """
        known = self.known()
        now = self._clock()
        if now < self._not_before or (known.source == self._source and now - known.asked_at <= max_age_s):
            return known
        try:
            return self.ask()
        except FiresideError as error:
            # Each question may take seconds, and no chapter is to wait for them again.
            self._not_before = now + NOT_AGAIN_S
            log.event("voices_not_asked", error=type(error).__name__)
            return known

    def ask(self) -> Roster:
        """Ask the narrator, store what it says and return it; raise ProviderFault, ConfigError or StoreUnavailable."""
        now = self._clock()
        known = self._of_this_source(self._store.get())
        found = self._directory().look(sorted(set(self._wanted()))) or UNKNOWN
        kept = {voice_id: one for voice_id, one in known.refused.items() if now - one.at < REFUSED_S}
        return self._put(msgspec.structs.replace(found, asked_at=now, refused=kept, source=self._source))

    def refuse(self, voice_id: str, code: str) -> Roster:
        """Note that the narrator refused to speak with a voice; return what is known now."""
        known = self._of_this_source(self._store.get())
        refused = {**known.refused, voice_id: VoiceRefusal(self._clock(), code)}
        return self._put(msgspec.structs.replace(known, refused=refused, source=self._source))

    def _of_this_source(self, roster: Roster | None) -> Roster:
        # On one machine the narrator may be another one at each start: what one account has says nothing of another.
        return roster if roster is not None and roster.source == self._source else UNKNOWN

    def _put(self, roster: Roster) -> Roster:
        self._store.put(roster)
        self._read = (self._clock(), roster)
        return roster


MOST_OTHERS = 40
"""Voices that take the place of configured ones: the author is shown each."""


def castable(config: VoicesConfig, roster: Roster) -> list[Voice]:
    """Return the voices that characters may be given: the configured ones that are not known to be unavailable.

    Where some are, others of the account that anybody may be given take their place, so that no configured id is one
    that a story cannot do without; where none is, only those of a kind that the configuration lacks, such as a
    child's. With nothing left, all that are configured: the narrator may know better.
    """
    configured = config.voices
    there = [voice for voice in configured if roster.available(voice.voice_id) is not False]
    if not config.use_account_voices:
        return there or list(configured)
    known = {voice.voice_id for voice in configured}
    more = [voice for voice in others_of(roster) if voice.voice_id not in known]
    if len(there) == len(configured):
        kinds = {_kind(voice) for voice in configured}
        more = [voice for voice in more if _kind(voice) not in kinds]
    return [*there, *more[:MOST_OTHERS]] or list(configured)


def _kind(voice: Voice) -> tuple[str, str]:
    """Return what a listener takes a voice for: a man, a woman, neither, or a boy or a girl."""
    return voice.gender, "child" if voice.age == "child" else "grown-up"


def others_of(roster: Roster) -> list[Voice]:
    """Return the voices of the account that anybody may be given, in a stable order."""
    ids = [voice_id for voice_id, one in roster.voices.items() if one.castable and roster.available(voice_id)]
    return [roster.voices[voice_id].voice for voice_id in sorted(ids)]


def choosable(config: VoicesConfig, roster: Roster) -> list[Voice]:
    """Return the voices that a person may choose: all configured ones, and what takes the place of those not there."""
    return config.with_others(castable(config, roster)).voices


def gaps(configured: Sequence[Voice], roster: Roster) -> str:
    """Return which of the configured voices are not available, and why, as a sentence; "" where none is missing."""
    reasons: dict[str, list[str]] = {}
    for voice in configured:
        if code := roster.why_not(voice.voice_id):
            why = "need a paid plan" if code == NEEDS_PLAN else "are not in it"
            reasons.setdefault(why, []).append(voice.name)
    if not reasons:
        return ""
    said = "; ".join(f"{enumerated(names)} {_agreeing(why, len(names))}" for why, names in sorted(reasons.items()))
    return f"Of the {len(configured)} configured voices some cannot be used with the narrator's account: {said}."


def _agreeing(why: str, count: int) -> str:
    return why if count > 1 else why.replace("need ", "needs ").replace("are ", "is ")


def enumerated(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: `Ann`, `Ann and Bea`, `Ann, Bea and Cid`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
