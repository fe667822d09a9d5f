import itertools
import re
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers.functional import masks

QUERY, KEY = np.zeros((2, 3, 5)), np.zeros((2, 4, 6))
QUERY_MASK = np.array([[1, 1, 0], [0, 1, 1]], bool)
KEY_MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
ATTENTION_MASK = np.random.default_rng(1).random((2, 3, 4)) > 0.4


def compute_attention_mask(**kwargs):
    mask = keras.ops.convert_to_numpy(masks.compute_attention_mask(QUERY, KEY, **kwargs))
    return np.broadcast_to(mask, (2, 3, 4))


def test_nothing_to_mask_is_none():
    assert masks.compute_attention_mask(QUERY, KEY) is None


def test_a_key_is_seen_where_every_mask_allows_it():
    combined = compute_attention_mask(
        query_mask=QUERY_MASK,
        value_mask=KEY_MASK,
        attention_mask=ATTENTION_MASK,
        use_causal_mask=True,
    )
    for b, q, k in itertools.product(range(2), range(3), range(4)):
        allowed = QUERY_MASK[b, q] and KEY_MASK[b, k] and ATTENTION_MASK[b, q, k] and k <= q
        assert combined[b, q, k] == allowed


def test_value_mask_and_key_mask_both_count():
    combined = compute_attention_mask(value_mask=KEY_MASK, key_mask=~KEY_MASK)
    assert not combined.any()


@pytest.mark.parametrize("shape", [(3, 4), (1, 3, 4), (2, 1, 4), (2, 3, 4)])
def test_an_attention_mask_may_be_the_same_for_batch_or_queries(shape):
    mask = np.random.default_rng(2).random(shape) > 0.5
    np.testing.assert_array_equal(
        compute_attention_mask(attention_mask=mask), np.broadcast_to(mask, (2, 3, 4))
    )


def test_integers_count_as_booleans():
    np.testing.assert_array_equal(
        compute_attention_mask(value_mask=KEY_MASK.astype("int32")),
        compute_attention_mask(value_mask=KEY_MASK),
    )


@pytest.mark.parametrize("written", [0, 1])
def test_a_cache_is_seen_up_to_the_query_itself_when_causal(written):
    combined = compute_attention_mask(cache_index=written, use_causal_mask=True)
    expected = np.arange(4)[None] <= written + np.arange(3)[:, None]
    np.testing.assert_array_equal(combined[0], expected)


def test_a_cache_is_seen_up_to_the_last_query_when_not_causal():
    np.testing.assert_array_equal(compute_attention_mask(cache_index=0)[1], [[1, 1, 1, 0]] * 3)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("query_mask", (2, 4)), ("value_mask", (2, 3)), ("key_mask", (4,)), ("key_mask", (1, 4))],
)
def test_a_mask_of_another_shape_is_refused(name, shape):
    expected = (2, 3) if name == "query_mask" else (2, 4)
    message = re.escape(f"expected shape {expected}, received {shape}")
    wrong: Any = {name: np.ones(shape, bool)}
    with pytest.raises(ValueError, match=f"`{name}` does not fit the inputs: {message}"):
        masks.compute_attention_mask(QUERY, KEY, **wrong)


@pytest.mark.parametrize("shape", [(4,), (2, 4), (3, 3), (2, 4, 3), (2, 2, 3, 4)])
def test_an_attention_mask_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="`attention_mask` does not fit"):
        masks.compute_attention_mask(QUERY, KEY, attention_mask=np.ones(shape, bool))


def test_an_additive_mask_is_refused():
    with pytest.raises(ValueError, match=r"`key_mask` must be boolean .* Received dtype: .*float"):
        masks.compute_attention_mask(QUERY, KEY, key_mask=np.zeros((2, 4), "float32"))
