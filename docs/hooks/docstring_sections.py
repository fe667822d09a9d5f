"""Griffe extension: sections of docstrings in the form that mkdocstrings reads."""
# pyright: reportMissingImports=false
# The site has an environment of its own.

import functools
import re
from collections.abc import Set
from typing import Any

import griffe

SECTION = re.compile(
    r"^(Args|Attributes|Call arguments|Example|Reference|Returns):\n((?: {4}.*\n?|\n)+)", re.MULTILINE
)
TITLES = {"Call arguments": "Other Parameters: Call arguments:", "Example": "Examples:"}
WRAPPED_NAMES = re.compile(r"^( {4}\w+(?:, \w+)*,)\n {8}(?=\w+(?:, \w+)*[,:])", re.MULTILINE)
SEVERAL_NAMES = re.compile(r"^ {4}([*\w]+(?:, [*\w]+)+): (.*\n?(?: {8}.*\n?)*)", re.MULTILINE)


class DocstringSections(griffe.Extension):
    """Rewrites every docstring before griffe parses it."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        # A class has no annotation of what its `call` returns.
        paragraphs = {"Reference", "Returns"} if obj.is_class else {"Reference"}
        if obj.docstring:
            rewrite = functools.partial(standard_section, paragraphs=paragraphs)
            obj.docstring.value = SECTION.sub(rewrite, obj.docstring.value)


def standard_section(section: re.Match[str], paragraphs: Set[str]) -> str:
    """Return a section with the title that griffe expects, and one argument per item.

    Args:
        section: title and indented body.
        paragraphs: titles of the sections that become a paragraph.
    """
    title, body = section.groups()
    if title in paragraphs:
        return f"**{title}:** " + re.sub("^ {4}", "", body, flags=re.MULTILINE)
    while WRAPPED_NAMES.search(body):
        body = WRAPPED_NAMES.sub(r"\1 ", body)
    return f"{TITLES.get(title, title + ':')}\n{SEVERAL_NAMES.sub(separate_items, body)}"


def separate_items(item: re.Match[str]) -> str:
    """Return one item per name of `a, b: description`."""
    names, description = item.groups()
    return "".join(f"    {name}: {description.rstrip()}\n" for name in names.split(", "))
