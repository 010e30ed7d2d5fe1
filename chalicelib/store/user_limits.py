"""What single users may spend in a month, beside the limit of the configuration that holds for all."""

from chalicelib.store.outage import repository
from chalicelib.store.tables import UserLimitItem

_PREFIX = "limit#"
"""How the hash keys of limits begin. Those of tokens are hexadecimal digits."""


@repository
class UserLimits:
    """The limits of users who have one of their own, in whole micro-dollars a month."""

    def get(self, user_id: str) -> int | None:
        """Return the user's limit, or None where they have none of their own."""
        try:
            # Consistent: a limit that was lowered a moment ago must hold for the next purchase.
            return int(UserLimitItem.get(_key(user_id), consistent_read=True).limit_micro)
        except UserLimitItem.DoesNotExist:
            return None

    def put(self, user_id: str, micro: int | None) -> None:
        """Give the user a limit in the place of the one they have; None takes it away."""
        if micro is None:
            self.remove(user_id)
        else:
            UserLimitItem(_key(user_id), user_id=user_id, limit_micro=micro).save()

    def remove(self, user_id: str) -> None:
        """Take the user's limit away; they need not have one."""
        UserLimitItem(_key(user_id)).delete()

    def of_all(self) -> dict[str, int]:
        """Return the limits of all users who have one."""
        found = UserLimitItem.scan(UserLimitItem.token_hash.startswith(_PREFIX), consistent_read=True)
        return {item.user_id: int(item.limit_micro) for item in found}


def _key(user_id: str) -> str:
    return f"{_PREFIX}{user_id}"
