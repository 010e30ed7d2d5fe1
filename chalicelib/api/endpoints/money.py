"""What was spent, and what is left to spend."""

from chalicelib.api import responses
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import Month, UserId


@route("GET", "/usage")
def usage(api: ApiServices, user_id: UserId, month: Month) -> responses.Usage:
    """Sum up the caller's paid calls of a month."""
    return api.usage_service.usage(user_id, month)


@route("GET", "/budget")
def budget(api: ApiServices, user_id: UserId) -> responses.Budget:
    """Show what is left of the caller's month."""
    return api.usage_service.budget(user_id)
