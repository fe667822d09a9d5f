"""Viewer of attention in the browser: scripts, style, colours and elements, for every page that has it."""

from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex

from ..figures.style import ATTENTION_COLORMAP

# On a dark background a high weight is light. Equal steps of attention are again equal steps of lightness.
DARK_COLORMAP = LinearSegmentedColormap.from_list(
    "dark attention", ["#1e222a", "#254060", "#186198", "#0085c9", "#43aaeb", "#90cdf6", "#d9eefc"]
)
NUM_COLORS = 65  # in each colour scale
FOLDER = Path(__file__).parent / "page"
SCRIPTS = ("attention", "render", "selection", "events")


def viewer_script(folder: Path, *names: str) -> str:
    """Join the scripts of the viewer with those of a page, which come last.

    Args:
        folder: folder of the scripts of the page.
        names: their names, without `.js`.
    """
    paths = [*(FOLDER / f"{name}.js" for name in SCRIPTS), *(folder / f"{name}.js" for name in names)]
    return "\n".join(path.read_text("utf-8") for path in paths)


def viewer_style() -> str:
    """Return the style of the viewer and of the page around it."""
    return (FOLDER / "page.css").read_text("utf-8")


def render_page(folder: Path, template: str, **values: Any) -> str:
    """Render a template of a page, which can include `viewer.html`.

    Args:
        folder: folder of the template.
        template: its name.
        **values: values by name; they are escaped.
    """
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, FOLDER]), autoescape=True, undefined=jinja2.StrictUndefined
    )
    templates.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # the default sorts the keys
    return templates.get_template(template).render(**values)


def color_scales() -> dict[str, list[list[str]]]:
    """Return the colours of weights by theme, see `NUM_COLORS`.

    Example:
        >>> scales = color_scales()
        >>> scales["light"][0], scales["dark"][0]
        (['#f8fbfe', '#000000'], ['#1e222a', '#ffffff'])
    """
    return {"light": _color_scale(ATTENTION_COLORMAP), "dark": _color_scale(DARK_COLORMAP)}


def _color_scale(colormap: Colormap) -> list[list[str]]:
    """Return background colours from zero to maximum attention, each with a readable text colour."""
    rgb = colormap(np.linspace(0, 1, NUM_COLORS))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # White and black have the same contrast where (1 + .05) / (l + .05) = (l + .05) / .05 (WCAG 2).
    text_colors = np.where(luminance > 0.05 * (np.sqrt(21) - 1), "#000000", "#ffffff").tolist()
    return [[to_hex(color), text_color] for color, text_color in zip(rgb, text_colors, strict=True)]
