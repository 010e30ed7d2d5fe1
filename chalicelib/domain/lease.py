"""What a worker holds while it carries out a step."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease on a step of a story, under an owner's name that no other delivery has."""

    story_id: str
    step: str
    owner: str
