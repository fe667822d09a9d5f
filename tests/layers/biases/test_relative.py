import math

import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, RelativeBias


def published_bucket(position, bidirectional, num_buckets, max_distance):
    """The paper's function, one number at a time; `position` is that of the key less the query's."""
    start = 0
    if bidirectional:
        num_buckets //= 2
        start = num_buckets if position > 0 else 0
        distance = abs(position)
    else:
        distance = max(-position, 0)
    exact = num_buckets // 2
    if distance < exact:
        return start + distance
    share = math.log(distance / exact) / math.log(max_distance / exact)
    return start + min(exact + int(share * (num_buckets - exact)), num_buckets - 1)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("num_buckets", "max_distance"), [(32, 128), (8, 20), (10, 7), (4, 300)])
def test_buckets_are_those_of_the_paper(bidirectional, num_buckets, max_distance):
    bias = RelativeBias(num_buckets, max_distance, bidirectional)
    for distance in range(-310, 311):
        expected = published_bucket(-distance, bidirectional, num_buckets, max_distance)
        assert bias.bucket(distance) == expected, distance


def test_buckets_by_hand():
    bias = RelativeBias(num_buckets=8, max_distance=16)  # each side: 0, 1, 2-5, 6 and more
    assert [bias.bucket(d) for d in (0, 1, 2, 5, 6, 15, 99)] == [0, 1, 2, 2, 3, 3, 3]
    assert [bias.bucket(-d) for d in (1, 2, 5, 6, 99)] == [5, 6, 6, 7, 7]


@pytest.mark.parametrize("bidirectional", [True, False])
def test_each_head_and_bucket_adds_its_number(bidirectional):
    bias = RelativeBias(6, 9, bidirectional)
    bias.build((None, 2, None, 4), (None, 2, None, 4))
    table = np.random.default_rng(0).normal(size=(2, 6)).astype("float32")
    bias.set_weights([table])
    leaning = bias.compute_bias(None, None, AttentionContext(np.arange(2, 5), np.arange(40)))
    for i in range(3):
        for j in range(40):
            expected = table[:, bias.bucket(i + 2 - j)]
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(leaning)[:, i, j], expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_buckets": 2}, "`num_buckets` must be even and at least 4. Received: 2"),
        ({"num_buckets": 7}, "`num_buckets` must be even and at least 4. Received: 7"),
        ({"num_buckets": 1, "bidirectional": False}, "`num_buckets` must be at least 2. Received: 1"),
        ({"max_distance": 8}, "`max_distance` must exceed 8, .* Received: 8"),
    ],
)
def test_too_few_buckets_and_too_near_an_end_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RelativeBias(**arguments)
