"""How the page is served: what is sent, how long it is kept, and who is let in."""

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import app
import infra.page
from chalicelib.api.endpoints.site import web
from chalicelib.api.web import TYPES, WEB, WebPage
from chalicelib.errors import NotFound
from chalicelib.story.config import Defaults
from infra.errors import Stopped
from local.typescript import LIMITS
from tests.support.node import bundled_page
from tests.support.testapp import TestApp

DEFAULTS = Defaults(5, enhance=True, language="en")
MOST_BYTES = 60_000
"""Of the page and the files that it loads at once, as they are deployed, gzipped."""


def get(testapp: TestApp, path: str, **headers: str) -> Any:
    return testapp.request("GET", path, user=None, headers=headers)


def test_the_page_asks_only_for_its_own_files_and_they_are_kept_for_good(testapp: TestApp) -> None:
    page = get(testapp, "/")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    html = page.body.decode()
    names = re.findall(r'(?:href|src)="(assets/[^"]+)"', html)
    assert len([name for name in names if name.endswith(".js")]) == 1
    assert len([name for name in names if name.endswith(".css")]) == 1
    for name in names:
        asset = get(testapp, f"/{name}")
        assert asset.status_code == 200
        assert "immutable" in asset.headers["Cache-Control"]
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"https?://(?!www\.w3\.org)", html)
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", html)


def test_an_asset_of_an_older_page_is_answered_but_not_kept(testapp: TestApp) -> None:
    old = get(testapp, "/assets/0000000000000000/app.js")
    assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-store")
    for name in ("index.html", "..", "app.py", "%2e%2e%2fsettings.py", "openapi.d.ts", "client-zip.d.ts"):
        assert get(testapp, f"/assets/{web.version}/{name}").status_code == 404


def test_the_policy_forbids_all_but_the_page_and_the_sound(testapp: TestApp) -> None:
    policy = get(testapp, "/").headers["Content-Security-Policy"]
    rules = dict(rule.partition(" ")[::2] for rule in policy.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    # Samples of voices are wherever the narrator keeps them.
    assert rules["media-src"] == f"blob: {testapp.services.objects.origin} https:"
    assert rules["worker-src"] == rules["manifest-src"] == "'self'"
    assert rules["trusted-types"] == "fireside"
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1"])
def test_on_this_machine_the_page_lets_in_if_the_door_is_open(testapp: TestApp, host: str) -> None:
    assert 'name="fireside-token" content=""' in get(testapp, "/", Host=host).body.decode()
    testapp.services.local_login = testapp.tokens["ann"]
    page = get(testapp, "/", Host=host)
    assert testapp.tokens["ann"] in page.body.decode()
    assert page.headers["Cache-Control"] == "no-store"


def test_another_site_reads_neither_the_page_nor_its_token(testapp: TestApp) -> None:
    testapp.services.local_login = testapp.tokens["ann"]
    for site in ("cross-site", "same-site"):
        page = get(testapp, "/", Host="localhost:8000", **{"Sec-Fetch-Site": site})
        assert testapp.tokens["ann"] not in page.body.decode()
    for site in ("none", "same-origin"):
        page = get(testapp, "/", Host="localhost:8000", **{"Sec-Fetch-Site": site})
        assert testapp.tokens["ann"] in page.body.decode()
    by_a_link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}  # what it opens, it cannot read
    assert testapp.tokens["ann"] in get(testapp, "/", Host="localhost:8000", **by_a_link).body.decode()
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
    assert testapp.tokens["ann"] not in get(testapp, "/", Host="localhost:8000", **framed).body.decode()
    for path in ("/", "/assets/{version}/{name}"):
        assert app.app.routes[path]["GET"].cors is None  # whatever access.cors_origin says


@pytest.mark.parametrize("base", ["", "/", "//", "/api", "/api/", "//api//"])
def test_the_page_finds_its_files_wherever_it_is_mounted(base: str) -> None:
    html = WebPage().html(base, "", DEFAULTS)
    assert f'<base href="{"/api/" if "api" in base else "/"}">' in html


@pytest.mark.parametrize(
    "host", ["fireside.example", "localhost.fireside.example", "127.0.0.1.nip.io:80", "", "localhost:1@a"]
)
def test_under_any_other_name_one_has_to_sign_in(testapp: TestApp, host: str) -> None:
    testapp.services.local_login = testapp.tokens["ann"]
    assert testapp.tokens["ann"] not in get(testapp, "/", Host=host).body.decode()


def test_what_the_page_is_told_cannot_break_out_of_it() -> None:
    html = WebPage().html('/a"><script>', '"><script>', Defaults(5, True, '"><script>'))
    assert '"><script>' not in html


def imported(name: str, text: str) -> set[str]:
    """Return the files that a module or a style sheet loads."""
    if name.endswith(".css"):
        return set(re.findall(r'^@import "([^"]+)";$', text, re.MULTILINE))
    return set(re.findall(r'(?:\bfrom |\bimport\()"\./([^"]+)"', text))


def statically_imported(text: str) -> set[str]:
    """Return the modules that a bundled one cannot begin without."""
    return set(re.findall(r'\b(?:from|import)"\./([^"]+)"', text))


def test_every_module_is_served_where_those_that_import_it_look_for_it(testapp: TestApp) -> None:
    served: dict[str, str] = {}
    waiting = ["app.js", "style.css", "listen.js", "listen.css"]
    while waiting:
        name = waiting.pop()
        asset = get(testapp, f"/assets/{web.version}/{name}")
        assert asset.status_code == 200, name
        assert "immutable" in asset.headers["Cache-Control"]
        served[name] = asset.body.decode()
        waiting += imported(name, served[name]) - served.keys() - set(waiting)
    written = {path.name for place in ("script", "style") for path in (WEB / place).iterdir() if path.suffix in TYPES}
    assert set(served) == written  # no module that nothing needs


def test_forms_have_the_limits_of_the_api(testapp: TestApp) -> None:
    [written] = re.findall(r"export const LIMITS = (.*?);\n", LIMITS.read_text(encoding="utf-8"), re.DOTALL)
    limits = json.loads(written)
    assert limits["CreateStory"]["num_chapters"] == {"minimum": 1, "maximum": 50}
    assert limits["CreateStory"]["voices"]["propertyNames"]["maxLength"] == 60
    most = limits["CreateStory"]["prompt"]["maxLength"]
    assert most == 4000
    assert testapp.request("POST", "/stories", {"prompt": "a" * most}).status_code == 201
    refused = testapp.request("POST", "/stories", {"prompt": "a" * (most + 1)})
    assert (refused.status_code, str(most) in refused.json_body["Message"]) == (400, True)


def test_a_deployed_page_loads_little_at_once_and_the_rest_when_it_is_needed(tmp_path: Path) -> None:
    page = WebPage(bundled_page(tmp_path / "web"))
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    texts = {
        name: page.asset(page.version, name)[0] for name in names if not name.endswith(".html") and name != "sw.js"
    }
    html = page.html("/", "", DEFAULTS)
    at_once = set(re.findall(r'(?:href|src)="assets/[0-9a-f]{16}/([^"]+)"', html))
    assert {"app.js", "style.css", "icon.svg"} < at_once < texts.keys()
    # What the first script imports stands in the page as well, so that no browser finds out only when it has read it.
    assert statically_imported(texts["app.js"]) == {name for name in at_once - {"app.js"} if name.endswith(".js")}
    for name in [name for name in at_once if name.endswith(".js")]:
        assert statically_imported(texts[name]) <= at_once
    shared = set(re.findall(r'(?:href|src)="assets/[0-9a-f]{16}/([^"]+)"', page.listen("/", "The Lamp", "en")))
    assert {"listen.js", "listen.css"} < shared < texts.keys()
    assert statically_imported(texts["listen.js"]) == {name for name in shared - {"listen.js"} if name.endswith(".js")}
    assert "app.js" not in shared
    later = {name for name in texts if name.startswith("later-")}
    assert len(later) == 1
    assert later <= imported("app.js", "".join(texts.values()))
    assert "client-zip.js" in "".join(texts.values())
    assert "@import" not in texts["style.css"]
    for name in ("dom.js", "paper.css", "index.html", "..", "openapi.d.ts"):
        with pytest.raises(NotFound):
            page.asset(page.version, name)
    first_view = [html, *(texts[name] for name in at_once)]
    assert sum(len(gzip.compress(text.encode(), 6)) for text in first_view) <= MOST_BYTES


def test_the_pages_version_is_its_content(tmp_path: Path) -> None:
    first = WebPage(bundled_page(tmp_path / "first"))
    second = WebPage(bundled_page(tmp_path / "second"))
    assert first.version == second.version != WebPage().version
    script = tmp_path / "second" / "built" / "app.js"
    script.write_text(script.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert WebPage(tmp_path / "second").version != first.version


def test_deploying_without_node_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stopped, match=r"Deploying needs Node\.js 20 or later .* Running and testing do without it\."):
        infra.page.install_esbuild(tmp_path / "build")


def test_a_module_that_cannot_be_bundled_stops_the_deploy(tmp_path: Path) -> None:
    web = bundled_page(tmp_path / "good").parent / "bad"
    shutil.copytree(WEB, web)
    (web / "script" / "app.js").write_text('import { nothing } from "./missing.js";\n', encoding="utf-8")
    with pytest.raises(Stopped, match=r"esbuild could not bundle the page: .*missing\.js"):
        infra.page.bundle(web)
    assert not (web / "built").exists()


def test_the_page_knows_what_is_only_a_demonstration(testapp: TestApp) -> None:
    assert '<meta name="fireside-demonstration" content="">' in get(testapp, "/").body.decode()
    html = WebPage().html("/", "", DEFAULTS, {"narrator", "author"})
    assert '<meta name="fireside-demonstration" content="author narrator">' in html
