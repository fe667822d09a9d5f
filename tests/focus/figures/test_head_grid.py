"""Tests of the grid of attention maps."""

import numpy as np
import pytest
from PIL import Image

from foveal.focus import FocusRecord, TextAxis
from foveal.focus.figures import head_grid_figure

RNG = np.random.default_rng(0)
ENCODER = FocusRecord("encoder/$self_", RNG.dirichlet(np.ones(5), (2, 3, 5)))
DECODER = FocusRecord("decoder/cross", RNG.dirichlet(np.ones(5), (2, 2, 4)) * 0.5)


def panel_maps(figure):
    return [np.array(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def test_every_head_of_every_layer_has_a_map():
    figure = head_grid_figure([ENCODER, DECODER], index=1)
    expected = [*ENCODER.weights[1], *DECODER.weights[1]]
    for weights, expected_weights in zip(panel_maps(figure)[:5], expected, strict=True):
        np.testing.assert_array_equal(weights, expected_weights)
    panels = figure.axes[:5]
    assert [axes.get_title() for axes in panels] == ["head 1", "head 2", "head 3", "head 1", "head 2"]
    assert [axes.get_ylabel() for axes in panels] == ["encoder/$self_", "", "", "decoder/cross", ""]


def test_all_maps_share_one_color_scale():
    limits = {axes.images[0].get_clim() for axes in head_grid_figure([ENCODER, DECODER]).axes if axes.images}
    assert limits == {(0, max(ENCODER.weights[0].max(), DECODER.weights[0].max()))}


def test_long_layer_name_keeps_its_end():
    name = head_grid_figure([FocusRecord("outer/" * 9 + "attention", ENCODER.weights)]).axes[0].get_ylabel()
    assert name == "…r/outer/outer/attention"


def test_padding_is_cropped():
    words = TextAxis(["a", "b"], np.array([[0, 1], [1, 2]]))
    record = FocusRecord("a", ENCODER.weights, keys=[words, words], queries=[words, words])
    assert panel_maps(head_grid_figure([record]))[0].shape == (2, 2)


def test_single_head_of_zeros_and_many_layers_render(tmp_path):
    single = head_grid_figure([FocusRecord("\ud800", np.zeros((1, 1, 1, 2)))])
    (image,) = single.axes[0].images
    np.testing.assert_array_equal(image.get_array(), [[0, 0]])
    assert image.get_clim() == (0, 1)
    assert single.axes[0].get_ylabel() == r"\ud800"
    many = head_grid_figure([ENCODER] * 6)
    np.testing.assert_array_equal(panel_maps(many)[:18], np.tile(ENCODER.weights[0], (6, 1, 1)))
    for figure in (single, many):
        figure.savefig(tmp_path / "a.png", dpi=30)
        rendered = Image.open(tmp_path / "a.png", formats=["PNG"])
        np.testing.assert_allclose(rendered.size, 30 * figure.get_size_inches(), atol=1)
        assert np.asarray(rendered.convert("RGB")).std() > 0


@pytest.mark.parametrize(
    ("records", "index", "message"),
    [
        ([], 0, "`records` must hold at least one record"),
        ([ENCODER], 2, r"`index` must .* 2 examples of 'encoder/\$self_'. Received: index=2"),
        ([FocusRecord("a", ENCODER.weights * np.nan)], 0, "`records` must hold finite weights"),
        ([FocusRecord("a", ENCODER.weights[:, :0])], 0, r"at least one head.* shape \(0, 5, 5\) of 'a'"),
    ],
)
def test_invalid_records_raise(records, index, message):
    with pytest.raises(ValueError, match=message):
        head_grid_figure(records, index)
