"""Without a connection: the page opens, and what is kept on the device is heard."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import opened
from tests.browser.served import Counted, Reader


def kept(reader: Reader, story: str) -> None:
    """Keep a story of two chapters on the device."""
    reader.go(f"/story/{story}")
    reader.press("Keep on this device")
    expect(reader.page.get_by_text("2 chapters kept on this device")).to_be_visible()


def test_a_kept_story_is_opened_read_and_heard_without_a_connection(browser: Browser, deployed: Counted) -> None:
    story = deployed.story("A lamp that needs no wire")
    with opened(browser, deployed) as reader:
        page = reader.page
        kept(reader, story)
        worker_is_ready(reader)
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("#offline")).to_contain_text("on this device")
        reader.press("Play chapter 1")
        reader.heard(0.5, "blob:")
        length = deployed.facts(f"/stories/{story}")["chapters"][0]["audio"]["duration"]
        assert abs(reader.playing()["length"] - length) < 0.1
        # Anywhere in it, and on into the next chapter.
        reader.seek(length - 1)
        reader.until(lambda: page.locator(".player-chapter").inner_text().startswith("2."))
        reader.heard(0.3, "blob:")
        page.get_by_role("link", name="Read chapter 1").click()
        expect(page.locator(".line").first).to_be_visible()
        page.get_by_role("link", name="Library").click()
        expect(page.get_by_role("heading", level=2)).to_have_count(1)
        page.get_by_role("link", name="New story").first.click()
        reader.heading("New story")
        page.context.set_offline(False)
        expect(page.locator("#offline")).to_be_empty()


def test_who_signs_out_leaves_nothing_on_the_device(browser: Browser, deployed: Counted) -> None:
    story = deployed.story("A diary with a lock")
    with opened(browser, deployed) as reader:
        page = reader.page
        token = page.locator("meta[name=fireside-token]").get_attribute("content") or ""

        # Only the page of this machine is signed in by itself; anywhere else one has to do that.
        page.context.add_init_script(UNSIGNED)
        page.reload()
        page.get_by_label("Token").fill(token)
        page.get_by_label("Stay signed in on this device").check()
        reader.press("Sign in")
        reader.heading("Library")
        kept(reader, story)
        reader.press("Play chapter 1")
        reader.heard(0.5, "blob:")
        reader.press("Pause")
        reader.until(lambda: "fireside.place." in stored(reader))
        tab = Reader(page.context.new_page(), deployed)
        tab.page.goto(f"{deployed.url}/")
        tab.heading("Library")
        tab.page.close()
        reader.press("Sign out")
        reader.heading("Sign in")
        assert stored(reader) == ""
        caches = page.evaluate("() => caches.keys()")
        assert [name for name in caches if not name.startswith("fireside-page-")] == []
        assert token not in str(page.evaluate(EVERYTHING))


def test_it_can_be_installed(browser: Browser, deployed: Counted) -> None:
    with opened(browser, deployed) as reader:
        worker_is_ready(reader)
        devtools = reader.page.context.new_cdp_session(reader.page)
        manifest = devtools.send("Page.getAppManifest")
        assert (manifest["errors"], '"standalone"' in manifest["data"]) == ([], True)
        errors = [one["errorId"] for one in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]]
        assert errors == ["in-incognito"]  # as every context of these tests is
        # The page that is kept for later has no token in it.
        assert 'name="fireside-token" content="" data-kept' in str(reader.page.evaluate(EVERYTHING))


UNSIGNED = """
new MutationObserver(() => document.querySelector('meta[name=fireside-token]')?.setAttribute('content', ''))
  .observe(document, {childList: true, subtree: true});
"""
EVERYTHING = """async () => {
  const texts = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      if (response.headers.get('Content-Type')?.startsWith('text/html')) texts.push(await response.text());
    }
  }
  return texts;
}"""


def stored(reader: Reader) -> str:
    """Return the names of what the browser stores of the page beyond the visit."""
    return str(reader.page.evaluate("() => Object.keys(localStorage).join(' ')"))


def worker_is_ready(reader: Reader) -> None:
    """Wait until the service worker has kept the page."""
    reader.until(
        lambda: reader.page.evaluate(
            "() => navigator.serviceWorker.getRegistration().then(found => found?.active?.state === 'activated')"
        )
    )
