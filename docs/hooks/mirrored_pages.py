"""MkDocs hook: pages from other folders of the repository, and links to what the site does not have."""
# pyright: reportMissingImports=false
# The site has an environment of its own.

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = {
    "pipelines/translation/README.md": "pipelines/translation.md",
    "pipelines/sentiment/README.md": "pipelines/sentiment.md",
    "pipelines/captioning/README.md": "pipelines/captioning.md",
    "saved_models/README.md": "pipelines/saved_models.md",
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
SOURCES = {page: source for source, page in PAGES.items()}
LINK = re.compile(r"\[([^][]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages to the site."""
    root = Path(config.docs_dir).parent
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(root / source)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links between files of the repository to links between pages."""
    root, uri = Path(config.docs_dir).parent, page.file.src_uri
    source = SOURCES.get(uri, f"docs/{uri}")

    def rewrite(link: re.Match[str]) -> str:
        text, address, anchor = link.groups()
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), address))
        if not (root / target).is_file():
            return link[0]
        target = PAGES.get(target, target.removeprefix("docs/"))
        if not files.get_file_from_path(target):
            return text
        return f"[{text}]({posixpath.relpath(target, posixpath.dirname(uri))}{anchor or ''})"

    return LINK.sub(rewrite, markdown)
