"""The composition roots: `ApiServices` serves requests, `WorkerServices` carries out steps, `Services` is both.

What a test or one machine wants otherwise is handed in as a `Runtime` or as `Adapters`.
"""

from chalicelib.bootstrap.api import ApiServices
from chalicelib.bootstrap.core import Adapters, Core
from chalicelib.bootstrap.workers import WorkerServices

__all__ = ["Adapters", "ApiServices", "Core", "Services", "WorkerServices"]


class Services(ApiServices, WorkerServices):
    """All objects of a process that serves requests and carries out steps."""
