"""Sentinel gates against the equations of Lu et al. 2017, their limits, masks and registry."""

import keras
import numpy as np
import pytest

from foveal.layers import LSTMSentinel, Softmax, StreamSentinel, gates

rng = np.random.default_rng(0)
SCORES = rng.normal(size=(2, 3, 4)).astype("float32")
SENTINEL_SCORE = rng.normal(size=(2, 3)).astype("float32")
MASK = np.array([[1, 0, 1, 1]], bool)


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def alpha_and_beta(sentinel_score=SENTINEL_SCORE, mask=None, scores=SCORES):
    weights, beta, _ = gates.distribute_with_sentinel(scores, sentinel_score, mask, Softmax())
    return to_numpy(gates.renormalize(weights)), to_numpy(beta)


def test_distribute_with_sentinel_matches_joint_softmax():
    alpha, beta = alpha_and_beta()
    np.testing.assert_allclose(alpha, softmax(SCORES), rtol=1e-5)
    joint = softmax(np.concatenate([SCORES, SENTINEL_SCORE[..., None]], -1))
    np.testing.assert_allclose(beta, joint[..., -1], rtol=1e-5)


def test_distribute_with_sentinel_masks_keys_but_not_sentinel():
    alpha, beta = alpha_and_beta(mask=MASK[None])
    unmasked = SCORES[..., MASK[0]]
    np.testing.assert_allclose(alpha[..., MASK[0]], softmax(unmasked), rtol=1e-5)
    np.testing.assert_array_equal(alpha[..., ~MASK[0]], 0)
    joint = softmax(np.concatenate([unmasked, SENTINEL_SCORE[..., None]], -1))
    np.testing.assert_allclose(beta, joint[..., -1], rtol=1e-5)


def test_distribute_with_sentinel_of_fully_masked_row_gives_beta_one():
    alpha, beta = alpha_and_beta(mask=np.zeros((1, 1, 4), bool))
    np.testing.assert_array_equal(alpha, 0)
    np.testing.assert_allclose(beta, 1, atol=1e-6)


@pytest.mark.parametrize(("score", "expected"), [(60.0, 1.0), (-200.0, 0.0)])
def test_beta_limits_for_extreme_sentinel_scores(score, expected):
    alpha, beta = alpha_and_beta(np.full((2, 3), score, "float32"))
    np.testing.assert_allclose(beta, expected, atol=1e-6)
    np.testing.assert_allclose(alpha, softmax(SCORES), rtol=1e-4)


def test_alpha_is_accurate_in_half_precision_for_beta_near_one():
    half = SCORES.astype("float16")
    alpha, _ = alpha_and_beta(np.full((2, 3), 15, "float16"), scores=half)
    np.testing.assert_allclose(alpha, softmax(half.astype("float32")), rtol=1e-2)


def test_lstm_sentinel_matches_equations_9_and_10():
    x, h, m = (rng.normal(size=(2, width)).astype("float32") for width in (3, 4, 5))
    layer = LSTMSentinel()
    sentinel = to_numpy(layer(x, h, m))
    w_x, w_h = np.split(to_numpy(layer.gate_dense.kernel), [3])
    np.testing.assert_allclose(sentinel, sigmoid(x @ w_x + h @ w_h) * np.tanh(m), atol=1e-6)


def test_stream_sentinel_matches_formula():
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    layer = StreamSentinel(units=5)
    sentinel = to_numpy(layer(x))
    w_g, w_m = (to_numpy(dense.kernel) for dense in (layer.gate_dense, layer.memory_dense))
    np.testing.assert_allclose(sentinel, sigmoid(x @ w_g) * np.tanh(x @ w_m), atol=1e-6)


def test_stream_sentinel_units_default_to_input_width():
    assert tuple(StreamSentinel()(np.zeros((2, 3, 4))).shape) == (2, 3, 4)


def test_get_resolves_none_and_name():
    assert gates.get(None) is None
    gate = gates.get("sentinel", units=3)
    assert isinstance(gate, StreamSentinel)
    assert gate.units == 3


def test_get_unknown_gate_raises():
    with pytest.raises(ValueError, match=r"one of \['output', 'sentinel'\].*Received: .*'sentry'"):
        gates.get("sentry")
