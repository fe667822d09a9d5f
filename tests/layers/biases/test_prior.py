"""Prior bias: weights as a power of the prior, broadcast shapes and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, PriorBias, SoftAttention

QUERY, VALUE = np.zeros((2, 3, 4), "float32"), np.zeros((2, 5, 4), "float32")
PRIOR = np.random.default_rng(0).uniform(size=(2, 2, 3, 5)).astype("float32")


def compute_weights(layer, prior, **kwargs):
    _, weights = layer(QUERY, VALUE, prior=prior, return_attention_scores=True, **kwargs)
    return keras.ops.convert_to_numpy(weights)


def normalized_power(prior, strength, floor):
    weights = (prior + floor) ** strength
    return weights / weights.sum(-1, keepdims=True)


def test_prior_weights_of_equal_keys_are_power_of_prior():
    layer = SoftAttention(bias=PriorBias(strength=2.0, floor=0.1))
    actual = compute_weights(layer, PRIOR[:, 0])
    np.testing.assert_allclose(actual, normalized_power(PRIOR[:, 0], 2.0, 0.1), rtol=1e-5)


def test_prior_of_zero_masks_nothing():
    mask = np.array([[1, 1, 1, 1, 0]] * 2, bool)
    weights = compute_weights(SoftAttention(bias="prior"), np.eye(3, 5)[None], value_mask=mask)
    np.testing.assert_array_equal(weights[..., 4], 0)
    assert (weights[..., :4] > 0).all()


@pytest.mark.parametrize(
    "prior",
    [PRIOR[:, 0], PRIOR[:1, 0], PRIOR[:, 0, :1], PRIOR, PRIOR[:1], PRIOR[:, :1], PRIOR[:1, :, :1]],
    ids=lambda prior: str(prior.shape),
)
def test_prior_broadcasts_over_examples_heads_and_queries(prior):
    weights = compute_weights(MultiHeadAttention(2, 3, bias=PriorBias(floor=1e-6)), prior)
    per_head = prior if prior.ndim == 4 else prior[:, None]
    expected = np.broadcast_to(normalized_power(per_head, 1, 1e-6), (2, 2, 3, 5))
    np.testing.assert_allclose(weights, expected, rtol=1e-4)


INVALID = {
    "keys": PRIOR[:, 0, :, :4],
    "queries": PRIOR[:, 0, :2],
    "rank": PRIOR[0, 0],
    "single key": PRIOR[..., :1],
}


@pytest.mark.parametrize("name", INVALID)
def test_prior_invalid_shape_raises(name):
    prior = INVALID[name]
    message = r"`prior` must be of shape \(2, 3, 5\) or \(2, 2, 3, 5\).*Received: "
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(2, 3, bias="prior")(QUERY, VALUE, prior=prior)
    symbols = [keras.Input(batch_shape=array.shape) for array in (QUERY, VALUE, prior)]
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(2, 3, bias="prior")(*symbols[:2], prior=symbols[2])


def test_prior_per_head_in_single_head_layer_raises():
    with pytest.raises(ValueError, match=r"`prior` must be of shape \(2, 3, 5\), with 1 allowed"):
        SoftAttention(bias="prior")(QUERY, VALUE, prior=PRIOR)


def test_prior_without_prior_bias_raises():
    with pytest.raises(ValueError, match="`bias` must contain a bias that reads `prior`"):
        SoftAttention(bias="alibi")(QUERY, VALUE, prior=PRIOR[:, 0])


def test_prior_bias_without_prior_raises():
    with pytest.raises(ValueError, match=r"`prior` must be given .* `PriorBias`. Received: prior=None"):
        SoftAttention(bias="prior")(QUERY, VALUE)


def test_prior_invalid_floor_raises():
    with pytest.raises(ValueError, match=r"`floor` must be positive. Received: floor=0"):
        PriorBias(floor=0)
