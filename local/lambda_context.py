"""The second argument of every Lambda handler: the function's identity, and how much time is left."""

import time
from collections.abc import Callable

from chalice.local import Clock
from chalice.local import LambdaContext as ChaliceContext

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The account that owns everything in the embedded AWS."""

MEMORY_MB = 1024


class LambdaContext(ChaliceContext):
    """The context of one invocation of `function`, which may take `timeout_s` seconds from now.

    `clock` gives monotonic seconds. A function whose time is over is not ended; the context only reports it. Once
    `stopped` returns True, the context reports no time left either.
    """

    def __init__(
        self,
        function: str,
        timeout_s: float,
        *,
        region: str = REGION,
        request_id: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(function, MEMORY_MB, round(timeout_s * 1000), _Given(clock))
        # What chalice.local leaves empty, or makes up.
        self.aws_request_id = request_id or self.aws_request_id
        self.invoked_function_arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function}"
        self.log_group_name = f"/aws/lambda/{function}"
        self.log_stream_name = f"[$LATEST]{self.aws_request_id}"
        self._stopped = stopped

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's time is over; 0 from then on, where chalice.local goes below."""
        return 0 if self._stopped() else max(0, round(super().get_remaining_time_in_millis()))


class _Given(Clock):
    """The given clock, as chalice.local takes it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.time = clock  # type: ignore[method-assign] # the one method of a Clock
