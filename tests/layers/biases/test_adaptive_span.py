"""Adaptive span: soft mask of the paper, trimming, reach, loss, training and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveSpan, LocalAttention, SelfAttention

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")
FRACTIONS = np.array([0.15, 0.4], "float32")  # of 8: spans of 1.2 and 3.2


def make_attention(**kwargs):
    keras.utils.set_random_seed(1)
    layer = SelfAttention(2, 3, bias=AdaptiveSpan(8, ramp=2, **kwargs))
    layer.build(X.shape)
    layer.bias[0].set_weights([FRACTIONS])
    return layer


def output_and_weights(layer, **kwargs):
    results = layer(X, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


@pytest.mark.parametrize("causal", [True, False])
def test_adaptive_span_multiplies_weights_by_soft_mask(causal):
    layer = make_attention()
    _, weights = output_and_weights(layer, use_causal_mask=causal)
    layer.bias.clear()
    _, unbiased = output_and_weights(layer, use_causal_mask=causal)
    distance = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    for head, span in enumerate(8 * FRACTIONS):
        soft_mask = np.clip((2 + span - distance) / 2, 0, 1)
        expected = unbiased[:, head] * soft_mask
        np.testing.assert_allclose(
            weights[:, head], expected / expected.sum(-1, keepdims=True), rtol=1e-4, atol=1e-6
        )
        np.testing.assert_array_equal(weights[:, head] > 0, expected > 0)


def test_adaptive_span_property_is_in_positions():
    span = keras.ops.convert_to_numpy(make_attention().bias[0].span)
    np.testing.assert_allclose(span, [1.2, 3.2], rtol=1e-6)


def test_adaptive_span_trim_reduces_reach_and_keeps_outputs(tmp_path):
    inputs = keras.Input((None, 4))
    layer = make_attention()
    model = keras.Model(inputs, layer(inputs, return_attention_scores=True))
    expected = output_and_weights(layer)
    assert layer.bias[0].reach == (9, 9)
    layer.bias[0].trim()
    assert layer.bias[0].reach == (5, 5)  # 4 + 2 - 1: a key 6 away has a soft mask of 0
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].bias[0].reach == (5, 5)
    for results in (output_and_weights(layer), loaded(X)):
        for a, e in zip(results, expected, strict=True):
            np.testing.assert_allclose(keras.ops.convert_to_numpy(a), e, atol=1e-6)


@pytest.mark.parametrize("causal", [True, False])
def test_adaptive_span_weights_end_at_reach(causal):
    layer = make_attention()
    layer.bias[0].trim()
    _, weights = output_and_weights(layer, use_causal_mask=causal)
    reach, _ = layer.bias[0].reach
    distance = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    np.testing.assert_array_equal(weights[:, :, distance > reach], 0)
    assert (weights[:, :, distance == reach] > 0).any()


@pytest.mark.parametrize("causal", [True, False])
def test_adaptive_span_in_local_attention_matches_self_attention(causal):
    layer, local = make_attention(), LocalAttention(2, 3, bias=AdaptiveSpan(8, ramp=2))
    local.build(X.shape)
    local.set_weights(layer.get_weights())
    assert local.reach == (9, 9)
    local.bias[0].trim()
    assert local.reach == (5, 5)
    inputs = np.tile(X, (1, 9, 1))  # longer than a block
    expected = layer(inputs, use_causal_mask=causal, return_attention_scores=True)
    actual = local(inputs, use_causal_mask=causal, return_attention_scores=True)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(e), atol=1e-6)


def test_adaptive_span_loss_is_penalty_of_mean_span():
    layer = make_attention(penalty=0.5)
    output_and_weights(layer)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(sum(layer.losses)), 0.5 * 2.2, rtol=1e-5)


def test_adaptive_span_shrinks_under_penalty_and_stays_in_range():
    inputs = keras.Input((9, 4))
    layer = make_attention(penalty=1.0)
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch(X, np.zeros((2, 9, 4)))
    spans = keras.ops.convert_to_numpy(layer.bias[0].span)
    assert (spans < 8 * FRACTIONS).all()
    model.optimizer.learning_rate.assign(100.0)
    model.train_on_batch(X, np.zeros((2, 9, 4)))
    np.testing.assert_array_equal(layer.bias[0].get_weights(), [[0, 0]])


def test_adaptive_span_grows_when_distant_keys_help():
    x = np.random.default_rng(0).normal(size=(16, 8, 3)).astype("float32")
    average = np.broadcast_to(x.mean(1, keepdims=True), x.shape)
    layer = SelfAttention(1, 3, bias=AdaptiveSpan(8, ramp=2, initial_span=1, penalty=0.0))
    model = keras.Sequential([keras.Input((8, 3)), layer])
    identity = np.eye(3)  # of the values and of the output; the scores are 0
    layer.set_weights(
        [
            {
                "query_key_value": np.concatenate([np.zeros((3, 6)), identity], 1),
                "attention_output": identity[None],
            }[w.path.split("/")[-2]]
            if w.name == "kernel"
            else w.numpy()
            for w in layer.weights
        ]
    )
    model.compile(keras.optimizers.Adam(0.2), "mse", run_eagerly=keras.backend.backend() == "torch")
    model.fit(x, average, epochs=8, batch_size=16, verbose=0)
    assert float(keras.ops.convert_to_numpy(layer.bias[0].span)[0]) > 2


def test_adaptive_span_of_full_length_matches_no_bias():
    layer = SelfAttention(2, 3, bias=AdaptiveSpan(8, ramp=1, initial_span=8))
    _, weights = output_and_weights(layer)
    layer.bias.clear()
    np.testing.assert_allclose(weights, output_and_weights(layer)[1], atol=1e-6)


@pytest.mark.parametrize("arguments", [{"ramp": 0}, {"initial_span": 9}, {"initial_span": -1}])
def test_adaptive_span_invalid_arguments_raise(arguments):
    with pytest.raises(ValueError, match=r"`ramp` and `max_span` must .*Received: ramp="):
        AdaptiveSpan(8, **arguments)


def test_adaptive_span_trim_of_unbuilt_layer_raises():
    with pytest.raises(ValueError, match=r"must be built before `trim`\. Received: "):
        AdaptiveSpan(8).trim()
