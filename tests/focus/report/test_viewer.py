"""Tests of the viewer: colours of weights, scripts, templates."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from foveal.focus.figures.style import ATTENTION_COLORMAP
from foveal.focus.report.viewer import (
    DARK_COLORMAP,
    NUM_COLORS,
    SCRIPTS,
    color_scales,
    render_page,
    viewer_script,
    viewer_style,
)


def luminance(color):
    return ((np.asarray(to_rgb(color)) + 0.055) / 1.055) ** 2.4 @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_on_every_color(scheme):
    pairs = color_scales()[scheme]
    assert len(pairs) == NUM_COLORS
    for background, text in pairs:
        low, high = sorted((luminance(background), luminance(text)))
        assert (high + 0.05) / (low + 0.05) > 4.5  # WCAG 2, level AA


def test_dark_colormap_has_equal_steps_of_lightness():
    lightness = np.array(
        [116 * np.cbrt(luminance(color)) - 16 for color in DARK_COLORMAP(np.linspace(0, 1, 65))]
    )
    steps = np.diff(lightness)
    assert steps.min() > 0.8
    assert steps.max() < 1.8
    assert lightness[0] < 15 < 85 < lightness[-1]


def test_light_scale_is_the_colormap_of_the_figures():
    scale = color_scales()["light"]
    for share, (background, _) in zip(np.linspace(0, 1, NUM_COLORS), scale, strict=True):
        np.testing.assert_allclose(to_rgb(background), ATTENTION_COLORMAP(share)[:3], atol=1 / 255)


def test_scripts_of_a_page_follow_those_of_the_viewer(tmp_path):
    (tmp_path / "last.js").write_text("last();")
    script = viewer_script(tmp_path, "last")
    assert script.startswith('"use strict"')
    assert script.endswith("\nlast();")
    assert len(SCRIPTS) == 4
    assert "--heat" in viewer_style()


def test_page_includes_the_viewer_and_escapes_values(tmp_path):
    (tmp_path / "mine.html").write_text('<h1>{{ title }}</h1>{% include "viewer.html" %}')
    page = render_page(tmp_path, "mine.html", title="<b>")
    assert page.startswith("<h1>&lt;b&gt;</h1>")
    assert 'id="attention"' in page
