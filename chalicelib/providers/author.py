"""The author: OpenAI's chat completions, or any server that speaks them, through the openai SDK.

The SDK's own retries are off: a reply lost inside them is paid for again in silence. Attempts are counted outside.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from chalicelib import log
from chalicelib.errors import Provider, ProviderFault, Unusable
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.completions import read_completion
from chalicelib.providers.dialect import LEARNT_AT_ONCE, Dialect
from chalicelib.providers.keys import Keyed
from chalicelib.providers.refusals import Refusal, refusal_of
from chalicelib.providers.retry_after import retry_after_s
from chalicelib.providers.wall_clock import Deadline, within
from chalicelib.story.config import AuthorConfig, ModelSettings
from chalicelib.story.ports import Completion, CompletionRequest

if TYPE_CHECKING:
    from openai import OpenAI

MODERATION_MODEL = "omni-moderation-latest"


class OpenAIAuthor:
    """The author behind the openai SDK, which is imported when the first question is asked."""

    def __init__(
        self,
        api_key: Callable[[], str],
        base_url: str | None,
        timeout_s: float,
        config: AuthorConfig | None = None,
        *,
        moderated: bool = False,
    ) -> None:
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._config = config or AuthorConfig()
        self._moderated = moderated
        self._is_openai = provider_at(base_url, self._config) == "openai"
        self._name: Provider = "OpenAI" if self._is_openai else "the author's server"
        self._client = Keyed(api_key, self._new_client)
        self._dialects: dict[str, Dialect] = {}
        """By model: what this server takes. A new process learns it again, by calls that cost nothing."""

    def _new_client(self, api_key: str) -> "OpenAI":
        from openai import OpenAI  # noqa: PLC0415 # 1.2 s of import, paid by the workers alone

        return OpenAI(api_key=api_key, base_url=self._base_url, timeout=self._timeout_s, max_retries=0)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if client := self._client.take():
            client.close()

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call; raise ProviderFault if no reply came.

        Refused calls cost nothing: what a server names in its refusal is left out, and the call is made again.
        """
        dialect = self._dialects.setdefault(request.model, Dialect())
        settings = self._config.of_model(request.model)
        deadline = Deadline(settings.longest_call_s or self._timeout_s)
        options = self._options(request, settings)
        refusal = Refusal(0)
        for _ in range(LEARNT_AT_ONCE):
            body = dialect.body(request, options)
            answer = self._post(body, deadline)
            if isinstance(answer, Completion):
                return answer
            if answer.code == "json_validate_failed":
                # Groq's word for a reply that did not fit the schema: it was written, and is not shown.
                return Completion("", 0, 0, 0, Unusable("The reply does not fit the schema."))
            refusal = answer
            if not dialect.learn(refusal, body):
                break
            log.event("parameters_left_out", model=request.model, names=" ".join(sorted(dialect.left_out)))
        raise ProviderFault(
            self._name,
            "status",
            status=refusal.status,
            code=refusal.code,
            param=refusal.param,
            retry_after_s=refusal.retry_after_s,
            model=request.model,
            billed=refusal.billed,
        )

    def _options(self, request: CompletionRequest, settings: ModelSettings) -> Mapping[str, Any]:
        """Return the parameters that not every server knows."""
        own: dict[str, Any] = {}
        if self._is_openai:
            # The user's text is theirs: it is not to be kept for OpenAI's dashboards or for training models.
            own["store"] = False
            if request.person:
                own["safety_identifier"] = request.person
                own["prompt_cache_key"] = f"{request.name}-{request.person[:16]}"
        if self._moderated:
            # Scores and no refusal: which are too high is ours to say (story.safety), and in which part.
            score = {"mode": "score"}
            own["moderation"] = {"model": MODERATION_MODEL, "policy": {"input": score, "output": score}}
        set_ones = {"reasoning_effort": settings.reasoning_effort, "verbosity": settings.verbosity}
        return own | {name: value for name, value in set_ones.items() if value is not None}

    def _post(self, body: Mapping[str, Any], deadline: Deadline) -> Completion | Refusal:
        import httpx2  # noqa: PLC0415
        import openai  # noqa: PLC0415

        completions: Any = self._client.get().chat.completions  # its overloads know no plain dictionaries

        def post() -> Completion | Refusal:
            with completions.with_streaming_response.create(**body, timeout=deadline.left_s) as response:
                html = "html" in response.headers.get("content-type", "")
                data = bytearray()
                for chunk in response.iter_bytes():
                    data += chunk
                    if deadline.is_over:
                        raise TimeoutError
            return refusal_of(200, bytes(data), html) if html else read_completion(bytes(data))

        try:
            return within(deadline, post)
        except TimeoutError as error:
            raise self._unanswered("timeout", None, deadline) from error
        # Before APIConnectionError, of which it is a subclass.
        except openai.APITimeoutError as error:
            raise self._unanswered("timeout", error.__cause__, deadline) from error
        except openai.APIConnectionError as error:
            raise self._unanswered("connection", error.__cause__, deadline) from error
        except openai.APIStatusError as error:
            return _refusal(error)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            cause: Literal["timeout", "connection"] = (
                "timeout" if isinstance(error, httpx2.TimeoutException) else "connection"
            )
            raise self._unanswered(cause, error, deadline) from error

    def _unanswered(
        self, cause: Literal["timeout", "connection"], error: BaseException | None, deadline: Deadline
    ) -> ProviderFault:
        return ProviderFault(self._name, cause, limit_s=deadline.seconds, sent=may_have_arrived(error))


def provider_at(base_url: str | None, config: AuthorConfig) -> Literal["openai", "compatible"]:
    """Return whose server answers: as it is configured, else as the host of the address says."""
    if config.provider is not None:
        return config.provider
    host = urlsplit(base_url).hostname if base_url else "api.openai.com"
    return "openai" if re.fullmatch(r"(.+\.)?openai\.com", host or "") else "compatible"


def _refusal(error: Any) -> Refusal:
    headers = error.response.headers
    refusal = refusal_of(error.status_code, error.response.content, "html" in headers.get("content-type", ""))
    return refusal.asking(retry_after_s(headers))
