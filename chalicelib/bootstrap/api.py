"""The composition root of the API. It imports neither provider's SDK."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.api.books import BookService
from chalicelib.api.chapters import ChapterService
from chalicelib.api.drafts import DraftService
from chalicelib.api.listening import ListeningService
from chalicelib.api.reading import StoryReader
from chalicelib.api.rendering import render_unavailable
from chalicelib.api.shares import ShareService
from chalicelib.api.stories import StoryService
from chalicelib.api.tasks import TaskService
from chalicelib.api.usage import UsageService
from chalicelib.bootstrap.core import Core
from chalicelib.pipeline.planning import Planning
from chalicelib.pipeline.rosters import choosable
from chalicelib.store.access import IdempotencyKeys

if TYPE_CHECKING:
    from chalicelib.api.estimates import Estimates
    from chalicelib.api.shared import SharedStories
    from chalicelib.api.webhooks import WebhookService


class ApiServices(Core):
    """What the API serves requests with."""

    @cached_property
    def idempotency_keys(self) -> IdempotencyKeys:
        """The Idempotency-Keys of the last 24 hours."""
        return IdempotencyKeys(self.runtime.clock, self.runtime.ids)

    @cached_property
    def planning(self) -> Planning:
        """The plans of tasks."""
        return Planning(lambda: self.voices.directs)

    @cached_property
    def story_reader(self) -> StoryReader:
        """The reader of stories and chapters."""
        return StoryReader(chapters=self.chapters, leases=self.leases, sounds=self.objects, book_files=self.book_files)

    @cached_property
    def story_service(self) -> StoryService:
        """The operations on stories."""
        return StoryService(
            flow=self.flow,
            planning=self.planning,
            stories=self.stories,
            chapters=self.chapters,
        )

    @cached_property
    def draft_service(self) -> DraftService:
        """The operations on drafts."""
        return DraftService(
            stories=self.stories,
            chapters=self.chapters,
            manuscripts=self.manuscripts,
            reader=self.story_reader,
            config=self.config,
            voices=self._choosable_voices,
        )

    def _choosable_voices(self) -> set[str] | None:
        """Return the voices that a story may ask for; None for any."""
        if self.config.access.any_voice:
            return None
        return {voice.voice_id for voice in choosable(self.voices, self.roster.known())}

    @cached_property
    def chapter_service(self) -> ChapterService:
        """The operations on one chapter."""
        return ChapterService(
            flow=self.flow,
            planning=self.planning,
            stories=self.stories,
            chapters=self.chapters,
            versions=self.versions,
            sounds=self.objects,
            reader=self.story_reader,
            frame=self.config.frame,
        )

    @cached_property
    def book_service(self) -> BookService:
        """The operations on books."""
        return BookService(flow=self.flow, chapters=self.chapters, reader=self.story_reader)

    @cached_property
    def listening_service(self) -> ListeningService:
        """The operations on places and bookmarks."""
        return ListeningService(listening=self.listening, stories=self.stories, ids=self.runtime.ids)

    @cached_property
    def share_service(self) -> ShareService:
        """The operations on shares."""
        return ShareService(shares=self.shares, stories=self.stories)

    @cached_property
    def shared_stories(self) -> "SharedStories":
        """What shares open."""
        from chalicelib.api.shared import SharedStories  # noqa: PLC0415 # no other request has to wait for it

        return SharedStories(
            shares=self.shares,
            stories=self.stories,
            chapters=self.chapters,
            sounds=self.objects,
            reader=self.story_reader,
        )

    @cached_property
    def task_service(self) -> TaskService:
        """The operations on tasks."""
        return TaskService(self.flow)

    @cached_property
    def webhook_service(self) -> "WebhookService":
        """The operations on the webhooks of stories."""
        from chalicelib.api.webhooks import WebhookService  # noqa: PLC0415

        notifying = self.notifying
        return WebhookService(
            webhooks=notifying.webhooks,
            allowed=lambda: self.config.webhooks.per_story,
            signer=lambda: notifying.signer,
            fault_of=notifying.fault_of,
            ids=self.runtime.ids,
        )

    @cached_property
    def usage_service(self) -> UsageService:
        """The sums of paid calls."""
        currency = self.config.prices.currency
        return UsageService(
            usage=self.usage, ledger=self.ledger, stories=self.stories, currency=currency, clock=self.runtime.clock
        )

    @cached_property
    def estimates(self) -> "Estimates":
        """The estimates of what generating a story takes."""
        from chalicelib.api.estimates import Estimates  # noqa: PLC0415

        return Estimates(
            planning=self.planning,
            quoting=self.quoting,
            chapters=self.chapters,
            unavailable=lambda story: render_unavailable(self.voices, self.roster.known(), story),
        )
