"""Tests of the documentation site: strict build, API pages, links, and the pages in a browser."""

import functools
import importlib
import pkgutil
import posixpath
import re
import subprocess
import threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
MKDOCS = ROOT / ".venv-docs/bin/mkdocs"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MKDOCS.exists(), reason="`make .venv-docs/installed` has not been run"),
]

IMPORT = re.compile(r"<p><code>from (foveal[\w.]*) import (\w+)</code></p>")


class PageParser(HTMLParser):
    """Collects the addresses and the ids of a page."""

    def __init__(self):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []  # to follow
        self.assets: list[str] = []  # loaded with the page

    def handle_starttag(self, tag, attrs):
        attributes = {name: value for name, value in attrs if value}
        self.ids |= {value for name, value in attributes.items() if name in ("id", "name")}
        addresses = [value for name, value in attributes.items() if name in ("href", "src")]
        (self.links if tag == "a" else self.assets).extend(addresses)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [MKDOCS, "build", "--strict", "--site-dir", folder]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """The parsed pages by their path in the site."""
    parsed = {}
    for path in site.rglob("*.html"):
        parser = PageParser()
        parser.feed(path.read_text("utf-8"))
        parsed[path.relative_to(site).as_posix()] = parser
    return parsed


def resolve(page, address):
    """Return the path in the site and the fragment of an address on a page."""
    parts = urlsplit(address)
    path = posixpath.join("/", posixpath.dirname(page), unquote(parts.path)) if parts.path else f"/{page}"
    return posixpath.normpath(path).lstrip("/"), parts.fragment


def is_external(address):
    return bool(urlsplit(address).scheme or urlsplit(address).netloc) and not address.startswith("data:")


# --- pages -------------------------------------------------------------------------------------------


def public_objects():
    """Return the objects of every `__all__` of the public rooms, by package and name."""
    objects = {}
    for room in ("layers", "focus", "datasets"):
        package = importlib.import_module(f"foveal.{room}")
        names = [
            info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}.") if info.ispkg
        ]
        for module in (package, *map(importlib.import_module, names)):
            objects |= {
                (module.__name__, name): getattr(module, name) for name in getattr(module, "__all__", [])
            }
    return objects


def test_every_public_name_has_one_page(site):
    imports = [IMPORT.search(path.read_text("utf-8")) for path in (site / "api").rglob("*.html")]
    documented = [match.groups() for match in imports if match]
    documented = [(module, name) for module, name in documented if ".pipelines." not in module]
    objects = public_objects()
    assert set(documented) <= objects.keys()
    identities = [id(objects[name]) for name in documented]
    assert len(identities) == len(set(identities))
    assert {name for name, value in objects.items() if id(value) not in identities} == set()


def test_api_page_lists_constructor_and_call_arguments(site):
    text = (site / "api/layers/MultiHeadAttention.html").read_text("utf-8")
    for title in ("Parameters:", "Call arguments:", "Returns:", "Raises:", "Examples:", "Reference:"):
        assert title in text
    for argument in ("num_heads", "bias_constraint", "value_mask", "return_decisions"):
        assert f"<code>{argument}</code></b>" in text


def test_every_page_is_reachable_from_home(pages):
    reached, queue = set(), ["index.html"]
    while queue:
        page = queue.pop()
        if page in reached:
            continue
        reached.add(page)
        links = [address for address in pages[page].links if not is_external(address)]
        queue += [target for target, _ in (resolve(page, link) for link in links) if target in pages]
    assert pages.keys() - reached == {"404.html"}


def test_gallery_shows_every_picture(pages):
    shown = {Path(address).name for address in pages["gallery.html"].assets}
    assert {path.name for path in (ROOT / "docs").glob("*.png")} - shown == set()


# --- links -------------------------------------------------------------------------------------------


def test_internal_links_and_anchors_exist(site, pages):
    broken = []
    for page, parser in pages.items():
        for address in (*parser.links, *parser.assets):
            if is_external(address) or address.startswith("data:"):
                continue
            target, fragment = resolve(page, address)
            path = site / target / "index.html" if (site / target).is_dir() else site / target
            is_anchor = not fragment or fragment in pages[path.relative_to(site).as_posix()].ids
            if not path.is_file() or not is_anchor:
                broken.append((page, address))
    assert broken == []


def test_no_asset_is_loaded_from_another_host(site, pages):
    assert {
        address for parser in pages.values() for address in parser.assets if is_external(address)
    } == set()
    for path in (*site.rglob("*.css"), *site.rglob("*.html")):
        addresses = re.findall(r"(?:url\(|@import )['\"]?([^'\")\s]+)", path.read_text("utf-8"))
        assert {address for address in addresses if is_external(address)} == set(), path


# --- browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(site):
    """The address of a server of the site."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def new_tab(browser):
    """A function that opens a tab, which collects the messages of the console and the requests."""
    tabs: list[Any] = []

    def create(scheme="light", width=1200):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        log = SimpleNamespace(page=page, messages=[], requests=[])
        page.on("console", lambda message: log.messages.append(message.text))
        page.on("pageerror", lambda error: log.messages.append(str(error)))
        page.on("request", lambda request: log.requests.append(request.url))
        tabs.append(page)
        return log

    yield create
    for page in tabs:
        page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_pages_open_without_error_and_fit_the_screen(pages, address, new_tab, scheme, width):
    api = ["layers/index", "layers/MultiHeadAttention", "focus/FocusRecord", "layers/biases.REGISTRY"]
    opened = [page for page in pages if not page.startswith(("api/", "404"))]
    tab = new_tab(scheme, width)
    for page in (*opened, *(f"api/{name}.html" for name in api)):
        tab.page.goto(f"{address}/{page}")
        assert tab.page.evaluate("document.body.dataset.mdColorScheme") == (
            "slate" if scheme == "dark" else "default"
        )
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, page
    assert tab.messages == []
    assert {url for url in tab.requests if not url.startswith((address, "data:", "blob:"))} == set()


def test_switch_changes_color_scheme(address, new_tab):
    tab = new_tab("light")
    tab.page.goto(f"{address}/index.html")
    tab.page.click("label[title='Switch to dark mode']")
    assert tab.page.evaluate("document.body.dataset.mdColorScheme") == "slate"


@pytest.mark.parametrize("is_served", [True, False], ids=["served", "opened as a file"])
def test_search_lists_pages_of_a_term(site, address, new_tab, is_served):
    tab = new_tab()
    tab.page.goto(f"{address if is_served else site.as_uri()}/index.html")
    tab.page.locator("input.md-search__input").focus()  # loads the index; the theme warns of earlier keys
    tab.page.wait_for_function(
        "document.querySelector('.md-search-result__meta').textContent.includes('Type to start searching')"
    )
    tab.page.locator("input.md-search__input").press_sequentially("sparsemax")  # the theme reads keys
    result = tab.page.locator(".md-search-result__item h1").get_by_text("Sparsemax", exact=True)
    result.first.wait_for()
    assert tab.messages == []
