"""How the page is served: what is sent, how long it is kept, and who is let in."""

import re
from typing import Any

import pytest

import app
from chalicelib.api.endpoints import web
from chalicelib.api.web import PARTS, STYLES, WEB, WebPage, join
from chalicelib.story.config import Defaults
from tests.support.testapp import TestApp


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
    for name in ("index.html", "..", "app.py", "%2e%2e%2fsettings.py", "dom.js"):
        assert get(testapp, f"/assets/{web.version}/{name}").status_code == 404


def test_the_policy_forbids_all_but_the_page_and_the_sound(testapp: TestApp) -> None:
    policy = get(testapp, "/").headers["Content-Security-Policy"]
    rules = dict(rule.partition(" ")[::2] for rule in policy.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["media-src"] == testapp.services.objects.origin
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1"])
def test_on_this_machine_the_page_lets_in_if_the_door_is_open(testapp: TestApp, host: str) -> None:
    assert 'name="fireside-token" content=""' in get(testapp, "/", Host=host).body.decode()
    testapp.services.door = testapp.tokens["ann"]
    page = get(testapp, "/", Host=host)
    assert testapp.tokens["ann"] in page.body.decode()
    assert page.headers["Cache-Control"] == "no-store"


def test_another_site_reads_neither_the_page_nor_its_token(testapp: TestApp) -> None:
    testapp.services.door = testapp.tokens["ann"]
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
    html = WebPage().html(base, "", Defaults(5, enhance=True, language="en"))
    assert f'<base href="{"/api/" if "api" in base else "/"}">' in html


@pytest.mark.parametrize(
    "host", ["fireside.example", "localhost.fireside.example", "127.0.0.1.nip.io:80", "", "localhost:1@a"]
)
def test_under_any_other_name_one_has_to_sign_in(testapp: TestApp, host: str) -> None:
    testapp.services.door = testapp.tokens["ann"]
    assert testapp.tokens["ann"] not in get(testapp, "/", Host=host).body.decode()


def test_what_the_page_is_told_cannot_break_out_of_it() -> None:
    html = WebPage().html('/a"><script>', '"><script>', Defaults(5, True, '"><script>'))
    assert '"><script>' not in html


def test_modules_import_from_earlier_ones_alone_and_share_no_name() -> None:
    texts = {name: (WEB / "script" / name).read_text(encoding="utf-8") for name in PARTS}
    assert {path.name for path in (WEB / "script").iterdir()} == set(PARTS)
    assert {path.name for path in (WEB / "style").iterdir()} == set(STYLES)
    defined: dict[str, str] = {}
    for index, name in enumerate(PARTS):
        for imported, source in re.findall(r'^import \{([^}]*)\} from "\./([^"]+)";$', texts[name], re.MULTILINE):
            assert source in PARTS[:index], f"{name} imports {source}, which comes later"
            names = {one.strip() for one in imported.split(",") if one.strip()}
            exported = set(
                re.findall(r"^export (?:async function|function|class|const|let) (\w+)", texts[source], re.MULTILINE)
            )
            assert names <= exported, f"{name} imports what {source} does not export: {names - exported}"
        for own in re.findall(
            r"^(?:export )?(?:async function|function|class|const|let) (\w+)", texts[name], re.MULTILINE
        ):
            assert own not in defined, f"{own} is defined in {defined.get(own)} and in {name}"
            defined[own] = name
    joined = join(list(texts.values()))
    assert not re.search(r"^(import|export)\b", joined, re.MULTILINE)
