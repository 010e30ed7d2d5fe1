"""What the endpoints may use: the services of the API, which bootstrap builds when the first request needs them."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # so that no route waits for the modules of another
    from chalicelib.api.books import BookService
    from chalicelib.api.chapters import ChapterService
    from chalicelib.api.drafts import DraftService
    from chalicelib.api.estimates import Estimates
    from chalicelib.api.listening import ListeningService
    from chalicelib.api.reading import StoryReader
    from chalicelib.api.shared import SharedStories
    from chalicelib.api.shares import ShareService
    from chalicelib.api.stories import StoryService
    from chalicelib.api.tasks import TaskService
    from chalicelib.api.usage import UsageService
    from chalicelib.api.webhooks import WebhookService
    from chalicelib.audio.voices import VoicesConfig
    from chalicelib.domain.idempotency import IdempotencyKeys
    from chalicelib.pipeline.ports import StoryRepository
    from chalicelib.pipeline.rosters import VoiceRoster
    from chalicelib.pipeline.sounds import SoundStore
    from chalicelib.settings import Settings
    from chalicelib.story.config import StoryConfig


class ApiServices(Protocol):
    """The objects of the process that the API needs."""

    @property
    def local_login(self) -> str | None:
        """The token that signs in a browser on this machine; None on AWS."""

    @property
    def first_tale(self) -> str:
        """The id of the story that was made on this machine to be heard first; "" on AWS."""

    @property
    def settings(self) -> "Settings":
        """The settings from the environment."""

    @property
    def config(self) -> "StoryConfig":
        """The contents of configs/story_config.json."""

    @property
    def voices(self) -> "VoicesConfig":
        """The contents of configs/voices_config.json."""

    @property
    def roster(self) -> "VoiceRoster":
        """What is known of the voices of the narrator's account."""

    @property
    def objects(self) -> "SoundStore":
        """The sound of all stories."""

    @property
    def stories(self) -> "StoryRepository":
        """The repository of stories."""

    @property
    def idempotency_keys(self) -> "IdempotencyKeys":
        """The Idempotency-Keys of the last 24 hours."""

    @property
    def story_reader(self) -> "StoryReader":
        """The reader of stories and chapters."""

    @property
    def draft_service(self) -> "DraftService":
        """The operations on drafts."""

    @property
    def story_service(self) -> "StoryService":
        """The operations on stories."""

    @property
    def chapter_service(self) -> "ChapterService":
        """The operations on one chapter."""

    @property
    def book_service(self) -> "BookService":
        """The operations on books."""

    @property
    def listening_service(self) -> "ListeningService":
        """The operations on places and bookmarks."""

    @property
    def share_service(self) -> "ShareService":
        """The operations on shares."""

    @property
    def shared_stories(self) -> "SharedStories":
        """What shares open."""

    @property
    def task_service(self) -> "TaskService":
        """The operations on tasks."""

    @property
    def webhook_service(self) -> "WebhookService":
        """The operations on the webhooks of stories."""

    @property
    def usage_service(self) -> "UsageService":
        """The sums of paid calls."""

    @property
    def estimates(self) -> "Estimates":
        """The estimates of what generating a story takes."""
