"""The error with which commands stop."""


class Stopped(RuntimeError):
    """The command cannot continue. The message is one sentence for the person who ran it: what is wrong, what to do."""
