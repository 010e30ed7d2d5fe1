"""The second argument of every Lambda handler: who runs, and how much time is left."""

import time
import uuid
from collections.abc import Callable

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The account that the embedded AWS keeps everything under."""

MEMORY_MB = 1024


class LambdaContext:
    """Lambda's context of one invocation of `function` that may take `timeout_s` seconds from now.

    `clock` gives seconds that only go forward. Nothing ends a function whose time is over; it is only told. Its time is
    also over once `stopped` says so.
    """

    function_version = "$LATEST"
    memory_limit_in_mb = str(MEMORY_MB)
    identity = None
    client_context = None

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
        self.function_name = function
        self.invoked_function_arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function}"
        self.aws_request_id = request_id or str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{function}"
        self.log_stream_name = f"[$LATEST]{self.aws_request_id}"
        self._clock = clock
        self._stopped = stopped
        self._deadline = clock() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's time is over; 0 from then on."""
        if self._stopped():
            return 0
        return max(0, round((self._deadline - self._clock()) * 1000))
