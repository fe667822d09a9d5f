"""Contract of Keras: its own test of layers, output shapes and specs, masks, and wrappers."""

from typing import Any

import keras
import numpy as np
import pytest
from keras.src.testing import TestCase

from foveal import layers
from foveal.layers import AttentionCell, AttentionRNN, SoftAttention

DIM = 8
QUERY, VALUE = (2, 3, DIM), (2, 5, DIM)
CROSS = {"query_shape": QUERY, "value_shape": VALUE}
IDS = np.array([[[1, 2, 0], [3, 0, 0]], [[1, 1, 1], [2, 1, 0]]])  # (batch, sentences, words)


def cell(**kwargs):
    return AttentionCell(keras.layers.GRUCell(4), SoftAttention("additive", **kwargs))


# class, arguments, shapes of the inputs
LAYERS: dict[str, Any] = {
    "soft": (SoftAttention, {"score": "additive", "bias": "relative", "distribution": "entmax"}, CROSS),
    "hard": (layers.HardAttention, {}, CROSS),
    "monotonic": (layers.MonotonicAttention, {"chunk_size": 2, "chunk_score": "additive"}, CROSS),
    "multi-head": (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 4, "gate": "sentinel"}, CROSS),
    "self": (layers.SelfAttention, {"num_heads": 2, "key_dim": 4, "bias": "rotary"}, QUERY),
    "local": (layers.LocalAttention, {"num_heads": 2, "key_dim": 4, "window": 1}, QUERY),
    "pooling": (layers.AttentionPooling, {"bias": "alibi"}, QUERY),
    "encoder": (layers.EncoderBlock, {"num_heads": 2, "intermediate_dim": 7, "bias": "relative"}, QUERY),
    "decoder": (
        layers.DecoderBlock,
        {"num_heads": 2, "intermediate_dim": 7, "gate": "sentinel"},
        {"inputs_shape": QUERY, "memory_shape": VALUE},
    ),
    "positions": (layers.SinusoidalPositions, {}, QUERY),
    "dropout": (layers.HashDropout, {"rate": 0.3, "seed": 1}, QUERY),
    "sentinel": (layers.StreamSentinel, {"units": 6}, QUERY),
    "lstm sentinel": (
        layers.LSTMSentinel,
        {},
        {"inputs_shape": QUERY, "previous_shape": (2, 3, 4), "memory_shape": (2, 3, 5)},
    ),
    "additive": (layers.Additive, {"units": 6}, {"query_shape": QUERY, "key_shape": VALUE}),
    "rnn": (AttentionRNN, {}, {"inputs_shape": QUERY, "memory_shape": VALUE}),
    "halting": (layers.AdaptiveHalting, {"max_steps": 2}, QUERY),
}


# The test of Keras builds each layer several times, which these would do with one cell or block.
WITH_INNER_LAYER = ("rnn", "halting")


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in WITH_INNER_LAYER])
def test_layer_passes_the_layer_test_of_keras(name):
    kind, arguments, shapes = LAYERS[name]
    TestCase().run_layer_test(kind, arguments, input_shape=shapes, run_training_check=False)


def make(name):
    kind, arguments, shapes = LAYERS[name]
    if name == "rnn":
        arguments = {"cell": cell(bias="coverage")}
    if name == "halting":
        arguments = {**arguments, "block": keras.layers.Dense(DIM)}
    return kind(**arguments), shapes


FLAGS = ("return_attention_scores", "return_decisions")


@pytest.mark.parametrize("name", LAYERS)
def test_shape_and_spec_of_unbuilt_layer_are_those_of_its_outputs(name):
    layer, shapes = make(name)
    was_built = layer.built
    by_name = shapes if isinstance(shapes, dict) else {"inputs_shape": shapes}
    arrays = [np.ones(shape, "float32") for shape in by_name.values()]
    flags = {flag: True for flag in FLAGS if flag in layer.call_signature_parameters}
    unspecified = [(None, None, shape[-1]) for shape in by_name.values()]
    tensors = [keras.KerasTensor(shape) for shape in by_name.values()]
    shape = layer.compute_output_shape(*by_name.values())
    spec = layer.compute_output_spec(*tensors, **flags)
    free_shape = layer.compute_output_shape(*unspecified)
    assert layer.built == was_built
    outputs = layer(*arrays, **flags)
    keras.tree.map_structure(lambda s, o: _assert_same(s, o), spec, outputs)
    first = layer(*arrays)
    if isinstance(first, (list, tuple)):
        assert keras.tree.map_structure(lambda o: tuple(o.shape), first) == shape
    else:
        assert tuple(shape) == tuple(first.shape)
        assert len(free_shape) == len(shape)
        assert all(free in (None, size) for free, size in zip(free_shape, shape, strict=True))


def _assert_same(spec, output):
    assert tuple(spec.shape) == tuple(output.shape)
    assert spec.dtype == keras.backend.standardize_dtype(output.dtype)


WRAPPED = ["self", "local", "pooling", "encoder", "positions", "dropout", "sentinel", "halting"]


@pytest.mark.parametrize("name", WRAPPED)
def test_time_distributed_passes_mask(name):
    layer, _ = make(name)
    embedding = keras.layers.Embedding(5, DIM, mask_zero=True)
    embedded = embedding(IDS)
    outputs = keras.ops.convert_to_numpy(keras.layers.TimeDistributed(layer)(embedded))
    array = keras.ops.convert_to_numpy(embedded)
    masks = {"mask": IDS != 0} if "mask" in layer.call_signature_parameters else {}
    for index in range(2):
        expected = layer(array[:, index], **{key: mask[:, index] for key, mask in masks.items()})
        np.testing.assert_allclose(outputs[:, index], keras.ops.convert_to_numpy(expected), atol=1e-5)


@pytest.mark.parametrize("name", WRAPPED)
def test_sequential_model_passes_mask(name):
    model = keras.Sequential(
        [keras.Input((None,)), keras.layers.Embedding(5, DIM, mask_zero=True), make(name)[0]]
    )
    output = keras.ops.convert_to_numpy(model(IDS[:, 0]))
    layer = model.layers[1]
    embedded = keras.ops.convert_to_numpy(model.layers[0](IDS[:, 0]))
    mask = {"mask": IDS[:, 0] != 0} if "mask" in layer.call_signature_parameters else {}
    np.testing.assert_allclose(output, keras.ops.convert_to_numpy(layer(embedded, **mask)), atol=1e-5)
    assert model.count_params() == layer.count_params() + 5 * DIM
    assert len(model.compute_output_shape((None, None))) == output.ndim


def test_gated_layer_keeps_the_mask_of_its_query():
    embedded = keras.layers.Embedding(5, DIM, mask_zero=True)(IDS[:, 0])
    output = layers.MultiHeadAttention(2, 4, gate="sentinel")(embedded, np.ones(VALUE, "float32"))
    np.testing.assert_array_equal(output._keras_mask, IDS[:, 0] != 0)


def test_bidirectional_attention_rnn_reads_the_inputs_from_both_ends():
    rng = np.random.default_rng(0)
    inputs, memory = (rng.normal(size=shape).astype("float32") for shape in (QUERY, VALUE))
    wrapper = keras.layers.Bidirectional(AttentionRNN(cell()))
    outputs, *_ = wrapper([inputs, memory])
    reversed_layer = AttentionRNN(wrapper.backward_layer.cell)
    forward, backward, expected_backward = (
        keras.ops.convert_to_numpy(results[0])
        for results in (
            wrapper.forward_layer(inputs, memory),
            wrapper.backward_layer(inputs, memory),
            reversed_layer(inputs[:, ::-1].copy(), memory),
        )
    )
    np.testing.assert_allclose(backward, expected_backward, atol=1e-6)
    expected = np.concatenate([forward, backward[:, ::-1]], axis=-1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(outputs), expected, atol=1e-6)


def test_bidirectional_attention_rnn_is_saved_with_its_mask(tmp_path):
    ids, memory = keras.Input((3,), dtype="int32"), keras.Input((5, 6))
    embedded = keras.layers.Embedding(5, DIM, mask_zero=True)(ids)
    outputs, *_ = keras.layers.Bidirectional(AttentionRNN(cell()))([embedded, memory])
    model = keras.Model([ids, memory], outputs)
    model.save(tmp_path / "model.keras")
    data = [IDS[:, 0], np.ones((2, 5, 6), "float32")]
    output = keras.ops.convert_to_numpy(model(data))
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loaded(data)), output, atol=1e-6)
    np.testing.assert_array_equal(output[0, 2], 0)  # a masked step
