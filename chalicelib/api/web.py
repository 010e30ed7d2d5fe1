"""The page: one HTML file, one style sheet and one script, served by the API function itself.

The script is written as modules in chalicelib/web/script and served as one file: each part may use those before it in
PARTS, and nothing else. The style sheet is joined likewise. The path of an asset contains a digest of its content, so
that browsers can cache it for good.
"""

import hashlib
import re
from functools import cached_property
from html import escape
from pathlib import Path
from string import Template

import msgspec

from chalicelib.errors import NotFound
from chalicelib.story.config import Defaults

WEB = Path(__file__).resolve().parent.parent / "web"

PARTS = (
    "dom.js",
    "format.js",
    "store.js",
    "api.js",
    "notices.js",
    "dialog.js",
    "words.js",
    "catalogue.js",
    "watch.js",
    "captions.js",
    "download.js",
    "player.js",
    "deleting.js",
    "playerbar.js",
    "keys.js",
    "stage.js",
    "fields.js",
    "taskpanel.js",
    "estimate.js",
    "signin.js",
    "library.js",
    "voicefields.js",
    "make.js",
    "chapterrow.js",
    "storyactions.js",
    "story.js",
    "reader.js",
    "editor.js",
    "chapteractions.js",
    "chapter.js",
    "usage.js",
    "app.js",
)
"""The script's modules, in the order in which they are joined: a module imports only from earlier ones."""

STYLES = (
    "paper.css",
    "frame.css",
    "controls.css",
    "notices.css",
    "library.css",
    "forms.css",
    "story.css",
    "chapter.css",
    "usage.css",
    "player.css",
    "dialogs.css",
    "narrow.css",
)
"""The style sheet's parts, in order: a later one may override an earlier one."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
FOREVER = "public, max-age=31536000, immutable"

_IMPORT = re.compile(r"^import\s[^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async function|function|class|const|let)", re.MULTILINE)


def join(parts: list[str]) -> str:
    """Join modules into one, without their imports of each other and without `export`."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", part)) for part in parts)


class WebPage:
    """The page's files, read when the first of them is requested."""

    def __init__(self, directory: Path = WEB) -> None:
        self._directory = directory

    @cached_property
    def _assets(self) -> dict[str, str]:
        return {
            "app.js": join([self._read("script", part) for part in PARTS]),
            "style.css": "\n".join(self._read("style", part) for part in STYLES),
            **{name: self._read(name) for name in ("client-zip.js", "icon.svg")},
        }

    def _read(self, *path: str) -> str:
        return self._directory.joinpath(*path).read_text(encoding="utf-8")

    @cached_property
    def version(self) -> str:
        """A digest of the content of all assets."""
        total = hashlib.sha256()
        for name, text in sorted(self._assets.items()):
            total.update(f"{name}\0{text}\0".encode())
        return total.hexdigest()[:16]

    @cached_property
    def _template(self) -> Template:
        return Template(self._read("index.html"))

    def html(self, base: str, token: str, defaults: Defaults) -> str:
        """Return the page for a browser that sees the API at the path `base`.

        `token`, if not empty, signs the browser in; `defaults` are the initial values of the page's form.
        """
        return self._template.substitute(
            base=escape(re.sub("/+", "/", f"/{base}/")),
            version=self.version,
            token=escape(token),
            defaults=escape(msgspec.json.encode(defaults).decode()),
        )

    def asset(self, version: str, name: str) -> tuple[str, str, str]:
        """Return an asset's text, content type and Cache-Control; raise NotFound.

        A page opened before a deployment asks for an old version: it gets the current one, which it must not cache.
        """
        text = self._assets.get(name)
        if text is None:
            raise NotFound("There is no such file")
        return text, TYPES[Path(name).suffix], FOREVER if version == self.version else "no-store"


def page_headers(audio: str, *, signed_in: bool) -> dict[str, str | list[str]]:
    """Return the headers of the page; no cache may store one that holds a token. `audio` is the bucket's origin."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store" if signed_in else "no-cache",
        "Content-Security-Policy": content_security_policy(audio),
        "Referrer-Policy": "no-referrer",
    }


def content_security_policy(audio: str) -> str:
    """Return the page's policy: its own script, style and API, and sound from the bucket at the origin `audio`."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {audio}",
            f"media-src {audio}",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )
