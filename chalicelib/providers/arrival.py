"""Whether a request that got no answer may have arrived: then it may have been billed."""

_NEVER_ARRIVED = {
    "ConnectError",  # no such host, refused, no TLS
    "ConnectTimeout",
    "PoolTimeout",  # no connection of ours was free
    "ProxyError",
    "UnsupportedProtocol",
    "LocalProtocolError",  # the request is malformed, and was not sent
    "TooManyRedirects",  # each was answered by another address
}


def may_have_arrived(error: BaseException | None) -> bool:
    """Return False if the HTTP client gave up before a request was sent, or was sent on to no end.

    Told by the names of httpx's exceptions (https://www.python-httpx.org/exceptions/), since two libraries have them:
    the openai SDK uses httpx2, the elevenlabs SDK on httpx. One that breaks off while it is being written counts
    as arrived: the server may have read it all before the last of our writes failed.
    """
    return not any(kind.__name__ in _NEVER_ARRIVED for kind in type(error).__mro__)
