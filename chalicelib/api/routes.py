"""The declaration of an endpoint, from which all the rest follows.

    @route("POST", "/stories/{story_id}/generate", status=202, refuses=(409,))
    def generate(api: ApiServices, story: OwnStory, body: Generate, once: Once[Started]) -> Started:
        \"\"\"Write every chapter.\"\"\"

The decorator says what HTTP sees; the signature says what the function takes, each parameter by its annotation:

- `ApiServices`, `UserId`, `Call`: the services, the caller's id, the request itself;
- `OwnStory`, `TaskId`, `ChapterNo`, `PathText`: what the path names, checked; 404 for what is not the caller's;
- `PageLimit`, `Cursor`, `Month`: a query parameter of the same name, checked; 400;
- a struct: the body, checked; 400;
- `Once[...]`: the request is carried out once per Idempotency-Key; 422 for a key that was used with another body.

Refusals come in this order, whatever the order of the parameters. The annotation of the result is the response: a
struct, `Content`, `Redirect` or None. Signatures are read once, when the process starts (see `signatures`). The name of
the function is the operation's id, its docstring the summary. `http` registers the routes on the Chalice app; `openapi`
describes them; the tests of all endpoints follow ROUTES.
"""

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from chalicelib.api.signatures import Call, InPath, InQuery, Signature, signature_of

F = TypeVar("F", bound=Callable[..., object])


class Terms(msgspec.Struct, frozen=True):
    """What HTTP sees of an endpoint beside its method and path.

    `media` is the kind of a `Content`, without charset; `also` are further statuses of requests that go well.
    """

    status: int
    also: tuple[int, ...]
    refuses: tuple[int, ...]
    public: bool
    cross_origin: bool
    media: str | None


class Route(msgspec.Struct, frozen=True):
    """An endpoint: what its decorator and its function's signature say together."""

    method: str
    path: str
    function: Callable[..., object]
    terms: Terms
    signature: Signature

    @property
    def name(self) -> str:
        """The name of the endpoint: its function's, and OpenAPI's operationId."""
        return self.function.__name__

    @property
    def refusals(self) -> set[int]:
        """Every status below 500 that the endpoint may refuse with."""
        statuses = {*self.terms.refuses}
        if not self.terms.public:
            statuses |= {401, 429}
        if "{" in self.path:
            statuses.add(404)
        if self.signature.body is not None or any(isinstance(one.source, InQuery) for one in self.signature.parameters):
            statuses.add(400)
        if self.signature.body is not None:
            statuses.add(415)
        if self.signature.once is not None:
            statuses.add(422)
        return statuses

    def carry_out(self, call: Call) -> object:
        """Check the call and carry it out; raise NotFound, Invalid and what the function raises."""
        return self.function(**self.signature.arguments(call))


ROUTES: list[Route] = []
"""Every route, in the order of declaration."""


def route(
    method: str,
    path: str,
    *,
    status: int | None = None,
    also: tuple[int, ...] = (),
    refuses: tuple[int, ...] = (),
    public: bool = False,
    cross_origin: bool = True,
    media: str | None = None,
) -> Callable[[F], F]:
    """Declare the function as an endpoint; the module's docstring explains how its signature is read.

    `refuses` are statuses beyond those that follow from the signature, and `also` such as mean success. Unless the
    route is `public` it needs a bearer token, and API Gateway counts the request against the rate of that token's user.
    Without `cross_origin` no page of another site may read the route, regardless of what the configuration allows for
    the rest of the API.
    """

    def declare(function: F) -> F:
        signature = signature_of(function)
        taken = {one.name for one in signature.parameters if isinstance(one.source, InPath)}
        if {*re.findall(r"{(\w+)}", path)} != taken:
            raise TypeError(f"{function.__name__}: the path {path} does not have the parameters {sorted(taken)}")
        if public and signature.needs_caller:
            raise TypeError(f"{function.__name__}: a public route has no caller")
        terms = Terms(status or signature.status, also, refuses, public, cross_origin, media)
        ROUTES.append(Route(method, path, function, terms, signature))
        return function

    return declare
