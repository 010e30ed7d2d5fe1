"""The page below a path, as behind API Gateway, where every address of the API begins with its stage."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from local.http_messages import HttpRequest, HttpResponse
from local.http_server import HttpServer, listening_socket
from tests.browser.conftest import opened
from tests.browser.served import Counted

STAGE = "/api"
NOT_PASSED_ON = {"content-length", "transfer-encoding", "connection", "date", "content-encoding"}


@pytest.fixture
def mounted(served: Counted) -> Iterator[str]:
    """Mount Fireside under the stage's path, as API Gateway does; requests without it are refused, as there."""
    server = HttpServer(listening_socket("127.0.0.1", 0))

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path != STAGE and not request.path.startswith(f"{STAGE}/"):
            return HttpResponse(403)
        path = request.path.removeprefix(STAGE) or "/"
        headers = {name: value for name, value in request.headers if name.lower() not in {"host", "content-length"}}
        found = httpx.request(request.method, served.url + path, headers=headers, content=request.body, trust_env=False)
        # What the function itself puts there when requestContext.path has the stage in it.
        body = found.content.replace(b'<base href="/">', f'<base href="{STAGE}/">'.encode())
        kept = {name: [value] for name, value in found.headers.items() if name.lower() not in NOT_PASSED_ON}
        return HttpResponse(found.status_code, kept, body)

    server.answer = answer
    server.start()
    yield f"http://127.0.0.1:{server.port}{STAGE}"
    server.stop(1.0)


@pytest.mark.parametrize("end", ["", "/"], ids=["no slash", "slash"])
def test_the_page_works_below_a_stage(browser: Browser, served: Counted, mounted: str, end: str) -> None:
    with opened(browser, served) as reader:
        page = reader.page
        page.goto(mounted + end)
        reader.heading("Library")
        page.get_by_role("link", name="New story").first.click()
        reader.heading("New story")
        page.get_by_label("What should the story be about?").fill("A door that opens onto last week")
        reader.requests.clear()
        reader.press("Continue")
        page.get_by_text("About ").first.wait_for()
        assert reader.requests
        assert all(asked.partition(" ")[2].startswith(f"{mounted}/") for asked in reader.requests), reader.requests
