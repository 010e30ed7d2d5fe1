"""A real browser with a real Fireside: headless Chromium, `local serve`, and stand-ins that count what is bought.

Without Chromium these tests are skipped, and say so; where CI is set they fail instead.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.browser.served import AWAY, Counted, Reader, StoryAuthorServer
from tests.support.node import bundled_page, missing
from tests.support.running import ROOT, running_in

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ROOT / "out" / "screens"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    f"--host-resolver-rules=MAP {AWAY} 127.0.0.1",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        missing("No Chromium on this machine; these tests need one (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return axe-core's source."""
    if not AXE.exists():
        missing("axe-core is not installed: npm ci --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")


@contextmanager
def serving(state: Path, root: Path = ROOT, **voices: Any) -> Iterator[Counted]:
    """Run `local serve` with an author and a narrator that this process can slow down, make fail and count.

    `voices` says which of its voices the narrator does not have.
    """
    with StoryAuthorServer(lines=5) as author, NarratorServer(speech=Hum(), **voices) as narrator:
        env = {
            "OPENAI_BASE_URL": author.base_url,
            "ELEVENLABS_BASE_URL": narrator.url,
            "FIRESIDE_STATE": str(state),
            "LOCAL_CLOCK_SCALE": "60",
            # What a person meets: the prices and lengths of the configuration that is shipped.
            "FIRESIDE_CONFIGS": str(ROOT / "configs"),
        }
        with running_in(root, "serve", "--port", "0", **env) as serve:
            yield Counted(serve.url, author, narrator)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    """Yield a Fireside that serves the page's modules as they are written, as on one machine."""
    with serving(tmp_path_factory.mktemp("state")) as counted:
        yield counted


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of the program with the page bundled, as it is deployed.

    In a page that is not, axe-core puts each of the style sheets that another imports into the document, which the
    page's policy forbids.
    """
    root = tmp_path_factory.mktemp("deployed")
    for entry in ROOT.iterdir():
        if entry.name != "chalicelib":
            (root / entry.name).symlink_to(entry)
    shutil.copytree(ROOT / "chalicelib", root / "chalicelib", ignore=shutil.ignore_patterns("web", "__pycache__"))
    bundled_page(root / "chalicelib" / "web")
    return root


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, bundled: Path) -> Iterator[Counted]:
    """Yield a Fireside that serves the page bundled, as it is deployed."""
    with serving(tmp_path_factory.mktemp("state"), bundled) as counted:
        yield counted


@contextmanager
def opened(browser: Browser, served: Counted, **options: Any) -> Iterator[Reader]:
    """Yield a new browser context on the page, signed in as on the local machine. Fails on any violation of the CSP."""
    context: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    context.set_default_timeout(20_000)
    page: Page = context.new_page()
    reader = Reader(page, served)
    try:
        page.goto(served.url)
        yield reader
        assert reader.complaints == []
    finally:
        context.close()


@pytest.fixture
def reader(browser: Browser, served: Counted) -> Iterator[Reader]:
    """Yield a reader at a desktop-sized page."""
    served.behave()
    with opened(browser, served) as somebody:
        yield somebody
    served.behave()
