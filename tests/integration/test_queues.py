"""The queues on SQS: what is sent, for whom, when it is delivered, and how a message is held."""

import msgspec
import pytest

from chalicelib.domain.message import AUTHORING, NARRATION, StepMessage
from chalicelib.store.queues import DEAD_LETTERS, Queues
from tests.support.stage import settings, sqs

MESSAGE = StepMessage("task", "story", "ann", "w3", 1)


@pytest.fixture
def queues(memory_aws: None) -> Queues:
    return Queues(sqs(), settings)


def url(queue: str) -> str:
    return sqs().get_queue_url(QueueName=settings.queue(queue))["QueueUrl"]


def test_a_message_carries_ids_and_the_step_and_groups_by_user(queues: Queues) -> None:
    queues.send(NARRATION, MESSAGE)
    (received,) = sqs().receive_message(QueueUrl=url(NARRATION), AttributeNames=["All"])["Messages"]
    assert msgspec.json.decode(received["Body"], type=StepMessage) == MESSAGE
    assert set(msgspec.json.decode(received["Body"])) == {"task_id", "story_id", "user_id", "step", "run"}
    assert received["Attributes"]["MessageGroupId"] == "ann"


@pytest.mark.parametrize(("delay_s", "arrives"), [(0.0, True), (0.2, False), (5_000.0, False)])
def test_a_delayed_message_waits(queues: Queues, delay_s: float, arrives: bool) -> None:
    queues.send(AUTHORING, MESSAGE, delay_s)
    assert ("Messages" in sqs().receive_message(QueueUrl=url(AUTHORING))) is arrives
    assert queues.waiting(NARRATION) == 0


def test_waiting_counts_what_nobody_has_received(queues: Queues) -> None:
    queues.send(AUTHORING, MESSAGE)
    queues.send(AUTHORING, MESSAGE)
    assert queues.waiting(AUTHORING) == 2
    sqs().receive_message(QueueUrl=url(AUTHORING))
    assert queues.waiting(AUTHORING) == 1


def test_a_held_message_can_be_let_go(queues: Queues) -> None:
    queues.send(AUTHORING, MESSAGE)
    (received,) = sqs().receive_message(QueueUrl=url(AUTHORING))["Messages"]
    assert "Messages" not in sqs().receive_message(QueueUrl=url(AUTHORING))
    queues.extend_visibility(AUTHORING, received["ReceiptHandle"], 0)
    assert "Messages" in sqs().receive_message(QueueUrl=url(AUTHORING))


def test_both_queues_send_their_dead_to_the_same_place(memory_aws: None) -> None:
    dead = sqs().get_queue_attributes(QueueUrl=url(DEAD_LETTERS), AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for queue in (AUTHORING, NARRATION):
        found = sqs().get_queue_attributes(QueueUrl=url(queue), AttributeNames=["RedrivePolicy"])["Attributes"]
        policy = msgspec.json.decode(found["RedrivePolicy"])
        assert policy["deadLetterTargetArn"] == dead
        assert int(policy["maxReceiveCount"]) >= 5
