"""MkDocs hook: an API page for every public name, and an index for each room."""
# pyright: reportMissingImports=false
# The site has an environment of its own.

from collections.abc import Iterator
from typing import Any

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOMS = {"layers": "Layers", "focus": "Focus", "datasets": "Data sets", "pipelines": "Pipelines"}
# Pipelines have no `__all__`. These modules hold what users import, and the fields that are flags.
PIPELINE_MODULES = [
    *("translation.config", "translation.model", "sentiment.config", "sentiment.model"),
    *("captioning.config", "captioning.model", "training.config", "cli.config"),
    *("serving.client", "serving.config", "serving.app", "serving.registry"),
]
PAGE = """---
import: from {package} import {name}
---
::: {path}
"""

pages: dict[str, str] = {}  # path of a page to its content


def on_config(config: MkDocsConfig) -> None:
    """Make the pages, and put them into the navigation."""
    paths = config.plugins["mkdocstrings"].config.handlers["python"]["paths"]
    foveal: Any = griffe.load("foveal", search_paths=paths, resolve_aliases=True)
    pages.clear()
    rooms = {title: add_room(foveal[room], title) for room, title in ROOMS.items()}
    links = [f"- [{title}]({room}/index.md): {summary(foveal[room])}" for room, title in ROOMS.items()]
    pages["api/index.md"] = "\n".join(["# API\n", "Every public name has a page.\n", *links])
    for item in config.nav or []:
        if "API" in item:
            item["API"] = ["api/index.md", *({title: entries} for title, entries in rooms.items())]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages to the site."""
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the import statement of a name below its heading."""
    if "import" not in page.meta:
        return html
    return html.replace("</h1>", f"</h1>\n<p><code>{page.meta['import']}</code></p>", 1)


def add_room(room: griffe.Module, title: str) -> list[Any]:
    """Add the pages of a room and its index.

    Args:
        room: a package such as `foveal.layers`.
        title: title of its index.

    Returns:
        The entries of the room in the navigation.
    """
    groups: dict[str, dict[str, griffe.Object]] = {}
    for name, target in public_names(room):
        groups.setdefault(group_of(room, target), {})[name] = target
    for group in [group for group, names in groups.items() if group and len(names) == 1]:
        groups.setdefault("", {}).update(groups.pop(group))

    folder = f"api/{room.name}"
    entries: list[Any] = [f"{folder}/index.md"]
    index = [f"# {title}\n", f"`{room.path}`: {summary(room)}"]
    for group, names in sorted(groups.items()):
        files = {name: file_name(name, target, names) for name, target in names.items()}
        links = [{name.removeprefix(f"{group}."): f"{folder}/{file}"} for name, file in files.items()]
        if group:
            index.append(f"\n## {group.capitalize()}\n\n{summary(room[group])}")
        entries += [{group.capitalize(): links}] if group else links
        index.append("\n| name | description |\n|---|---|")
        for name, target in names.items():
            package, _, last = f"{room.path}.{name}".rpartition(".")
            pages[f"{folder}/{files[name]}"] = PAGE.format(package=package, name=last, path=target.path)
            index.append(f"| [`{name}`]({files[name]}) | {summary(target)} |")
    pages[f"{folder}/index.md"] = "\n".join(index)
    return entries


def public_names(room: griffe.Module) -> Iterator[tuple[str, griffe.Object]]:
    """Iterate over the public objects of a room with their shortest names, such as `biases.get`."""
    if room.name == "pipelines":
        for module in PIPELINE_MODULES:
            for name, member in room[module].members.items():
                if member.is_public and (member.is_class or member.is_function) and not member.is_alias:
                    yield f"{module}.{name}", member
        return
    paths = set()
    for package in (room, *(module for module in room.modules.values() if module.exports)):
        for name in map(str, package.exports or []):
            target = package[name].final_target if package[name].is_alias else package[name]
            if target.is_module:  # a function of the same name is defined in it
                target = target[name]
            if target.path not in paths:
                paths.add(target.path)
                yield f"{package.path}.{name}".removeprefix(f"{room.path}."), target


def group_of(room: griffe.Module, target: griffe.Object) -> str:
    """Return the name of the package in a room that defines an object; empty for a module of the room."""
    package = target.path.removeprefix(f"{room.path}.").split(".")[0]
    return package if room[package].is_init_module else ""


def file_name(name: str, target: griffe.Object, names: dict[str, griffe.Object]) -> str:
    """Return the file name of a page, different also where upper and lower case are the same."""
    has_class = any(other != name and other.lower() == name for other in names)
    return f"{name}-function.md" if target.is_function and has_class else f"{name}.md"


def summary(target: griffe.Object) -> str:
    """Return the first line of a docstring, without the remark that a package is public."""
    first_line = target.docstring.value.splitlines()[0] if target.docstring else ""
    return first_line.removesuffix(" Public.").replace("|", r"\|")
