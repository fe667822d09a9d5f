import numpy as np
import pytest
import tensorflow as tf

from foveal.focus import ImageAxis, TextAxis


@pytest.mark.parametrize(
    ("tokens", "labels"),
    [
        (["o", "gato"], ["o", "gato"]),
        (("o", "gato"), ["o", "gato"]),
        ([b"o", "n\u00e3o".encode()], ["o", "n\u00e3o"]),
        (np.array(["o", "gato"]), ["o", "gato"]),
        (tf.constant(["o", "n\u00e3o"]), ["o", "n\u00e3o"]),
        (np.array([3, 12]), ["3", "12"]),
        ([], []),
        (["", "\ud800", " "], ["", "\ud800", " "]),
    ],
)
def test_axis_from_tokens_has_their_labels_and_offsets(tokens, labels):
    axis = TextAxis.from_tokens(tokens)
    assert axis.labels == labels
    assert axis.offsets.shape == (len(labels), 2)
    encoded = (axis.text or "").encode(errors="surrogatepass")
    assert [encoded[start:end].decode(errors="surrogatepass") for start, end in axis.offsets] == labels


@pytest.mark.parametrize("tokens", ["gato", b"gato", 3, [["a", "b"]], [["a"], ["b", "c"]], np.zeros((2, 3))])
def test_axis_from_other_than_a_sequence_of_tokens_raises(tokens):
    with pytest.raises(ValueError, match=r"`tokens` must be a sequence of tokens. Received: tokens="):
        TextAxis.from_tokens(tokens)


def test_axis_from_grid_covers_the_image():
    axis = ImageAxis.from_grid(2, 3, (10, 12))
    assert axis.boxes.tolist() == [
        [top, left, top + 5, left + 4] for top in (0, 5) for left in (0, 4, 8)
    ]  # fmt: skip
    assert axis.grid_shape == (2, 3)
    assert axis.labels[4] == "row 2, column 2"


def test_regions_that_are_no_grid_are_numbered():
    grid = ImageAxis.from_grid(2, 2, (10, 10))
    for boxes in (grid.boxes[:3], grid.boxes[::-1], grid.boxes[[0, 1, 2, 2]]):
        axis = ImageAxis(boxes, (10, 10))
        assert axis.grid_shape is None
        assert axis.labels == [f"region {number + 1}" for number in range(len(boxes))]


def test_axis_shape_mismatch_raises():
    with pytest.raises(ValueError, match=r"`offsets` must have shape \(1, 2\)"):
        TextAxis(["a"], np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"`boxes` must have shape \(2, 4\)"):
        ImageAxis(np.zeros((2, 3)), (4, 4))
