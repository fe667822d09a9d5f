"""ALiBi against the published slopes and its formula."""

import keras
import numpy as np
import pytest

from foveal.layers import AlibiBias, AttentionContext, SelfAttention
from foveal.layers.biases.alibi import alibi_slopes

PUBLISHED = {  # computed by hand from the authors' function
    1: [2**-8],
    2: [2**-4, 2**-8],
    3: [2**-4, 2**-8, 2**-2],
    4: [2**-2, 2**-4, 2**-6, 2**-8],
    6: [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3],
    8: [2**-1, 2**-2, 2**-3, 2**-4, 2**-5, 2**-6, 2**-7, 2**-8],
}


@pytest.mark.parametrize("num_heads", PUBLISHED)
def test_alibi_slopes_match_paper(num_heads):
    np.testing.assert_allclose(alibi_slopes(num_heads), PUBLISHED[num_heads], rtol=1e-12)


def test_alibi_slopes_of_twelve_heads_take_every_second_slope_of_sixteen():
    np.testing.assert_allclose(alibi_slopes(12), [*alibi_slopes(8), *alibi_slopes(16)[0:8:2]], rtol=1e-12)


def test_alibi_bias_is_symmetric():
    bias = AlibiBias()
    bias.build((None, 3, None, 5), (None, 3, None, 5))
    context = AttentionContext(np.arange(1, 3), np.arange(4))
    actual = keras.ops.convert_to_numpy(bias.compute_bias(None, None, context))
    distance = [[1, 0, 1, 2], [2, 1, 0, 1]]
    np.testing.assert_allclose(actual, -np.array(PUBLISHED[3])[:, None, None] * distance, rtol=1e-6)


def test_alibi_weights_decay_by_slope_of_each_head():
    layer = SelfAttention(num_heads=2, key_dim=3, bias="alibi")
    _, weights = layer(np.ones((1, 4, 5)), use_causal_mask=True, return_attention_scores=True)
    last = keras.ops.convert_to_numpy(weights)[0, :, 3]
    for row, slope in zip(last, PUBLISHED[2], strict=True):
        np.testing.assert_allclose(row[1:] / row[:-1], np.exp(slope), rtol=1e-5)
