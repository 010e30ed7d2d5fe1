"""The message that starts a step, and the queues that messages are sent to.

A message carries ids and the step, nothing else: the truth is in the store.
"""

import msgspec

AUTHORING = "authoring"
NARRATION = "narration"
"""The queues of steps: narration has its own, so that neither provider blocks the other."""

PURGE = "purge"
"""The step of a message that removes what a worker may have stored for a story after its deletion."""

DELIVER = "deliver"
"""The step of a message that tells a webhook of an event; its `task_id` is the id of the delivery. A version that does
not know it leaves the message for one that does, and the sweeper sends it again anyway."""


class StepMessage(msgspec.Struct, omit_defaults=True, frozen=True):
    """What is sent: one step of one attempt at a task. `user_id` groups messages, so that many users share fairly.

    `attempt` counts the task's retries: a message of an earlier one is stale and does nothing. It is sent as `run`,
    which is what release 0.1.0 calls it.

    At every deploy old code reads new messages and new code old ones: fields that are not known here are ignored,
    and one that is added needs a default, with which it is not sent (release 0.1.0 refuses what it does not know).
    """

    task_id: str
    story_id: str
    user_id: str
    step: str
    attempt: int = msgspec.field(name="run")
