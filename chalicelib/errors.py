"""Everything that can go wrong on purpose, in one tree.

    FiresideError
    ├── Invalid            the caller's input; names the field                       -> 400
    ├── NotFound           no such thing, or not the caller's                        -> 404
    ├── Conflict           the state of things forbids it                            -> 409
    ├── KeyReused          an Idempotency-Key with another body                      -> 422
    ├── ConfigError        a setting or a file in configs/ is unusable
    ├── ProviderFault      a paid API did not do its work: the facts, sorted by chalicelib.pipeline.failure
    ├── Refused            the author declined to write this
    ├── CutOff             the author's reply ended before it was complete
    ├── Unusable           the author's reply does not hold what was asked, after one repair
    │   └── Overlong       it holds a longer chapter than can be narrated
    ├── Reschedule           the rest of a step goes to a new message (not a failure)
    ├── LeaseLost         the step is no longer this worker's: stop and say nothing (not a failure)
    ├── Broken             a step failed for a reason of our own: its message must come again
    ├── NotAudio           bytes that should be sound are not
    ├── TooLong            a chapter that could not be mastered in time: refused before anything is bought
    └── ToolFailed         ffmpeg or ffprobe went wrong for a reason that is not the input
        └── DiskFull       there is no room for temporary files

Messages of these classes are shown to people or logged; they never contain a user's text or a secret.
"""

from typing import Literal

Provider = Literal["OpenAI", "ElevenLabs"]


class FiresideError(Exception):
    """The root of the tree: catch this to catch everything raised on purpose."""


class Invalid(FiresideError):
    """The caller's input is unusable; the message names the field and what would be accepted."""


class NotFound(FiresideError):
    """There is no such thing, or it belongs to somebody else: the caller cannot tell which."""


class Conflict(FiresideError):
    """The request is sound, but the present state of the story or task forbids it."""


class KeyReused(FiresideError):
    """An Idempotency-Key came again with another body."""


class ConfigError(FiresideError):
    """An environment variable or a file in configs/ is missing or unusable; the message names it."""


class NotAudio(FiresideError):
    """Bytes that should be sound cannot be decoded, or hold no sample."""


class ToolFailed(FiresideError):
    """ffmpeg or ffprobe is missing, was killed or failed for a reason that is not its input."""


class DiskFull(ToolFailed):
    """There is no room left for temporary files. It says nothing of the sound that was to be decoded."""


class TooLong(FiresideError):
    """A chapter takes longer to speak than can be mastered; the message says how long it is, and may be."""


class ProviderFault(FiresideError):
    """A paid API did not do its work.

    `cause` is `status` (it answered with one), `timeout` (no answer in time) or `connection` (none at all); `code` is
    the API's own word for it; `retry_after_s` what it asked for. `sent` is False where no request can have arrived,
    such as on a refused connection. The API's message is left out: it may quote a user.
    """

    def __init__(
        self,
        provider: Provider,
        cause: Literal["status", "timeout", "connection"],
        *,
        status: int = 0,
        code: str = "",
        retry_after_s: float = 0.0,
        sent: bool = True,
    ) -> None:
        super().__init__(f"{provider}: {cause} {status or ''} {code}".strip())
        self.provider = provider
        self.cause = cause
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.uncertain = sent and cause != "status"
        """Whether the call may have been billed: the request may have arrived, and its answer never came."""


class ContentRefused(FiresideError):
    """The author declined to write this."""


class CutOff(FiresideError):
    """The author's reply ended before it was complete: its budget of tokens was used up."""


class Unusable(FiresideError):
    """The author's reply does not hold what was asked. The message is for the repair alone: it may quote the reply."""


class Overlong(Unusable):
    """The author wrote a longer chapter than can be narrated. `reason` names the limit, and quotes nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"lines: {reason}; write it shorter.")
        self.reason = reason


Awaited = Literal["time", "permit", "line"]
"""What a step needs that it did not have: more of a function's time, a permit, a line that another step is buying."""


class Reschedule(FiresideError):
    """The rest of the step goes to a new message, to be delivered after `delay_s` seconds, since it lacks `awaited`."""

    def __init__(self, delay_s: float = 0.0, awaited: Awaited = "time") -> None:
        super().__init__("the rest goes to a new message")
        self.delay_s = delay_s
        self.awaited: Awaited = awaited


class LeaseLost(FiresideError):
    """The step's lease was lost, or its task has ended: whatever is left to do is not this worker's."""


class Redeliver(FiresideError):
    """A step failed for a reason of our own. It is raised without its cause, whose message may quote a user."""
