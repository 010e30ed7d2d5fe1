"""The clock, the ids and the waiting times of a process, handed in as one so that tests control them together."""

import time
from dataclasses import dataclass, field

from chalicelib.clock import Clock, Ids, Wait, fresh_id, system_clock
from chalicelib.timing import Timing


@dataclass(frozen=True, slots=True)
class Runtime:
    """`wait` sleeps for a number of seconds; `ids` makes ids that sort by age."""

    clock: Clock = system_clock
    wait: Wait = time.sleep
    ids: Ids = fresh_id
    timing: Timing = field(default_factory=Timing)
