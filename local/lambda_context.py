"""The second argument of every Lambda handler: the function's identity, and how much time is left."""

import time
import uuid
from collections.abc import Callable

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The account that owns everything in the embedded AWS."""

MEMORY_MB = 1024


class LambdaContext:
    """The context of one invocation of `function`, which may take `timeout_s` seconds from now.

    `clock` gives monotonic seconds. A function whose time is over is not ended; the context only reports it. Once
    `stopped` returns True, the context reports no time left either.
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
        """Return the milliseconds until the function's time is over; 0 from then on."""
        if self._stopped():
            return 0
        return max(0, round((self._deadline - self._clock()) * 1000))
