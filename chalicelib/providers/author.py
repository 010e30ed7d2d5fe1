"""The author: OpenAI's chat completions, or any server that speaks them, through the openai SDK.

The SDK's own retries are off: a reply lost inside them is paid for again in silence. Attempts are counted outside.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.errors import ContentRefused, CutOff, ProviderFault, Unusable
from chalicelib.providers.arrival import may_have_arrived
from chalicelib.providers.keys import Keyed
from chalicelib.providers.retry_after import retry_after_s
from chalicelib.story.ports import Completion, CompletionRequest

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI
    from openai.types.chat import ChatCompletion


class OpenAIAuthor:
    """The author behind the openai SDK, which is imported when the first question is asked."""

    def __init__(self, api_key: Callable[[], str], base_url: str | None, timeout_s: float) -> None:
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._client = Keyed(api_key, self._new_client)

    def _new_client(self, api_key: str) -> "OpenAI":
        from openai import OpenAI  # noqa: PLC0415 # 1.2 s of import, paid by the workers alone

        return OpenAI(api_key=api_key, base_url=self._base_url, timeout=self._timeout_s, max_retries=0)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if client := self._client.take():
            client.close()

    def ask(self, request: CompletionRequest) -> Completion:
        """Make one paid call; raise ProviderFault if no reply came."""
        import openai  # noqa: PLC0415

        create: Any = self._client.get().chat.completions.create  # its overloads know no plain dictionaries
        try:
            completion = create(
                model=request.model,
                messages=list(request.messages),
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": request.name, "strict": True, "schema": request.schema},
                },
                max_completion_tokens=request.max_completion_tokens,
                # The user's text is theirs: it is not to be kept for OpenAI's dashboards or for training models.
                store=False,
            )
        # Before APIConnectionError, of which it is a subclass.
        except openai.APITimeoutError as error:
            raise ProviderFault("OpenAI", "timeout", sent=may_have_arrived(error.__cause__)) from error
        except openai.APIConnectionError as error:
            raise ProviderFault("OpenAI", "connection", sent=may_have_arrived(error.__cause__)) from error
        except openai.APIStatusError as error:
            raise _fault(error) from error
        except (openai.APIError, json.JSONDecodeError) as error:
            return Completion("", 0, 0, 0, Unusable(f"The reply is no chat completion: {type(error).__name__}."))
        return _completion(completion)


def _completion(completion: "ChatCompletion") -> Completion:
    choices = getattr(completion, "choices", None)  # a 200 with another body comes through the SDK unchecked
    if not choices:
        return Completion("", 0, 0, 0, Unusable("The reply holds no choice."))
    choice, usage = choices[0], completion.usage
    details = usage.prompt_tokens_details if usage else None
    problem: ContentRefused | CutOff | Unusable | None = None
    # First: a refused or cut-off reply may hold content all the same, which must not be used.
    if choice.finish_reason == "content_filter" or getattr(choice.message, "refusal", None):
        problem = ContentRefused("The author declined.")
    elif choice.finish_reason == "length":
        problem = CutOff("The reply ended early.")
    elif not choice.message.content:
        problem = Unusable("The reply is empty.")
    return Completion(
        content=choice.message.content or "",
        input_tokens=usage.prompt_tokens if usage else 0,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        output_tokens=usage.completion_tokens if usage else 0,
        problem=problem,
    )


def _fault(error: "APIStatusError") -> ProviderFault:
    return ProviderFault(
        "OpenAI",
        "status",
        status=error.status_code,
        # Servers that speak OpenAI's protocol fill one or the other.
        code=str(error.code or error.type or ""),
        retry_after_s=retry_after_s(error.response.headers),
    )
