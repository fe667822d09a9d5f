import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))
TEXT_AXIS = TextAxis(["a", "cat"], np.array([[0, 1], [2, 5]]), "a cat")
IMAGE_AXIS = ImageAxis(np.array([[0, 0, 5, 5], [0, 5, 5, 10], [5, 0, 10, 5]]), (10, 10))


def test_example_removes_padding():
    gate, mask = np.random.default_rng(1).random((2, 3, 4)), WEIGHTS > 0.1
    record = FocusRecord(
        "layer", WEIGHTS, mask, gate, queries=[TEXT_AXIS, TEXT_AXIS], keys=[IMAGE_AXIS, IMAGE_AXIS]
    )
    for index in (1, -1):
        example = record.example(index)
        assert example.layer == "layer"
        assert len(example) == 1
        np.testing.assert_array_equal(example.weights, WEIGHTS[1:, :, :2, :3])
        np.testing.assert_array_equal(example.mask, mask[1:, :, :2, :3])
        np.testing.assert_array_equal(example.gate, gate[1:, :, :2])
        assert example.queries == [TEXT_AXIS]
        assert example.keys == [IMAGE_AXIS]


def test_example_broadcasts_mask():
    example = FocusRecord("layer", WEIGHTS, mask=np.array([True] * 4 + [False])).example(0)
    np.testing.assert_array_equal(example.mask, np.broadcast_to([True] * 4 + [False], (1, 3, 4, 5)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": WEIGHTS[0]}, r"\(batch, heads, queries, keys\)"),
        ({"gate": WEIGHTS}, r"`gate` must have shape .*\(2, 3, 4\)"),
        ({"mask": np.ones((4, 4), bool)}, "broadcast"),
        ({"queries": [TEXT_AXIS]}, "`queries` must have an axis for each of 2 examples"),
        (
            {"keys": [TEXT_AXIS, TextAxis(["a"] * 6, np.zeros((6, 2)))]},
            "`keys` must have axes of at most 5 positions. Received: an axis of length 6",
        ),
    ],
)
def test_mismatched_shapes_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        FocusRecord(**{"layer": "layer", "weights": WEIGHTS, **arguments})


def test_axis_shape_mismatch_raises():
    with pytest.raises(ValueError, match=r"`offsets` must have shape \(1, 2\)"):
        TextAxis(["a"], np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"`boxes` must have shape \(2, 4\)"):
        ImageAxis(np.zeros((2, 3)), (4, 4))
