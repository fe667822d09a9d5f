import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))
WORDS = TextAxis(["a", "cat"], np.array([[0, 1], [2, 5]]), "a cat")
CELLS = ImageAxis(np.array([[0, 0, 5, 5], [0, 5, 5, 10], [5, 0, 10, 5]]), (10, 10))


def test_an_example_is_cut_to_its_labels():
    gate, mask = np.random.default_rng(1).random((2, 3, 4)), WEIGHTS > 0.1
    record = FocusRecord("layer", WEIGHTS, mask, gate, queries=[WORDS, WORDS], keys=[CELLS, CELLS])
    for place in (1, -1):
        one = record.example(place)
        assert one.layer == "layer"
        assert len(one) == 1
        np.testing.assert_array_equal(one.weights, WEIGHTS[1:, :, :2, :3])
        np.testing.assert_array_equal(one.mask, mask[1:, :, :2, :3])
        np.testing.assert_array_equal(one.gate, gate[1:, :, :2])
        assert one.queries == [WORDS]
        assert one.keys == [CELLS]


def test_a_mask_may_broadcast():
    one = FocusRecord("layer", WEIGHTS, mask=np.array([True] * 4 + [False])).example(0)
    np.testing.assert_array_equal(one.mask, np.broadcast_to([True] * 4 + [False], (1, 3, 4, 5)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weights": WEIGHTS[0]}, r"\(batch, heads, queries, keys\)"),
        ({"gate": WEIGHTS}, r"gate of shape .*\(2, 3, 4\)"),
        ({"mask": np.ones((4, 4), bool)}, "broadcast"),
        ({"queries": [WORDS]}, "queries for each of 2 examples"),
        ({"keys": [WORDS, TextAxis(["a"] * 6, np.zeros((6, 2)))]}, "at most 5 labels of keys. Received: 6"),
    ],
)
def test_what_does_not_fit_is_an_error(changed, message):
    with pytest.raises(ValueError, match=message):
        FocusRecord(**{"layer": "layer", "weights": WEIGHTS, **changed})


def test_an_axis_has_a_place_for_each_label():
    with pytest.raises(ValueError, match=r"2 bytes for each label, \(1, 2\)"):
        TextAxis(["a"], np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"4 pixels for each label"):
        ImageAxis(np.zeros((2, 3)), (4, 4))
