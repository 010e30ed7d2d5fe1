"""The table of leases, and the things that its items are; what webhooks are to tell is in `delivery_tables`."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.store.connections import Table, Where


class LeaseTableItem(Table):
    """What the items of the table of leases have in common. The four classes below are views of them.

    An item is a step of a story (`step#w3`; its lease and its failures), a line that is being bought (`line#<key>`),
    or, under the hash key `permits`, a semaphore. What webhooks are to tell stands beside them, under keys of its own.
    """

    class Meta(Where):
        table_name = "leases"

    story_id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    # DynamoDB's time to live, which may be days late: it tidies up, and no condition relies on it.
    expires = NumberAttribute(null=True)


class StepLeaseItem(LeaseTableItem):
    """Who works on a step, until when. The same item is a StepFailuresItem."""

    owner = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)


class LineClaimItem(LeaseTableItem):
    """Which step buys a line, until when."""

    # Stored as "owner" since the first version, whose items this one still reads.
    step = UnicodeAttribute(attr_name="owner", null=True)
    until = NumberAttribute(null=True)


class StepFailuresItem(LeaseTableItem):
    """The failures of a step in this attempt at its task, with the last for the dead letters; and how often in a row it
    was rescheduled without progress, for want of time (`cut_short`) or of something else (`waits`).

    The same item is a StepLeaseItem.
    """

    # Its name in the table from before it was renamed in the program; so is `run` of the tasks.
    attempt = UnicodeAttribute(attr_name="run", null=True)
    failures = NumberAttribute(null=True)
    cut_short = NumberAttribute(null=True)
    waits = NumberAttribute(null=True)
    error = UnicodeAttribute(null=True)
    error_code = UnicodeAttribute(null=True)


class SemaphoreItem(LeaseTableItem):
    """The holders of the permits of the provider account `name`; `version` goes up with every change."""

    holders = JSONAttribute(null=True)
    version = NumberAttribute(null=True)
