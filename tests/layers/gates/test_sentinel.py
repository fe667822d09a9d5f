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


def distribute_with_sentinel(sentinel_score=SENTINEL_SCORE, mask=None, scores=SCORES):
    shares, beta, _ = gates.distribute_with_sentinel(scores, sentinel_score, mask, Softmax())
    return to_numpy(gates.renormalize(shares)), to_numpy(beta)


def test_alpha_is_softmax_of_the_keys_and_beta_the_last_of_keys_and_sentinel():
    alpha, beta = distribute_with_sentinel()
    np.testing.assert_allclose(alpha, softmax(SCORES), rtol=1e-5)
    joint = softmax(np.concatenate([SCORES, SENTINEL_SCORE[..., None]], -1))
    np.testing.assert_allclose(beta, joint[..., -1], rtol=1e-5)


def test_masked_keys_take_no_part_and_the_sentinel_always_does():
    alpha, beta = distribute_with_sentinel(mask=MASK[None])
    seen = SCORES[..., MASK[0]]
    np.testing.assert_allclose(alpha[..., MASK[0]], softmax(seen), rtol=1e-5)
    np.testing.assert_array_equal(alpha[..., ~MASK[0]], 0)
    joint = softmax(np.concatenate([seen, SENTINEL_SCORE[..., None]], -1))
    np.testing.assert_allclose(beta, joint[..., -1], rtol=1e-5)


def test_without_keys_the_gate_relies_on_the_sentinel_alone():
    alpha, beta = distribute_with_sentinel(mask=np.zeros((1, 1, 4), bool))
    np.testing.assert_array_equal(alpha, 0)
    np.testing.assert_allclose(beta, 1, atol=1e-6)


@pytest.mark.parametrize(("score", "expected"), [(60.0, 1.0), (-200.0, 0.0)])
def test_limits_of_the_gate(score, expected):
    alpha, beta = distribute_with_sentinel(np.full((2, 3), score, "float32"))
    np.testing.assert_allclose(beta, expected, atol=1e-6)
    np.testing.assert_allclose(alpha, softmax(SCORES), rtol=1e-4)


def test_alpha_survives_half_precision_where_the_gate_is_nearly_closed():
    half = SCORES.astype("float16")
    alpha, _ = distribute_with_sentinel(np.full((2, 3), 15, "float16"), scores=half)
    np.testing.assert_allclose(alpha, softmax(half.astype("float32")), rtol=1e-2)


def test_lstm_sentinel_is_equation_9_and_10():
    x, h, m = (rng.normal(size=(2, width)).astype("float32") for width in (3, 4, 5))
    layer = LSTMSentinel()
    sentinel = to_numpy(layer(x, h, m))
    w_x, w_h = np.split(to_numpy(layer.gate_dense.kernel), [3])
    np.testing.assert_allclose(sentinel, sigmoid(x @ w_x + h @ w_h) * np.tanh(m), atol=1e-6)


def test_stream_sentinel_makes_gate_and_memory_from_one_stream():
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    layer = StreamSentinel(units=5)
    sentinel = to_numpy(layer(x))
    w_g, w_m = (to_numpy(dense.kernel) for dense in (layer.gate_dense, layer.memory_dense))
    np.testing.assert_allclose(sentinel, sigmoid(x @ w_g) * np.tanh(x @ w_m), atol=1e-6)


def test_a_stream_sentinel_is_as_wide_as_the_stream_by_default():
    assert tuple(StreamSentinel()(np.zeros((2, 3, 4))).shape) == (2, 3, 4)


def test_get_keeps_none_and_names_the_known_parts():
    assert gates.get(None) is None
    assert gates.get("sentinel", units=3).units == 3
    with pytest.raises(ValueError, match=r"Unknown gate: expected one of \['sentinel'\]"):
        gates.get("sentry")
