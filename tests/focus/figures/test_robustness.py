import numpy as np
import pytest

from foveal.focus.figures.robustness import RobustnessCurve, robustness_figure

SEVERITIES = [0, 0.1, 0.2, 0.4, 0.8]
CURVES = {
    "soft": RobustnessCurve([0.9, 0.8, 0.75, 0.6, 0.5], [0, 0.1, 0.2, 0.25, 0.4]),
    "$hard_": RobustnessCurve([0.8, 0.8, 0.7, 0.6, 0.55], [0, 0.3, 0.4, 0.5, 0.6]),
}


def figure_of(**changed):
    return robustness_figure(
        **{"doses": SEVERITIES, "curves": CURVES, "seed_drift": (0.1, 0.2), "disturbance": "x"} | changed
    )


def test_quality_is_drawn_as_what_was_lost_of_it_and_drift_as_it_is():
    left, right = figure_of().axes
    np.testing.assert_allclose(np.array(left.lines[0].get_ydata()), [0, 0.1, 0.15, 0.3, 0.4])
    np.testing.assert_allclose(np.array(left.lines[1].get_ydata()), [0, 0, 0.1, 0.2, 0.25])
    np.testing.assert_allclose(np.array(right.lines[1].get_ydata()), np.array(CURVES["$hard_"].divergence))
    np.testing.assert_array_equal(right.lines[0].get_xdata(), SEVERITIES)


def test_the_band_is_the_drift_between_seeds():
    (band,) = figure_of().axes[1].patches
    extent = band.get_path().get_extents(band.get_patch_transform())
    assert (extent.y0, extent.y1) == pytest.approx((0.1, 0.2))


def test_models_have_one_look_in_both_panels_and_are_named_once():
    figure = figure_of()
    left, right = figure.axes
    looks = [[(line.get_color(), line.get_linestyle()) for line in axes.lines[:2]] for axes in (left, right)]
    assert looks[0] == looks[1]
    assert looks[0][0] != looks[0][1]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["soft", "$hard_", "between seeds"]


def test_a_gain_is_seen_too(tmp_path):
    gain = RobustnessCurve([0.5, 0.6, 0.7, 0.8, 0.9], np.zeros(5))
    figure = figure_of(curves={"a": gain})
    assert figure.axes[0].get_ylim()[0] <= -0.4
    figure.savefig(tmp_path / "a.png", dpi=30)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"doses": [0.1]}, "two doses that grow"),
        ({"doses": [0, 0.2, 0.1, 0.4, 0.8]}, "that grow"),
        ({"curves": {}}, "at least one curve"),
        ({"curves": {"a": RobustnessCurve([1, 2], [0] * 5)}}, "finite quality of 'a' for each of 5 doses"),
        ({"curves": {"a": RobustnessCurve([1] * 5, [0, 0, 0, 0, np.nan])}}, "finite drift of 'a'"),
        ({"seed_drift": (0.2, 0.1)}, "from low to high"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        figure_of(**changed)
