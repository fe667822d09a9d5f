import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveSpan, LocalAttention, SelfAttention

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")
SHARES = np.array([0.15, 0.4], "float32")  # of 8: spans of 1.2 and 3.2


def attention(**kwargs):
    keras.utils.set_random_seed(1)
    layer = SelfAttention(2, 3, bias=AdaptiveSpan(8, ramp=2, **kwargs))
    layer.build(X.shape)
    layer.bias[0].set_weights([SHARES])
    return layer


def look(layer, **kwargs):
    results = layer(X, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


@pytest.mark.parametrize("causal", [True, False])
def test_multiplies_the_exponents_by_the_soft_mask_of_the_paper(causal):
    layer = attention()
    _, weights = look(layer, use_causal_mask=causal)
    layer.bias.clear()
    _, plain = look(layer, use_causal_mask=causal)
    distance = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    for head, span in enumerate(8 * SHARES):
        soft = np.clip((2 + span - distance) / 2, 0, 1)
        expected = plain[:, head] * soft
        np.testing.assert_allclose(
            weights[:, head], expected / expected.sum(-1, keepdims=True), rtol=1e-4, atol=1e-6
        )
        np.testing.assert_array_equal(weights[:, head] > 0, expected > 0)


def test_the_span_is_told_in_positions():
    np.testing.assert_allclose(keras.ops.convert_to_numpy(attention().bias[0].span), [1.2, 3.2], rtol=1e-6)


def test_trimming_finds_the_reach_and_changes_no_output(tmp_path):
    inputs = keras.Input((None, 4))
    layer = attention()
    model = keras.Model(inputs, layer(inputs, return_attention_scores=True))
    expected = look(layer)
    assert layer.bias[0].reach == (9, 9)
    layer.bias[0].trim()
    assert layer.bias[0].reach == (5, 5)  # 4 + 2 - 1: a key 6 away has a soft mask of 0
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[-1].bias[0].reach == (5, 5)
    for results in (look(layer), loaded(X)):
        for a, e in zip(results, expected, strict=True):
            np.testing.assert_allclose(keras.ops.convert_to_numpy(a), e, atol=1e-6)


@pytest.mark.parametrize("causal", [True, False])
def test_nothing_lies_beyond_the_reach_and_something_at_its_end(causal):
    layer = attention()
    layer.bias[0].trim()
    _, weights = look(layer, use_causal_mask=causal)
    reach, _ = layer.bias[0].reach
    distance = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    np.testing.assert_array_equal(weights[:, :, distance > reach], 0)
    assert (weights[:, :, distance == reach] > 0).any()


@pytest.mark.parametrize("causal", [True, False])
def test_nothing_beyond_the_reach_is_computed_where_attention_is_local(causal):
    layer, local = attention(), LocalAttention(2, 3, bias=AdaptiveSpan(8, ramp=2))
    local.build(X.shape)
    local.set_weights(layer.get_weights())
    assert local.reach == (9, 9)
    local.bias[0].trim()
    assert local.reach == (5, 5)
    long = np.tile(X, (1, 9, 1))  # longer than the blocks that it is cut into
    expected = layer(long, use_causal_mask=causal, return_attention_scores=True)
    actual = local(long, use_causal_mask=causal, return_attention_scores=True)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(e), atol=1e-6)


def test_the_loss_is_the_price_of_the_mean_span():
    layer = attention(penalty=0.5)
    look(layer)
    np.testing.assert_allclose(float(sum(layer.losses)), 0.5 * 2.2, rtol=1e-5)


def test_training_shortens_spans_that_cost_more_than_they_bring_and_keeps_them_in_range():
    inputs = keras.Input((9, 4))
    layer = attention(penalty=1.0)
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch(X, np.zeros((2, 9, 4)))
    spans = keras.ops.convert_to_numpy(layer.bias[0].span)
    assert (spans < 8 * SHARES).all()
    model.optimizer.learning_rate.assign(100.0)
    model.train_on_batch(X, np.zeros((2, 9, 4)))
    np.testing.assert_array_equal(layer.bias[0].get_weights(), [[0, 0]])


def test_a_span_grows_where_farther_keys_help():
    keras.utils.set_random_seed(1)
    x = np.random.default_rng(0).normal(size=(16, 8, 3)).astype("float32")
    average = np.broadcast_to(x.mean(1, keepdims=True), x.shape)
    layer = SelfAttention(1, 3, bias=AdaptiveSpan(8, ramp=2, initial_span=1, penalty=0.0))
    model = keras.Sequential([keras.Input((8, 3)), layer])
    model.compile(keras.optimizers.Adam(0.2), "mse", run_eagerly=keras.backend.backend() == "torch")
    model.fit(x, average, epochs=8, batch_size=16, verbose=0)
    assert float(keras.ops.convert_to_numpy(layer.bias[0].span)[0]) > 2


def test_the_longest_span_alone_fits_when_it_is_full():
    layer = SelfAttention(2, 3, bias=AdaptiveSpan(8, ramp=1, initial_span=8))
    _, weights = look(layer)
    layer.bias.clear()
    np.testing.assert_allclose(weights, look(layer)[1], atol=1e-6)


@pytest.mark.parametrize("arguments", [{"ramp": 0}, {"initial_span": 9}, {"initial_span": -1}])
def test_what_does_not_fit_is_refused(arguments):
    with pytest.raises(ValueError, match=r"Expected `ramp` and .*Received: ramp="):
        AdaptiveSpan(8, **arguments)


def test_a_layer_without_weights_cannot_be_trimmed():
    with pytest.raises(ValueError, match="Expected a layer that is built or was called"):
        AdaptiveSpan(8).trim()
