"""Output gates against hand-computed values, Keras's layer, cached decoding and records."""

import keras
import numpy as np
import pytest

from foveal import focus
from foveal.layers import LocalAttention, MultiHeadAttention, OutputGate, SelfAttention, SlidingWindow, gates

BATCH, QUERIES, KEYS, DIM, HEADS, KEY_DIM = 2, 3, 4, 6, 2, 5
rng = np.random.default_rng(0)
QUERY = rng.normal(size=(BATCH, QUERIES, DIM)).astype("float32")
VALUE = rng.normal(size=(BATCH, KEYS, DIM)).astype("float32")
ALL = {"return_attention_scores": True, "return_decisions": True}


def to_numpy(tree):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, tree)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_output_gate_is_hand_computed():
    gate = OutputGate(use_bias=False)
    query, output = np.array([[[1.0, 2.0]]]), np.ones((1, 1, 1, 2), "float32")
    gate.build(query.shape)
    gate.gate_dense.set_weights([np.array([[0.0, 1.0], [0.0, -0.5]])])
    gated, decisions = to_numpy(gate.gate_output(query, keras.ops.convert_to_tensor(output)))
    np.testing.assert_allclose(gated[0, 0, 0], [0.5, 0.5])  # sigmoid(0) and sigmoid(1 - 2 * 0.5)
    np.testing.assert_allclose(decisions["gate"], [[[0.5]]])


@pytest.mark.parametrize("units", [HEADS, HEADS * KEY_DIM])
def test_output_gate_multiplies_the_output_of_each_head(units):
    gate = OutputGate(units)
    output = rng.normal(size=(BATCH, HEADS, QUERIES, KEY_DIM)).astype("float32")
    gated, decisions = to_numpy(gate.gate_output(QUERY, keras.ops.convert_to_tensor(output)))
    kernel, bias = (to_numpy(x) for x in (gate.gate_dense.kernel, gate.gate_dense.bias))
    values = sigmoid(QUERY @ kernel + bias).reshape(BATCH, QUERIES, HEADS, -1).swapaxes(1, 2)
    np.testing.assert_allclose(gated, values * output, atol=1e-6)
    np.testing.assert_allclose(decisions["gate"], values.mean(-1), atol=1e-6)


def test_multi_head_attention_with_output_gate_matches_keras():
    reference = keras.layers.MultiHeadAttention(HEADS, KEY_DIM, value_dim=3, use_gate=True)
    gate = OutputGate(HEADS * 3)
    layer = MultiHeadAttention(HEADS, KEY_DIM, value_dim=3, gate=gate)
    mask = np.array([[1, 1, 0, 1], [1, 0, 1, 1]], bool)
    # Keras's fused attention on JAX takes no other width of values.
    expected, _ = reference(QUERY, VALUE, value_mask=mask, return_attention_scores=True)
    layer(QUERY, VALUE)
    pairs = {"query": layer.query_dense, "key": layer.key_dense, "value": layer.value_dense}
    pairs |= {"gate": gate.gate_dense, "output": layer.output_dense}
    for name, dense in pairs.items():
        kernel, bias = getattr(reference, f"_{name}_dense").get_weights()
        dense.set_weights([kernel.reshape(dense.kernel.shape), bias.reshape(dense.bias.shape)])
    np.testing.assert_allclose(to_numpy(layer(QUERY, VALUE, value_mask=mask)), to_numpy(expected), atol=1e-6)


def make_layer(kind, **kwargs):
    keras.utils.set_random_seed(1)
    if kind == "local":
        return LocalAttention(HEADS, 4, window=1, **kwargs)
    return SelfAttention(HEADS, 4, **kwargs)


@pytest.mark.parametrize("gate", ["output", "sentinel"])
@pytest.mark.parametrize("kind", ["self", "local"])
def test_cached_steps_match_full_sequence(kind, gate):
    layer = make_layer(kind, gate=gate, bias="rotary" if kind == "self" else None)
    x = rng.normal(size=(BATCH, 5, DIM)).astype("float32")
    expected = to_numpy(layer(x, use_causal_mask=True, **ALL))
    cache = layer.init_cache(BATCH, 5)
    for start, end in ((0, 2), (2, 3), (3, 5)):
        output, weights, decisions, cache = layer(
            x[:, start:end], use_causal_mask=True, cache=cache, cache_index=start, **ALL
        )
        np.testing.assert_allclose(to_numpy(output), expected[0][:, start:end], atol=1e-6)
        np.testing.assert_allclose(to_numpy(weights), expected[1][:, :, start:end], atol=1e-6)
        np.testing.assert_allclose(
            to_numpy(decisions["gate"]), expected[2]["gate"][:, :, start:end], atol=1e-6
        )


@pytest.mark.parametrize("gate", ["output", "sentinel"])
def test_local_attention_with_gate_matches_windowed_self_attention(gate):
    local, full = make_layer("local", gate=gate), make_layer("self", gate=gate, bias=SlidingWindow(1, 1))
    x = rng.normal(size=(BATCH, 7, DIM)).astype("float32")
    local(x)
    full(x)
    full.set_weights(local.get_weights())
    keras.tree.map_structure(
        lambda a, e: np.testing.assert_allclose(a, e, atol=1e-6),
        to_numpy(local(x, **ALL)),
        to_numpy(full(x, **ALL)),
    )


def test_output_gate_of_other_units_raises():
    with pytest.raises(
        ValueError, match=r"`units` must be the number of heads, 2, or .* 10. Received: units=6"
    ):
        MultiHeadAttention(HEADS, KEY_DIM, gate=OutputGate())(QUERY, VALUE)


def test_output_of_masked_query_has_the_same_gate():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="output", use_bias=False)
    output, weights, decisions = to_numpy(
        layer(QUERY, VALUE, value_mask=np.zeros((BATCH, KEYS), bool), **ALL)
    )
    np.testing.assert_array_equal(weights, 0)
    np.testing.assert_array_equal(output, 0)
    np.testing.assert_allclose(decisions["gate"], to_numpy(layer(QUERY, VALUE, **ALL))[2]["gate"])


def test_record_has_mean_gate_of_each_head():
    x, gate = keras.Input((QUERIES, DIM)), OutputGate()
    model = keras.Model(x, SelfAttention(HEADS, 3, gate=gate)(x))
    kernel, bias = (to_numpy(x) for x in (gate.gate_dense.kernel, gate.gate_dense.bias))
    expected = sigmoid(QUERY @ kernel + bias).reshape(BATCH, QUERIES, HEADS, 3).mean(-1).swapaxes(1, 2)
    [record] = focus.record(model, QUERY)
    assert record.gate is not None
    np.testing.assert_allclose(record.gate, expected, atol=1e-6)
    np.testing.assert_allclose(record.weights.sum(-1), 1, atol=1e-6)


def test_name_gives_a_gate_of_each_element():
    gate = gates.get("output", units=HEADS * KEY_DIM)
    assert isinstance(gate, OutputGate)
    assert gate.units == HEADS * KEY_DIM


def test_config_round_trip_keeps_all_arguments():
    gate = OutputGate(4, False, kernel_regularizer="l2", bias_constraint="non_neg", dtype="mixed_float16")
    restored = OutputGate.from_config(gate.get_config())
    assert restored.get_config() == gate.get_config()
    assert (restored.units, restored.use_bias) == (4, False)


def test_saved_model_with_gates_loads(tmp_path):
    x = keras.Input((QUERIES, DIM))
    hidden = SelfAttention(HEADS, 3, gate=OutputGate(HEADS))(x)
    model = keras.Model(x, MultiHeadAttention(HEADS, 3, gate="output")(hidden, x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(QUERY)), to_numpy(model(QUERY)))
