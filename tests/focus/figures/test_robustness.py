"""Tests of the robustness curves."""

from typing import Any

import numpy as np
import pytest

from foveal.focus.figures import RobustnessCurve, robustness_figure

SEVERITIES = [0, 0.1, 0.2, 0.4, 0.8]
CURVES = {
    "soft": RobustnessCurve([0, 0.1, 0.15, 0.3, 0.4], [0, 0.1, 0.2, 0.25, 0.4]),
    "$hard_": RobustnessCurve([0, 0, 0.1, 0.2, 0.25], [0, 0.3, 0.4, 0.5, 0.6]),
}
DEFAULTS = {
    "severities": SEVERITIES,
    "curves": CURVES,
    "seed_divergence": (0.1, 0.2),
    "perturbation": "x",
}


def make_figure(**arguments):
    return robustness_figure(**DEFAULTS | arguments)


def test_drop_and_divergence_are_drawn_unchanged():
    left, right = make_figure().axes
    np.testing.assert_allclose(np.array(left.lines[0].get_ydata()), [0, 0.1, 0.15, 0.3, 0.4])
    np.testing.assert_allclose(np.array(left.lines[1].get_ydata()), [0, 0, 0.1, 0.2, 0.25])
    np.testing.assert_allclose(np.array(right.lines[1].get_ydata()), np.array(CURVES["$hard_"].divergence))
    np.testing.assert_array_equal(right.lines[0].get_xdata(), SEVERITIES)


def test_intervals_are_error_bars():
    low, high = [0, 0.05, 0.1, 0.2, 0.3], [0, 0.2, 0.3, 0.35, 0.5]
    curve = CURVES["soft"]._replace(drop_interval=[low, high], divergence_interval=[[np.nan] * 5] * 2)
    left, _ = make_figure(curves={"a": curve}).axes
    bars: Any
    (bars,) = left.collections
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, np.transpose([low, high]))


def test_band_is_the_divergence_between_seeds():
    (band,) = make_figure().axes[1].patches
    extent = band.get_path().get_extents(band.get_patch_transform())
    assert (extent.y0, extent.y1) == pytest.approx((0.1, 0.2))


def test_models_have_one_style_in_both_panels_and_one_legend_entry():
    figure = make_figure()
    left, right = figure.axes
    styles = [[(line.get_color(), line.get_linestyle()) for line in axes.lines[:2]] for axes in (left, right)]
    assert styles[0] == styles[1]
    assert styles[0][0] != styles[0][1]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["soft", "$hard_", "between seeds"]


def test_negative_drop_is_inside_the_axes(tmp_path):
    improving = RobustnessCurve([0, -0.1, -0.2, -0.3, -0.4], np.zeros(5))
    figure = make_figure(curves={"_a": improving})
    assert figure.axes[0].get_ylim()[0] <= -0.4
    assert figure.legends[0].get_texts()[0].get_text() == "_a"
    figure.savefig(tmp_path / "a.png", dpi=30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"severities": [0.1]}, r"`severities` must be at least two increasing .* severities=\[0\.1\]"),
        ({"severities": [0, 0.2, 0.1, 0.4, 0.8]}, "two increasing numbers"),
        ({"curves": {}}, "`curves` must hold at least one curve"),
        (
            {"curves": {"a": RobustnessCurve([1, 2], [0] * 5)}},
            r"finite numbers of shape \(5,\) as drop. Received: drop=\[1, 2\] of 'a'",
        ),
        (
            {"curves": {"a": RobustnessCurve([1] * 5, [0, 0, 0, 0, np.nan])}},
            "finite numbers .* divergence.*'a'",
        ),
        (
            {"curves": {"a": RobustnessCurve([1] * 5, [0] * 5, [[0] * 5])}},
            r"shape \(2, 5\) as drop_interval",
        ),
        ({"seed_divergence": (0.2, 0.1)}, r"`seed_divergence` must be .*from low to high.*\(0\.2, 0\.1\)"),
    ],
)
def test_invalid_arguments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_figure(**arguments)
