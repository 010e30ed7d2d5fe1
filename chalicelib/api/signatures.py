"""What an endpoint's function takes and returns, read from its signature; `routes` explains how to write it."""

import types
from collections.abc import Callable, Mapping
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec

from chalicelib import limits
from chalicelib.api import requests
from chalicelib.api.idempotency import ApiRequest, Once
from chalicelib.api.services import ApiServices
from chalicelib.domain.story import Story


class Call(msgspec.Struct, frozen=True):
    """A request as an endpoint sees it, with the services.

    `origin` (such as `https://abc.execute-api.eu-central-1.amazonaws.com`) and `base_path` (such as `/api/`) are where
    the request was sent, as its sender sees it.
    """

    api: ApiServices
    request: ApiRequest
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    base_path: str
    origin: str = ""

    @property
    def base_url(self) -> str:
        """Where the API lies, such as `http://127.0.0.1:8000/`."""
        return f"{self.origin}{self.base_path}"


class Content(msgspec.Struct, frozen=True):
    """A response that is no JSON of a struct: text of a kind, such as `text/html; charset=utf-8`.

    `status` is the one of the route's declaration unless it says another.
    """

    text: str
    kind: str
    headers: Mapping[str, str | list[str]] = {}
    status: int | None = None


class Redirect(msgspec.Struct, frozen=True):
    """A redirection to a URL that was signed for this response."""

    url: str
    headers: Mapping[str, str | list[str]] = {}


class InPath(msgspec.Struct, frozen=True):
    """A parameter of the path: how it is read, and its name where the function's parameter has another."""

    read: Callable[[Call, str], object]
    name: str = ""


class InQuery(msgspec.Struct, frozen=True):
    """A parameter of the query: how it is read, None if it was left out."""

    read: Callable[[str | None], object]


def _own_story(call: Call, story_id: str) -> Story:
    return call.api.stories.get(call.request.user_id, requests.story_id(story_id))


UserId = Annotated[str, "the caller's id"]
Id = Annotated[str, msgspec.Meta(pattern=limits.ID)]
OwnStory = Annotated[Story, Id, InPath(_own_story, "story_id")]
"""The caller's story that the path names as `{story_id}`."""

StoryId = Annotated[str, Id, InPath(lambda _call, value: requests.story_id(value))]
TaskId = Annotated[str, Id, InPath(lambda _call, value: requests.story_id(value))]
ChapterNo = Annotated[int, requests.ChapterNumber, InPath(lambda _call, value: requests.chapter_number(value))]
PathText = Annotated[str, str, InPath(lambda _call, value: value)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_PAGE, extra_json_schema={"default": limits.PAGE})]
PageLimit = Annotated[int, Limit, InQuery(requests.page_limit)]
Cursor = Annotated[str | None, Id, InQuery(requests.cursor)]
Month = Annotated[str | None, Annotated[str, msgspec.Meta(pattern=limits.MONTH)], InQuery(requests.month)]
"""A parameter's annotation: the function's type, the type that OpenAPI describes, and how it is read."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a request: its name there, the function's name for it, its type, and how it is read."""

    name: str
    argument: str
    type: object
    source: InPath | InQuery


_GIVEN: Mapping[object, Callable[[Call], object]] = {
    ApiServices: lambda call: call.api,
    UserId: lambda call: call.request.user_id,
    Call: lambda call: call,
}
REDIRECTED = 302
_STATUS = {Redirect: REDIRECTED, types.NoneType: 204}
"""The status of a response by its type, where it is not 200."""


class Signature(msgspec.Struct, frozen=True):
    """What a function takes from a call, and what it returns. `given` holds what is not among the request's words.

    `parameters` are in the order in which they are checked: those of the path first.
    """

    given: Mapping[str, Callable[[Call], object]]
    parameters: tuple[Parameter, ...]
    body: tuple[str, type[msgspec.Struct]] | None
    once: str | None
    result: type

    @property
    def response(self) -> type[msgspec.Struct] | None:
        """The struct of the response's JSON, if it has one."""
        return self.result if _is_struct(self.result) and self.result not in {Content, Redirect} else None

    @property
    def needs_caller(self) -> bool:
        """Whether the function takes the caller, or what is the caller's."""
        stories = any(isinstance(one.source, InPath) and one.source.read is _own_story for one in self.parameters)
        return stories or _GIVEN[UserId] in self.given.values()

    @property
    def status(self) -> int:
        """The status of a response, unless the declaration says another."""
        return _STATUS.get(self.result, 200)

    def arguments(self, call: Call) -> dict[str, object]:
        """Check the call and return the function's arguments; raise NotFound or Invalid."""
        arguments = {name: give(call) for name, give in self.given.items()}
        for one in self.parameters:
            if isinstance(one.source, InPath):
                arguments[one.argument] = one.source.read(call, call.path[one.name])
            else:
                arguments[one.argument] = one.source.read(call.query.get(one.name))
        if self.body is not None:
            name, struct = self.body
            arguments[name] = requests.parse_body(call.request.body, struct)
        if self.once is not None:
            arguments[self.once] = Once(call.api.idempotency_keys, call.request, self.result)
        return arguments


def signature_of(function: Callable[..., object]) -> Signature:
    """Read a function's signature; raise TypeError for a parameter that no part of a request fills."""
    hints = get_type_hints(function, include_extras=True)
    result = hints.pop("return")
    parameters = {name: found for name, hint in hints.items() if (found := _parameter(name, hint))}
    given = {name: _GIVEN[hint] for name, hint in hints.items() if hint in _GIVEN}
    bodies = {name: hint for name, hint in hints.items() if _is_struct(hint) and name not in given}
    onces = [name for name, hint in hints.items() if get_origin(hint) is Once]
    if unread := hints.keys() - parameters.keys() - given.keys() - bodies.keys() - {*onces}:
        raise TypeError(f"{function.__name__}: nothing in a request fills {', '.join(sorted(unread))}")
    if onces and not bodies:
        raise TypeError(f"{function.__name__}: what is carried out once needs a body, if only Nothing")
    in_order = sorted(parameters.values(), key=lambda one: isinstance(one.source, InQuery))
    return Signature(given, tuple(in_order), next(iter(bodies.items()), None), next(iter(onces), None), result)


def _parameter(name: str, hint: object) -> Parameter | None:
    match get_args(hint):
        case (_, described, InPath() as source):
            return Parameter(source.name or name, name, described, source)
        case (_, described, InQuery() as source):
            return Parameter(name, name, described, source)
        case _:
            return None


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)
