from typing import Any

import keras
import keras_nlp
import numpy as np
import pytest

from foveal import layers
from foveal.focus import record
from foveal.focus.recording.adapters import wrap_call
from foveal.focus.recording.hooks import WeightCollector

RANDOM = np.random.default_rng(0)
QUERY, VALUE = RANDOM.random((5, 3, 8), "float32"), RANDOM.random((5, 4, 8), "float32")
QUERY_MASK = np.arange(3) < np.array([3, 2, 3, 1, 3])[:, None]
VALUE_MASK = np.arange(4) < np.array([4, 1, 3, 2, 4])[:, None]
PAIRS = RANDOM.random((5, 3, 4)) < 0.7
COMBINED_MASK = QUERY_MASK[:, :, None] & VALUE_MASK[:, None] & PAIRS & np.tri(3, 4, dtype=bool)
ALL_MASKS = {
    "query_mask": QUERY_MASK,
    "value_mask": VALUE_MASK,
    "attention_mask": PAIRS,
    "use_causal_mask": True,
}


class SingleLayerModel(keras.Model):
    """A model whose only layer is called as given."""

    def __init__(self, layer, call):
        super().__init__()
        self.layer, self.call_layer = layer, call

    def call(self, inputs):
        self.call_layer(self.layer, *inputs)
        return inputs[0]


def record_call(layer, inputs, call) -> list[Any]:
    """Record one call of a layer, eagerly, because calls of the same code are compiled once."""
    model = SingleLayerModel(layer, call)
    model.built = layer.built
    model.compile(run_eagerly=True)
    return record(model, list(inputs))


def with_heads(weights):
    weights = np.array(keras.ops.cast(weights, "float32"))
    return weights if weights.ndim == 4 else weights[:, None]


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.MultiHeadAttention(2, 4),
        keras.layers.GroupQueryAttention(4, 4, 2),
        layers.MultiHeadAttention(4, 2, num_key_value_heads=2),
        layers.SoftAttention(),
        layers.HardAttention(),
        layers.MonotonicAttention(),
    ],
    ids=lambda layer: type(layer).__module__ + type(layer).__name__,
)
def test_record_matches_returned_scores_and_combines_masks(layer):
    expected = layer(QUERY, VALUE, return_attention_scores=True, **ALL_MASKS)[1]
    masks = (QUERY_MASK, VALUE_MASK, PAIRS)

    def call(layer, query, value, queries, values, pairs):
        return layer(
            query,
            value,
            query_mask=queries,
            value_mask=values,
            attention_mask=pairs,
            use_causal_mask=True,
        )

    [focus] = record_call(layer, (QUERY, VALUE, *masks), call)
    np.testing.assert_allclose(focus.weights, with_heads(expected), atol=1e-6)
    np.testing.assert_array_equal(np.broadcast_to(focus.mask, (5, 1, 3, 4))[:, 0], COMBINED_MASK)


@pytest.mark.parametrize("layer", [keras.layers.Attention(), keras.layers.AdditiveAttention()])
def test_keras_attention_with_list_of_masks(layer):
    expected = layer([QUERY, VALUE], mask=[QUERY_MASK, VALUE_MASK], return_attention_scores=True)[1]

    def call(layer, query, value, queries, values):
        return layer([query, value], mask=[queries, values])

    [focus] = record_call(layer, (QUERY, VALUE, QUERY_MASK, VALUE_MASK), call)
    np.testing.assert_allclose(focus.weights[:, 0], expected, atol=1e-6)
    np.testing.assert_array_equal(focus.mask[:, 0], QUERY_MASK[:, :, None] & VALUE_MASK[:, None])


@pytest.mark.parametrize("layer", [layers.SelfAttention(2, 4), layers.LocalAttention(2, 4, window=1)])
def test_self_attention_uses_query_mask_for_keys(layer):
    expected = layer(QUERY, query_mask=QUERY_MASK, return_attention_scores=True)[1]
    [focus] = record_call(
        layer, (QUERY, QUERY_MASK), lambda layer, query, mask: layer(query, query_mask=mask)
    )
    np.testing.assert_allclose(focus.weights, expected, atol=1e-6)
    np.testing.assert_array_equal(focus.mask[:, 0], QUERY_MASK[:, :, None] & QUERY_MASK[:, None])


def test_gate_is_recorded_with_conditional_weights():
    layer = layers.AdaptiveAttention()
    lstm = (QUERY, QUERY, RANDOM.random((5, 3, 8), "float32"))
    flags = {"return_attention_scores": True, "return_decisions": True}
    _, weights, decisions = layer(QUERY, VALUE, lstm=lstm, **flags)
    [focus] = record_call(
        layer, (QUERY, VALUE, *lstm), lambda layer, query, value, *lstm: layer(query, value, lstm=lstm)
    )
    np.testing.assert_allclose(focus.weights[:, 0], weights, atol=1e-6)
    np.testing.assert_allclose(focus.gate[:, 0], decisions["gate"], atol=1e-6)


def test_decoder_block_records_self_and_cross_attention():
    block = layers.DecoderBlock(2, 16, gate="sentinel", name="block")
    flags = {"return_attention_scores": True, "return_decisions": True}
    _, weights, decisions = block(QUERY, VALUE, memory_mask=VALUE_MASK, **flags)

    def call(block, query, value, mask):
        return block(query, value, memory_mask=mask)

    self_attention, cross_attention = record_call(block, (QUERY, VALUE, VALUE_MASK), call)
    assert self_attention.layer.startswith("block/self_attention")
    np.testing.assert_allclose(self_attention.weights, weights["self_attention"], atol=1e-6)
    np.testing.assert_array_equal(self_attention.mask[0, 0], np.tri(3, dtype=bool))
    np.testing.assert_allclose(cross_attention.weights, weights["cross_attention"], atol=1e-6)
    np.testing.assert_allclose(cross_attention.gate, decisions["gate"], atol=1e-6)
    np.testing.assert_array_equal(cross_attention.mask[:, 0, 0], VALUE_MASK)


def test_pooled_sequences_are_rows():
    words = RANDOM.random((2, 3, 4, 8), "float32")
    mask = np.arange(4) < np.array([[4, 2, 1], [3, 4, 2]])[..., None]
    layer = layers.AttentionPooling()
    expected = layer(words, mask=mask, return_attention_scores=True)[1]
    [focus] = record_call(layer, (words, mask), lambda layer, words, mask: layer(words, mask=mask))
    np.testing.assert_allclose(focus.weights[:, 0], expected, atol=1e-6)
    np.testing.assert_array_equal(focus.mask[:, 0], mask)
    [unmasked] = record_call(layer, (QUERY,), lambda layer, sequence: layer(sequence))
    assert unmasked.weights.shape == (5, 1, 1, 3)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_attention_rnn_records_all_steps(run_eagerly):
    cell = layers.AttentionCell(keras.layers.LSTMCell(8), layers.AdaptiveAttention(name="attention"), "after")
    rnn = layers.AttentionRNN(cell, name="rnn")
    _, _, weights, decisions = rnn(QUERY, VALUE, inputs_mask=QUERY_MASK, memory_mask=VALUE_MASK)
    masks = {"inputs_mask": 2, "memory_mask": 3}
    model = SingleLayerModel(
        rnn, lambda rnn, *x: rnn(*x[:2], **{name: x[index] for name, index in masks.items()})
    )
    model.compile(run_eagerly=run_eagerly)
    focus: Any
    [focus] = record(model, [QUERY, VALUE, QUERY_MASK, VALUE_MASK])
    assert focus.layer == "rnn/attention"
    np.testing.assert_allclose(focus.weights[:, 0], weights, atol=1e-5)
    np.testing.assert_allclose(focus.gate[:, 0], decisions["gate"], atol=1e-5)
    np.testing.assert_array_equal(focus.mask[:, 0], QUERY_MASK[:, :, None] & VALUE_MASK[:, None])


class MemoryCell(keras.layers.Layer):
    """A cell with attention to a fixed memory."""

    def __init__(self):
        super().__init__()
        self.state_size = self.output_size = 8
        self.attention = layers.SoftAttention(name="attention")

    def build(self, shape):
        self.memory = self.add_weight(shape=(1, 4, 8), initializer="random_normal")

    def call(self, inputs, states):
        memory = keras.ops.repeat(self.memory, keras.ops.shape(inputs)[0], axis=0)
        context = self.attention(inputs[:, None] + states[0][:, None], memory)[:, 0]
        return context, [context]


@pytest.mark.parametrize(("run_eagerly", "go_backwards"), [(False, False), (True, True)])
def test_keras_rnn_steps_are_rows_in_input_order(run_eagerly, go_backwards):
    cell = MemoryCell()
    rnn = keras.layers.RNN(cell, go_backwards=go_backwards, name="rnn")
    model = SingleLayerModel(rnn, lambda rnn, inputs, mask: rnn(inputs, mask=mask))
    model.compile(run_eagerly=run_eagerly)
    focus: Any
    [focus] = record(model, [QUERY, QUERY_MASK])
    assert focus.layer == f"rnn/{cell.name}/attention"
    assert not rnn.unroll
    memory = keras.ops.convert_to_numpy(cell.memory)[0]
    state, rows = np.zeros((5, 8)), {}
    for position in (2, 1, 0) if go_backwards else (0, 1, 2):
        query = QUERY[:, position] + state
        scores = query @ memory.T / np.sqrt(8)
        rows[position] = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        state = np.where(QUERY_MASK[:, position, None], rows[position] @ memory, state)
    expected = np.stack([rows[position] for position in (0, 1, 2)], axis=1)
    np.testing.assert_allclose(focus.weights[:, 0], expected, atol=1e-5)
    np.testing.assert_array_equal(focus.mask[:, 0, :, 0], QUERY_MASK)


@pytest.mark.parametrize("kind", [keras.layers.MultiHeadAttention, layers.MultiHeadAttention])
@pytest.mark.parametrize("axes", [None, (1, 2), (-2, -3)])
def test_image_attention_axes_are_flattened(kind, axes):
    layer, images = kind(2, 4, attention_axes=axes), RANDOM.random((3, 2, 4, 8), "float32")
    mask = RANDOM.random((3, *((2, 4) if axes is None or axes[0] == 1 else (4, 2)) * 2)) > 0.3
    _, weights = layer(images, images, attention_mask=mask, return_attention_scores=True)
    [focus] = record_call(layer, (images,), lambda layer, x: layer(x, x, attention_mask=mask))
    np.testing.assert_allclose(focus.weights, np.reshape(weights, (3, 2, 8, 8)), atol=1e-6)
    np.testing.assert_array_equal(focus.mask[:, 0], mask.reshape(3, 8, 8))


def test_gate_and_masks_of_images_are_flattened():
    layer, images = layers.MultiHeadAttention(2, 4, gate="sentinel"), RANDOM.random((3, 2, 4, 8), "float32")
    masks = {name: RANDOM.random((3, 2, 4)) > 0.3 for name in ("query_mask", "value_mask")}
    _, decisions = layer(images, images, return_decisions=True, **masks)
    [focus] = record_call(layer, (images,), lambda layer, x: layer(x, x, **masks))
    np.testing.assert_allclose(focus.gate, np.reshape(decisions["gate"], (3, 2, 8)), atol=1e-6)
    pairs = masks["query_mask"].reshape(3, 8, 1) & masks["value_mask"].reshape(3, 1, 8)
    np.testing.assert_array_equal(np.broadcast_to(focus.mask[:, 0], (3, 8, 8)), pairs)


@pytest.mark.parametrize("kind", [keras.layers.Attention, layers.SoftAttention])
def test_masks_of_inputs_in_a_list_are_recorded(kind):
    embed = keras.layers.Embedding(5, 8, mask_zero=True)
    tokens = np.array([[1, 2, 0], [3, 0, 0]]), np.array([[1, 2, 0, 3], [3, 0, 0, 4]])
    [focus] = record_call(kind(), tokens, lambda layer, x, y: layer([embed(x), embed(y)]))
    mask = np.broadcast_to(focus.mask[:, 0], (2, 3, 4))
    np.testing.assert_array_equal(mask, (tokens[0] != 0)[:, :, None] & (tokens[1] != 0)[:, None])


def test_invalid_rank_raises():
    layer, images = keras.layers.MultiHeadAttention(2, 4, attention_axes=2), np.ones((3, 2, 4, 8))
    with pytest.raises(ValueError, match=r"Received: weights.shape=\(3, 2, 2, 4, 4\)"):
        record_call(layer, (images,), lambda layer, x: layer(x, x))


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.MultiHeadAttention(2, 4, flash_attention=True),
        keras.layers.GroupQueryAttention(4, 4, 2, flash_attention=True),
        layers.MultiHeadAttention(2, 4, flash_attention=True),
    ],
)
def test_flash_attention_is_disabled_during_recording(layer):
    layer.build(QUERY.shape, VALUE.shape)
    [focus] = record_call(layer, (QUERY, VALUE), lambda layer, query, value: layer(query, value))
    np.testing.assert_allclose(focus.weights.sum(-1), 1, atol=1e-6)
    assert vars(layer).get("_flash_attention", vars(layer).get("flash_attention")) is True


@pytest.mark.parametrize("index", [2, "end"])
def test_wrapped_call_returns_requested_outputs(index):
    layer = layers.SelfAttention(2, 4)
    layer(QUERY)
    cache = layer.init_cache(5, 2 if index == "end" else 6)
    length = 5 if index == "end" else 6
    for flags in (
        {},
        {"return_attention_scores": True},
        {"return_attention_scores": True, "return_decisions": True},
    ):
        plain = layer(QUERY, cache=cache, cache_index=index, use_causal_mask=True, **flags)
        collector = WeightCollector()
        wrapped = wrap_call(layer, "layer", collector)["call"](
            QUERY, cache=cache, cache_index=index, use_causal_mask=True, **flags
        )
        keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), plain, wrapped)
        mask = collector.collected[0].mask
        assert mask is not None
        np.testing.assert_array_equal(mask[0, 0], np.arange(length) <= np.arange(3)[:, None] + 2)


def test_keras_nlp_cached_attention_is_recorded():
    layer = keras_nlp.layers.CachedMultiHeadAttention(2, 4)
    cache, attention_mask = np.zeros((5, 2, 6, 2, 4), "float32"), np.tri(3, 6, 2, dtype=bool)[None]
    layer(QUERY, QUERY)
    _, weights, _ = layer(
        QUERY,
        QUERY,
        cache=cache,
        cache_update_index=2,
        attention_mask=attention_mask,
        return_attention_scores=True,
    )

    def call(layer, query, cache):
        return layer(query, query, cache=cache, cache_update_index=2, attention_mask=attention_mask)

    [focus] = record_call(layer, (QUERY, cache), call)
    np.testing.assert_allclose(focus.weights, weights, atol=1e-6)
    np.testing.assert_array_equal(focus.mask[0, 0], attention_mask[0])


def test_keras_nlp_backbone_masks_padding():
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=11,
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=6,
    )
    ids = RANDOM.integers(0, 11, (3, 5))
    padding_mask = np.arange(5) < np.array([5, 2, 4])[:, None]
    inputs = {
        "token_ids": ids,
        "segment_ids": np.zeros_like(ids),
        "padding_mask": padding_mask.astype("int32"),
    }
    records: list[Any] = record(backbone, inputs)
    assert [focus.layer for focus in records] == [
        f"transformer_layer_{index}/self_attention_layer" for index in (0, 1)
    ]
    for focus in records:
        assert focus.weights.shape == (3, 2, 5, 5)
        np.testing.assert_array_equal(np.broadcast_to(focus.mask, (3, 1, 5, 5))[:, 0, 0], padding_mask)
        assert not focus.weights[np.broadcast_to(~padding_mask[:, None, None], focus.weights.shape)].any()
        np.testing.assert_allclose(focus.weights.sum(-1), 1, atol=1e-5)


def test_keras_nlp_decoder_records_self_and_cross_attention():
    decoder = keras_nlp.layers.TransformerDecoder(16, 2, name="decoder")
    decoder(QUERY, VALUE)

    def call(decoder, query, value, mask):
        return decoder(query, value, encoder_padding_mask=mask)

    self_attention, cross_attention = record_call(decoder, (QUERY, VALUE, VALUE_MASK), call)
    assert [self_attention.layer, cross_attention.layer] == [
        "decoder/self_attention",
        "decoder/cross_attention",
    ]
    np.testing.assert_array_equal(self_attention.mask[0, 0], np.tri(3, dtype=bool))
    np.testing.assert_array_equal(np.broadcast_to(cross_attention.mask, (5, 1, 3, 4))[:, 0, 0], VALUE_MASK)
    assert not cross_attention.weights[
        np.broadcast_to(~VALUE_MASK[:, None, None], cross_attention.weights.shape)
    ].any()


def test_custom_layer_is_recorded_by_adapter():
    class CustomAttention(keras.layers.Layer):
        def attend(self, inputs):
            weights = keras.ops.softmax(keras.ops.matmul(inputs, keras.ops.swapaxes(inputs, 1, 2)))
            return keras.ops.matmul(weights, inputs), weights

        def call(self, inputs):
            return self.attend(inputs)[0]

    def wrap_custom(layer, name, collector):
        def wrapped(inputs):
            output, weights = layer.attend(inputs)
            collector.add(name, weights)
            return output

        return {"call": wrapped}

    model = keras.Sequential([keras.Input((3, 8)), CustomAttention(name="custom")])
    focus: Any
    [focus] = record(model, QUERY, adapters=[(CustomAttention, wrap_custom)])
    np.testing.assert_allclose(focus.weights[:, 0], CustomAttention().attend(QUERY)[1], atol=1e-6)
