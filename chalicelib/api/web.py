"""The page: its HTML, style sheets and script, served by the API function itself.

On a developer's machine the modules in chalicelib/web are served as they are written. A deployment package has them
bundled in chalicelib/web/built instead, by infra.page. Either way the path of an asset contains a digest of the content
of all of them, so that browsers can cache it for good.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from string import Template

import msgspec

from chalicelib.errors import NotFound
from chalicelib.story.config import Defaults

WEB = Path(__file__).resolve().parent.parent / "web"
WORKER = "sw.js"
BUILT = "built"
"""The directory that a deployment package has in it instead of script/, style/ and types/."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
}
_AT_THE_ROOT = ("icon.svg", "icon-maskable.svg", "manifest.webmanifest")
_STATIC_IMPORT = re.compile(r"""\bfrom\s*["']\./([^"']+)["']""")
PRIVATE: Mapping[str, str | list[str]] = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
"""Headers of what a share opens: it is for no search engine, its address for no other site, and every copy of it is
checked again, as it may have been revoked."""

FOREVER = "public, max-age=31536000, immutable"


class WebPage:
    """The page's files, read when the first of them is requested."""

    def __init__(self, directory: Path = WEB) -> None:
        self._directory = directory

    @cached_property
    def _assets(self) -> dict[str, str]:
        """The text of every file that a browser may request, by name."""
        built = self._directory / BUILT
        places = [built] if built.is_dir() else [self._directory / "script", self._directory / "style"]
        paths = [
            *(self._directory / name for name in _AT_THE_ROOT),
            *(path for place in places for path in sorted(place.iterdir())),
        ]
        return {path.name: path.read_text(encoding="utf-8") for path in paths if path.suffix in TYPES}

    @cached_property
    def version(self) -> str:
        """A digest of the content of all assets."""
        total = hashlib.sha256()
        for name, text in sorted(self._assets.items()):
            total.update(f"{name}\0{text}\0".encode())
        return total.hexdigest()[:16]

    def _preloads(self, entry: str = "app.js") -> str:
        """Return links to what a bundled script loads at once, so that a browser asks for all of it together."""
        script = self._assets.get(entry, "")
        names = _STATIC_IMPORT.findall(script) if (self._directory / BUILT).is_dir() else []
        return "\n".join(f'<link rel="modulepreload" href="assets/{self.version}/{name}">' for name in names)

    @cached_property
    def _template(self) -> Template:
        return Template((self._directory / "index.html").read_text(encoding="utf-8"))

    def html(
        self, base: str, token: str, defaults: Defaults, demonstration: Collection[str] = (), first_tale: str = ""
    ) -> str:
        """Return the page for a browser that sees the API at the path `base`.

        `token`, if not empty, signs the browser in; `defaults` are the initial values of the page's form;
        `demonstration` names the providers that are only shown, and `first_tale` a story that was made to be heard
        first.
        """
        return self._template.substitute(
            base=_base(base),
            version=self.version,
            preloads=self._preloads(),
            token=escape(token),
            defaults=escape(msgspec.json.encode(defaults).decode()),
            demonstration=" ".join(sorted(demonstration)),
            first_tale=escape(first_tale),
        )

    def worker(self) -> str:
        """Return the service worker's script, with the page's version and the names of its files at the head.

        A new version has another script by that, which is how a browser learns of it.
        """
        constants = {"VERSION": self.version, "FILES": sorted(self._assets)}
        head = "".join(f"const {name} = {msgspec.json.encode(value).decode()};\n" for name, value in constants.items())
        return head + (self._directory / WORKER).read_text(encoding="utf-8")

    def listen(self, base: str, title: str, language: str) -> str:
        """Return the page of a shared story for a browser that sees the API at the path `base`."""
        return self._shared_page("listen.html").substitute(
            base=_base(base),
            version=self.version,
            preloads=self._preloads("listen.js"),
            title=escape(title),
            language=escape(language),
        )

    def gone(self, base: str) -> str:
        """Return the page for a link that plays nothing, or no longer."""
        return self._shared_page("gone.html").substitute(base=_base(base), version=self.version)

    def _shared_page(self, name: str) -> Template:
        return Template((self._directory / name).read_text(encoding="utf-8"))

    def asset(self, version: str, name: str) -> tuple[str, str, str]:
        """Return an asset's text, content type and Cache-Control; raise NotFound.

        A page opened before a deployment asks for an old version: it gets the current one, which it must not cache.
        """
        text = self._assets.get(name)
        if text is None:
            raise NotFound("There is no such file")
        return text, TYPES[Path(name).suffix], FOREVER if version == self.version else "no-store"


def worker_headers(base: str) -> dict[str, str | list[str]]:
    """Return the headers of the service worker's script, which lies below the path `base` and may serve all of it.

    That is more than its own directory: the page also opens at the stage's path without a last slash.
    """
    scope = re.sub("/+", "/", f"/{base}").rstrip("/") or "/"
    return {"Cache-Control": "no-cache", "Service-Worker-Allowed": scope}


def _base(path: str) -> str:
    return escape(re.sub("/+", "/", f"/{path}/"))


def page_headers(audio: str, *, signed_in: bool) -> dict[str, str | list[str]]:
    """Return the headers of the page; no cache may store one that holds a token. `audio` is the bucket's origin."""
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store" if signed_in else "no-cache",
        "Content-Security-Policy": content_security_policy(audio, on_this_machine=signed_in),
        "Referrer-Policy": "no-referrer",
    }


def shared_page_headers(audio: str) -> dict[str, str | list[str]]:
    """Return the headers of the page of a shared story: its sound and cover come from the bucket by way of the API."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: {audio}",
        "connect-src": "'self'",
        # A redirection is held against the policy twice, before and after.
        "media-src": f"'self' {audio}",
        "base-uri": "'self'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return {
        **PRIVATE,
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
    }


def content_security_policy(audio: str, *, on_this_machine: bool = False) -> str:
    """Return the page's policy: its own script, style and API, and sound from the bucket at the origin `audio`.

    Samples of voices are where the narrator has them, on any host, or on this machine's own stand-in.
    """
    samples = "https: http://127.0.0.1:*" if on_this_machine else "https:"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {audio}",
            # A chapter that is kept on the device is played from a blob of the page's own.
            f"media-src blob: {audio} {samples}",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types fireside",
        ]
    )
