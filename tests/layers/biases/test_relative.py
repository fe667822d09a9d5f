"""T5's relative bias against the published bucket function and its table."""

import math

import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, RelativeBias


def published_bucket(relative_position, bidirectional, num_buckets, max_distance):
    """Compute the paper's bucket of one position, that of the key minus that of the query."""
    start = 0
    if bidirectional:
        num_buckets //= 2
        start = num_buckets if relative_position > 0 else 0
        distance = abs(relative_position)
    else:
        distance = max(-relative_position, 0)
    exact = num_buckets // 2
    if distance < exact:
        return start + distance
    fraction = math.log(distance / exact) / math.log(max_distance / exact)
    return start + min(exact + int(fraction * (num_buckets - exact)), num_buckets - 1)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("num_buckets", "max_distance"), [(32, 128), (8, 20), (10, 7), (4, 300)])
def test_bucket_matches_published_function(bidirectional, num_buckets, max_distance):
    bias = RelativeBias(num_buckets, max_distance, bidirectional)
    for distance in range(-310, 311):
        expected = published_bucket(-distance, bidirectional, num_buckets, max_distance)
        assert bias.bucket(distance) == expected, distance


def test_bucket_matches_hand_computed_values():
    bias = RelativeBias(num_buckets=8, max_distance=16)  # each side: 0, 1, 2-5, 6 and more
    assert [bias.bucket(d) for d in (0, 1, 2, 5, 6, 15, 99)] == [0, 1, 2, 2, 3, 3, 3]
    assert [bias.bucket(-d) for d in (1, 2, 5, 6, 99)] == [5, 6, 6, 7, 7]


@pytest.mark.parametrize("bidirectional", [True, False])
def test_relative_bias_reads_table_per_head_and_bucket(bidirectional):
    bias = RelativeBias(6, 9, bidirectional)
    bias.build((None, 2, None, 4), (None, 2, None, 4))
    table = np.random.default_rng(0).normal(size=(2, 6)).astype("float32")
    bias.set_weights([table])
    actual = bias.compute_bias(None, None, AttentionContext(np.arange(2, 5), np.arange(40)))
    for i in range(3):
        for j in range(40):
            expected = table[:, bias.bucket(i + 2 - j)]
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(actual)[:, i, j], expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_buckets": 2}, "`num_buckets` must be even and at least 4. Received: num_buckets=2"),
        ({"num_buckets": 7}, "`num_buckets` must be even and at least 4. Received: num_buckets=7"),
        ({"num_buckets": 1, "bidirectional": False}, "`num_buckets` must be at least 2. Received: .*=1"),
        ({"max_distance": 8}, "`max_distance` must exceed 8, .* Received: max_distance=8"),
    ],
)
def test_relative_bias_invalid_arguments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        RelativeBias(**arguments)
