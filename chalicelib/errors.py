"""Every error that is raised deliberately, in one tree.

    FiresideError
    ├── Invalid            the caller's input; names the field                       -> 400
    ├── Forbidden          the operator does not allow it to anybody                 -> 403
    ├── NotFound           no such thing, or not the caller's                        -> 404
    ├── Conflict           the present state does not allow it                       -> 409
    ├── PaymentRequired    a budget has too little left for what was asked           -> 402
    ├── KeyReused          an Idempotency-Key with another body                      -> 422
    ├── StoreUnavailable   DynamoDB, S3, SQS or Parameter Store did not do its part  -> 503, or 500
    ├── NoParameter        Parameter Store has no such parameter, or does not let us read it
    ├── ConfigError        a setting or a file in configs/ is unusable
    ├── ProviderFault      a paid API did not do its work; chalicelib.pipeline.failure classifies it
    ├── ContentRefused     the author declined to write the story
    ├── CutOff             the author's reply ended before it was complete
    ├── Unusable           the author's reply does not hold what was asked for, after one repair
    │   ├── Overlong       it holds a chapter that is too long to be narrated
    │   ├── Oversized      it holds a text with more bytes than can be stored
    │   └── NotAsOrdered   it holds a chapter of another length than was ordered, or a loop
    ├── BudgetExceeded     a paid call does not fit what is left of the money
    ├── Postponed          a chapter's narration waits for a person: it costs too much more than was quoted
    ├── Reschedule         the rest of a step goes to a new message (not a failure)
    ├── LeaseLost          the step is no longer this worker's: stop and store nothing (not a failure)
    ├── Redeliver          a message must be delivered again, mostly after a failure of our own
    ├── NotAudio           bytes that should be audio are not
    ├── TooLong            a chapter that could not be mastered in time: refused before anything is paid for
    └── ToolFailed         ffmpeg or ffprobe failed for a reason other than its input
        └── DiskFull       there is no room for temporary files

Messages of these classes are shown to people or logged; they never contain a user's text or a secret.
"""

from dataclasses import dataclass
from typing import Literal

Provider = Literal["OpenAI", "the author's server", "ElevenLabs", "the speech server"]
"""Who fails, as sentences name them: OpenAI or whatever else answers at OPENAI_BASE_URL, and one of two narrators, the
last of them whatever answers at SPEECH_BASE_URL."""


class FiresideError(Exception):
    """The root of the tree: catch this to catch every error that is raised deliberately."""


class Invalid(FiresideError):
    """The caller's input is unusable; the message names the field and says what is accepted."""


class Forbidden(FiresideError):
    """The operator of this stage does not allow it; the message says what would have to be configured."""


class NotFound(FiresideError):
    """The thing does not exist, or belongs to another user: the caller cannot tell which."""


class Conflict(FiresideError):
    """The request is sound, but the present state of the story or task does not allow it."""


class PaymentRequired(FiresideError):
    """A budget has too little left; the message says what is left and what it would take."""


class BudgetExceeded(FiresideError):
    """A paid call does not fit what is left of a budget, or of what a task may cost; the message says which."""


class Postponed(FiresideError):
    """Narrating a chapter would cost `micro` micro-dollars, too much more than was quoted: a person has to agree."""

    def __init__(self, micro: int) -> None:
        super().__init__("the narration waits for a person")
        self.micro = micro


class KeyReused(FiresideError):
    """An Idempotency-Key was sent again with another body."""


class StoreUnavailable(FiresideError):
    """DynamoDB, S3, SQS or Parameter Store did not do its part, after all tries of its client.

    It is raised from the client's own error, of which it says the type alone (`fault`): that error's message may quote
    what was to be stored. `sentence` is what to tell a caller, or None where trying again would not help.
    """

    def __init__(self, fault: str, sentence: str | None = None) -> None:
        super().__init__(f"the store failed: {fault}")
        self.fault = fault
        self.sentence = sentence


class NoParameter(FiresideError):
    """Parameter Store has no such parameter, or does not let this function read it."""

    def __init__(self, reason: Literal["missing", "unreadable"]) -> None:
        super().__init__(f"the parameter is {reason}")
        self.reason = reason


class ConfigError(FiresideError):
    """An environment variable or a file in configs/ is missing or unusable; the message names it."""


class NotAudio(FiresideError):
    """Bytes that should be audio cannot be decoded, or hold no sample."""


class ToolFailed(FiresideError):
    """ffmpeg or ffprobe is missing, was killed, or failed for a reason other than its input."""


class DiskFull(ToolFailed):
    """There is no room left for temporary files. This says nothing about the audio that was to be decoded."""


class TooLong(FiresideError):
    """A chapter takes longer to speak than can be mastered; the message says how long it is and how long it may be."""


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """What may be said of a line that was not spoken: its speaker, the voice's name, and the model; no text.

    `voice_id` is for the program alone.
    """

    speaker: str
    voice: str
    model: str
    voice_id: str = ""


class ProviderFault(FiresideError):
    """A paid API did not do its work.

    `cause` is `status` (it answered with an error status), `timeout` (no answer in time) or `connection` (the
    connection failed); `code` is the API's own error code, and `broader` the general one that it gave beside it;
    `param` is the parameter it names, `model` the model that was asked; `retry_after_s` is the pause it asked for,
    `limit_s` the time it had; `line` is what a narrator was to speak. `sent` is False where no request can have
    arrived, such as on a refused connection; `billed` is True where an answer of no use was charged. The API's message
    is left out, since it may quote a user.
    """

    def __init__(
        self,
        provider: Provider,
        cause: Literal["status", "timeout", "connection"],
        *,
        status: int = 0,
        code: str = "",
        param: str = "",
        model: str = "",
        broader: str = "",
        retry_after_s: float = 0.0,
        limit_s: float = 0.0,
        sent: bool = True,
        billed: bool = False,
        line: SpokenLine | None = None,
    ) -> None:
        super().__init__(" ".join(f"{provider}: {cause} {status or ''} {code} {param}".split()))
        self.provider = provider
        self.cause = cause
        self.status = status
        self.code = code
        self.broader = broader
        self.param = param
        self.model = model
        self.retry_after_s = retry_after_s
        self.limit_s = limit_s
        self.line = line
        self.uncertain = billed or (sent and cause != "status")
        """Whether the call may have been billed: the request may have arrived, and its answer never came."""


class ContentRefused(FiresideError):
    """The author declined to write the story, or a text was rated as something that is not told.

    `part` names the text that it is about, and `reason` the category, each in words that are not the user's; "" where
    nothing is known of it.
    """

    def __init__(self, part: str = "", reason: str = "") -> None:
        super().__init__(f"refused: {part or 'the request'}: {reason or 'no reason'}")
        self.part = part
        self.reason = reason


class CutOff(FiresideError):
    """The author's reply ended before it was complete: its budget of tokens was used up."""


class Unusable(FiresideError):
    """The author's reply does not hold what was asked for.

    The error's message is for the repair alone: it may quote the reply.
    """


class Overlong(Unusable):
    """The author wrote a chapter that is too long to be narrated. `reason` names the limit and quotes nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"lines: {reason}; write it shorter.")
        self.reason = reason


class Oversized(Unusable):
    """A text of the reply has more bytes than can be stored. `reason` names it and its limit, and quotes nothing."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}; write it shorter.")
        self.reason = reason


class NotAsOrdered(Unusable):
    """The author wrote a chapter of quite another length than was ordered, or the same lines again and again.

    `wrote` says what came and what was ordered, in words that follow "wrote", and quotes nothing: the author is told it
    for the repair, and the user if that fails too.
    """

    def __init__(self, wrote: str) -> None:
        super().__init__(f"You wrote {wrote}")
        self.wrote = wrote


Awaited = Literal["time", "permit", "line"]
"""What a step is waiting for: more of a function's time, a permit, or a line that another step is buying."""


class Reschedule(FiresideError):
    """The rest of the step goes to a new message, delivered after `delay_s` seconds, because `awaited` is missing."""

    def __init__(self, delay_s: float = 0.0, awaited: Awaited = "time") -> None:
        super().__init__("the rest goes to a new message")
        self.delay_s = delay_s
        self.awaited: Awaited = awaited


class LeaseLost(FiresideError):
    """The step's lease was lost, or its task has ended: this worker must not continue the step."""


class Redeliver(FiresideError):
    """The message must be delivered again, mostly after a failure of our own.

    It is raised without its cause, whose message may quote a user.
    """
