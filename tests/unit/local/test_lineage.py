import boto3
import pytest
from botocore.stub import Stubber

from local.lineage import MOST, Lineage, admit, carried, current_header, follow

NOBODY: frozenset[str] = frozenset()


def chain(function: str, times: int, header: str | None = None) -> str:
    """Return the trace header of a message at the end of a chain of so many invocations."""
    for _ in range(times):
        admitted = admit(header, function, {function})
        assert admitted is not None
        header = admitted.header
    assert header is not None
    return header


def test_the_seventeenth_invocation_in_a_chain_is_refused() -> None:
    assert admit(chain("write", MOST - 1), "write", NOBODY) is not None
    assert admit(chain("write", MOST), "write", NOBODY) is None
    assert MOST == 16


def test_a_function_that_may_loop_is_never_refused() -> None:
    assert admit(chain("write", 500), "write", {"write"}) is not None
    assert admit(chain("write", 500), "write", {"narrate"}) is None


def test_each_function_of_a_chain_is_counted_for_itself() -> None:
    mixed = chain("narrate", MOST, chain("write", MOST - 1))
    assert admit(mixed, "write", NOBODY) is not None
    assert admit(mixed, "narrate", NOBODY) is None
    assert admit(mixed, "dead_letters", NOBODY) is not None


@pytest.mark.parametrize(
    "header",
    [None, "", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"],
)
def test_a_message_without_a_lineage_begins_a_chain(header: str | None) -> None:
    assert Lineage.parse(header) == Lineage()


def test_a_lineage_is_read_as_the_sdks_document_it() -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2"
    assert Lineage.parse(header) == Lineage({"a87bd80c": 1, "68fd508a": 5, "c512fbe3": 2})
    assert Lineage.parse(Lineage.parse(header).header) == Lineage.parse(header)


def test_what_is_sent_in_an_invocation_carries_its_chain_and_what_is_sent_outside_does_not() -> None:
    client = boto3.client("sqs", region_name="us-east-1")
    follow(client)
    follow(client)
    plain = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "MessageBody": "x"}
    lineage = Lineage().invoked("write")
    carrying = {
        **plain,
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": lineage.header}},
    }
    with Stubber(client) as stub:
        stub.add_response("send_message", {"MessageId": "1"}, carrying)
        stub.add_response("send_message", {"MessageId": "2"}, plain)
        with carried(lineage):
            client.send_message(QueueUrl=plain["QueueUrl"], MessageBody="x")
        assert current_header() is None
        client.send_message(QueueUrl=plain["QueueUrl"], MessageBody="x")
        stub.assert_no_pending_responses()
