import keras
import numpy as np
import pytest

from foveal.layers import HardAttention, SoftAttention

rng = np.random.default_rng(0)
QUERY, VALUE, KEY = (rng.normal(size=(2, n, 5)).astype("float32") for n in (3, 4, 4))
QUERY_MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
VALUE_MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)

pytestmark = pytest.mark.parametrize("kind", [SoftAttention, HardAttention])


def look(layer, *args, **kwargs):
    results = layer(*args, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


def test_the_row_of_a_masked_query_is_zero(kind):
    context, weights = look(kind(), QUERY, VALUE, query_mask=QUERY_MASK)
    np.testing.assert_array_equal(context[1, 2], 0)
    np.testing.assert_array_equal(weights[1, 2], 0)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
def test_a_memory_projected_once_gives_the_same(kind, score):
    layer = kind(score)
    expected = look(layer, QUERY, VALUE, KEY, value_mask=VALUE_MASK)
    cache = layer.memory_cache(VALUE, KEY)
    for a, e in zip(look(layer, QUERY, cache=cache, value_mask=VALUE_MASK), expected, strict=True):
        np.testing.assert_array_equal(a, e)


@pytest.mark.parametrize(
    ("value", "key", "message"),
    [
        (VALUE[:1], None, "`value` must have the batch of `query`, 2"),
        (VALUE, KEY[:, :2], "`key` must be as long as `value`"),
        (VALUE[0], None, "`value` must be of shape"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(kind, value, key, message):
    with pytest.raises(ValueError, match=message):
        kind("dot")(QUERY, value, key)
