"""The embedded AWS before a page of somebody else's, in a browser that runs it with all that a browser allows."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from local.http_messages import HttpResponse
from local.http_server import HttpServer, listening_socket
from tests.browser.served import AWAY, Counted
from tests.support.running import client

ROUTES = (
    ("GET", "/"),
    ("GET", "/_ministack/health"),
    ("POST", "/_ministack/reset"),
    ("GET", "/2015-03-31/functions"),
    ("POST", "/2015-03-31/functions/fireside-local/invocations"),
    ("GET", "/fireside-local"),
    ("POST", "/?Action=ListQueues"),
    ("POST", "/"),
    ("DELETE", "/fireside-local"),
)
TARGETS = (None, "DynamoDB_20120810.ListTables", "AmazonSQS.ListQueues", "AmazonSSM.GetParametersByPath")

TRY = """async ([aws, method, path, target, mode]) => {
  const headers = target ? {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"} : {};
  const body = method === "POST" ? "{}" : undefined;
  try {
    const answer = await fetch(aws + path, {method, mode, body, headers: mode === "no-cors" ? {} : headers});
    return answer.type === "opaque" ? "unreadable" : answer.status;
  } catch (error) {
    return "refused";
  }
}"""

PLAY = """(url) => new Promise((done) => {
  const sound = new Audio(url);
  sound.oncanplay = () => done("plays");
  sound.onerror = () => done("does not play");
})"""


@pytest.fixture
def foreign(browser: Browser) -> Iterator[Page]:
    """Serve a page at another origin of this machine, without a policy of its own."""
    server = HttpServer(listening_socket("127.0.0.1", 0))
    server.answer = lambda _request: HttpResponse(
        200, {"content-type": ["text/html"]}, b"<!doctype html><title>x</title>"
    )
    server.start()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/")
    yield page
    context.close()
    server.stop(1.0)


@pytest.fixture(scope="module")
def sound(served: Counted) -> str:
    """Return the presigned URL of a chapter."""
    served.behave()
    story = served.story()
    with client(served.url) as api:
        return str(api.get(f"/stories/{story}/chapters/1/audio").headers["location"])


def test_a_page_of_another_origin_reaches_nothing_and_changes_nothing(
    foreign: Page, served: Counted, sound: str
) -> None:
    parts = urlsplit(sound)
    aws = f"{parts.scheme}://{parts.netloc}"
    before = served.facts("/stories")
    for method, path in ROUTES:
        for target in TARGETS:
            said = foreign.evaluate(TRY, [aws, method, path, target, "cors"])
            assert said == "refused", (method, path, target, said)
        if method in {"GET", "POST"}:  # what needs no preflight goes out; the page cannot read the answer
            assert foreign.evaluate(TRY, [aws, method, path, None, "no-cors"]) in {"unreadable", "refused"}
    assert served.facts("/stories") == before
    assert foreign.evaluate(PLAY, sound) == "plays"
    assert foreign.evaluate(PLAY, sound.replace("Signature=", "Signature=0")) == "does not play"


def test_a_name_that_somebody_pointed_here_opens_nothing(browser: Browser, served: Counted, sound: str) -> None:
    """DNS rebinding: the page and the AWS have one origin then, so that only the host's name tells them apart."""
    port = urlsplit(sound).port
    context = browser.new_context()
    try:
        page = context.new_page()
        for path in ("/", "/_ministack/health", "/2015-03-31/functions"):
            answer = page.goto(f"http://{AWAY}:{port}{path}")
            assert answer is not None
            assert answer.status == 403, path
        for method, path in ROUTES:
            for target in TARGETS:
                said = page.evaluate(TRY, ["", method, path, target, "same-origin"])
                assert said == 403, (method, path, target, said)
    finally:
        context.close()
    assert served.facts("/stories")["stories"]
