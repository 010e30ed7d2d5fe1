"""The items of what is still to be told by webhooks. They share the table of the leases, under keys that no story has.

deliveries    <event>:operator    an event that is to be told to the operator's webhook
              <event>:story       the same, to that of the story's owner
told          <event>             an event that is recorded once, for as long as it might be found again
gone          <digest of a URL>   a webhook of the operator's whose receiver has ended it
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.store.lease_tables import LeaseTableItem

DELIVERIES, TOLD, GONE = "deliveries", "told", "gone"


class DeliveryItem(LeaseTableItem):
    """An event that is to be told to one webhook. `of_story` is its story, `body` what is sent."""

    user_id = UnicodeAttribute(null=True)
    of_story = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    since = NumberAttribute(null=True)
    due = NumberAttribute(null=True)
    tries = NumberAttribute(null=True)
