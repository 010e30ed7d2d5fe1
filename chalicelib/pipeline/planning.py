"""The plans of tasks: which steps a story needs, under the configuration there is."""

from collections.abc import Callable

from chalicelib.domain.steps import Plan
from chalicelib.domain.story import Story
from chalicelib.pipeline.stages import rewrite_plan, story_plan


class Planning:
    """Makes the plans of tasks. `performs_tags` says whether the narrator's model performs directions.

    Where it does not, they would be paid for and never heard: then no chapter is directed, whatever its story says.
    """

    def __init__(self, performs_tags: Callable[[], bool]) -> None:
        self._performs_tags = performs_tags

    def story(self, story: Story, *, audio: bool) -> Plan:
        """Return the plan that writes every chapter, and with `audio` narrates each."""
        return story_plan(story.num_chapters, enhance=self._directed(story), audio=audio)

    def rewrite(self, story: Story, number: int) -> Plan:
        """Return the plan that writes one chapter again."""
        return rewrite_plan(number, enhance=self._directed(story))

    def _directed(self, story: Story) -> bool:
        return story.enhance and self._performs_tags()
