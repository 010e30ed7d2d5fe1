"""What the commands say when they cannot go on."""


class Stopped(RuntimeError):
    """The command cannot go on. Its text is one sentence for the person who ran it: what is wrong, and what to do."""
