"""Decoder block against its sublayers; masks, caches and beams."""

import json

import keras
import numpy as np
import pytest

from foveal import focus
from foveal.layers import DecoderBlock, SlidingWindow

rng = np.random.default_rng(0)
X, MEMORY = (rng.normal(size=shape).astype("float32") for shape in ((2, 4, 8), (2, 5, 6)))
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
MEMORY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
HEADS, HIDDEN = 2, 7
FLAGS = {"return_attention_scores": True, "return_decisions": True}


@pytest.fixture(params=[None, "sentinel"])
def block(request):
    return DecoderBlock(HEADS, HIDDEN, gate=request.param)


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_layer(block, *args, **kwargs):
    return to_numpy(block(*args, **FLAGS, **kwargs))


def test_decoder_block_matches_separate_sublayers(block):
    output, weights, decisions = run_layer(block, X, MEMORY, memory_mask=MEMORY_MASK)
    norm = keras.layers.LayerNormalization(epsilon=1e-5)
    update, self_weights = block.self_attention(norm(X), use_causal_mask=True, return_attention_scores=True)
    stream = X + to_numpy(update)
    update, cross_weights, gates = block.cross_attention(
        norm(stream), MEMORY, value_mask=MEMORY_MASK, **FLAGS
    )
    stream = stream + to_numpy(update)
    kernels = [to_numpy(d.kernel) for d in (block.intermediate_dense, block.output_dense)]
    hidden = np.maximum(to_numpy(norm(stream)) @ kernels[0], 0)
    np.testing.assert_allclose(output, stream + hidden @ kernels[1], atol=1e-5)
    np.testing.assert_allclose(weights["self_attention"], to_numpy(self_weights), atol=1e-6)
    np.testing.assert_allclose(weights["cross_attention"], to_numpy(cross_weights), atol=1e-6)
    assert decisions.keys() == gates.keys()


def test_causal_mask_hides_future(block):
    changed = X.copy()
    changed[:, 2:] += 1
    a, b = (to_numpy(block(x, MEMORY)) for x in (X, changed))
    np.testing.assert_array_equal(a[:, :2], b[:, :2])


def test_attention_mask_separates_packed_texts(block):
    text = np.array([0, 0, 0, 1])
    row = to_numpy(block(X, MEMORY, attention_mask=text[:, None] == text))
    for own in (slice(0, 3), slice(3, 4)):
        np.testing.assert_allclose(row[:, own], to_numpy(block(X[:, own], MEMORY)), atol=1e-5)


def test_padding_has_no_effect(block):
    masks = {"mask": MASK, "memory_mask": MEMORY_MASK}
    padded = np.where(MEMORY_MASK[..., None], MEMORY, 100).astype("float32")
    a = to_numpy(block(X, MEMORY, **masks))
    b = to_numpy(block(np.where(MASK[..., None], X, 9).astype("float32"), padded, **masks))
    np.testing.assert_array_equal(a[MASK], b[MASK])


def rows(tree, index):
    return keras.tree.map_structure(lambda x: x[..., index, :], tree)


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("cache_length", [4, 0])
def test_incremental_decoding_matches_full_sequence(block, beams, cache_length):
    hypotheses = rng.normal(size=(2 * beams, 4, 8)).astype("float32")
    output, weights, decisions = run_layer(
        block, hypotheses, np.repeat(MEMORY, beams, 0), memory_mask=np.repeat(MEMORY_MASK, beams, 0)
    )
    cache, memory_cache = block.init_cache(2 * beams, cache_length), block.memory_cache(MEMORY)
    for start, step in ((0, 2), (2, 1), (3, 1)):
        *now, cache = block(
            hypotheses[:, start : start + step],
            memory_mask=MEMORY_MASK,
            cache=cache,
            cache_index=keras.ops.convert_to_tensor(start, "int32") if cache_length else "end",
            memory_cache=memory_cache,
            **FLAGS,
        )
        now, at = to_numpy(now), slice(start, start + step)
        np.testing.assert_allclose(now[0], output[:, at], atol=1e-5)
        keys = cache_length or at.stop
        np.testing.assert_allclose(
            now[1]["self_attention"], weights["self_attention"][:, :, at, :keys], atol=1e-5
        )
        np.testing.assert_allclose(now[1]["cross_attention"], weights["cross_attention"][:, :, at], atol=1e-5)
        assert now[2].keys() == decisions.keys() == ({"gate"} if block.cross_attention.gate else set())
        for name, value in now[2].items():
            np.testing.assert_allclose(value, decisions[name][:, :, at], atol=1e-5)


def test_memory_cache_matches_direct_call(block):
    expected = run_layer(block, X, MEMORY, mask=MASK, memory_mask=MEMORY_MASK)
    cache = block.memory_cache(MEMORY)
    actual = run_layer(block, X, mask=MASK, memory_mask=MEMORY_MASK, memory_cache=cache)
    keras.tree.map_structure(lambda a, e: np.testing.assert_allclose(a, e, atol=1e-6), actual, expected)


def test_masked_queries_have_zero_weights(block):
    _, weights, _ = run_layer(block, X, MEMORY, mask=MASK)
    np.testing.assert_array_equal(weights["cross_attention"][1, :, 2:], 0)
    np.testing.assert_array_equal(weights["self_attention"][1, :, 2:], 0)


def test_loaded_model_matches_saved_model(block, tmp_path):
    inputs, memory = keras.Input((None, 8)), keras.Input((None, 6))
    outputs = keras.tree.flatten(block(inputs, memory, **FLAGS))
    model = keras.Model([inputs, memory], outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for a, e in zip(loaded([X, MEMORY]), model([X, MEMORY]), strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(e))
    assert json.dumps(loaded.layers[2].get_config()) == json.dumps(model.layers[2].get_config())


# --- decoder-only ---------------------------------------------------------------------------------------

DECODER_ONLY = {
    "plain": {},
    "rotary": {"bias": "rotary"},
    "window and sinks": {"bias": SlidingWindow(1), "distribution": "sink_softmax"},
    "alibi, groups and output gate": {
        "bias": "alibi",
        "num_key_value_heads": 1,
        "self_attention_gate": "output",
    },
    "sentinel": {"self_attention_gate": "sentinel", "num_key_value_heads": 1, "bias": "relative"},
    "coverage": {"bias": "coverage", "distribution": "entmax15"},
}


@pytest.fixture(params=DECODER_ONLY)
def decoder_only(request):
    keras.utils.set_random_seed(1)
    return DecoderBlock(HEADS, HIDDEN, **DECODER_ONLY[request.param])


@pytest.mark.parametrize("cache_length", [4, 0])
def test_decoder_only_cached_steps_match_full_sequence(decoder_only, cache_length):
    output, weights, decisions = run_layer(decoder_only, X)
    if cache_length == 0 and "coverage" in decoder_only.self_attention.state_keys:
        pytest.skip("a state along the keys needs a cache of full length")
    cache = decoder_only.init_cache(2, cache_length)
    for start, step in ((0, 2), (2, 1), (3, 1)):
        at = slice(start, start + step)
        *actual, cache = decoder_only(
            X[:, at], cache=cache, cache_index=start if cache_length else "end", **FLAGS
        )
        actual = to_numpy(actual)
        np.testing.assert_allclose(actual[0], output[:, at], atol=1e-5)
        keys = cache_length or at.stop
        np.testing.assert_allclose(
            actual[1]["self_attention"], weights["self_attention"][:, :, at, :keys], atol=1e-5
        )
        for name, decision in decisions.items():
            np.testing.assert_allclose(actual[2][name], decision[:, :, at], atol=1e-5)


def test_decoder_only_hides_future_and_padding(decoder_only):
    changed = X.copy()
    changed[:, 2:] += 1
    a, b = (to_numpy(decoder_only(x)) for x in (X, changed))
    np.testing.assert_allclose(a[:, :2], b[:, :2], atol=1e-6)
    padded = np.where(MASK[..., None], X, 9).astype("float32")
    a, b = (to_numpy(decoder_only(x, mask=MASK)) for x in (X, padded))
    np.testing.assert_allclose(a[MASK], b[MASK], atol=1e-6)


def test_decoder_only_matches_transformer_decoder_of_keras_hub():
    keras_hub = pytest.importorskip("keras_hub")
    peer = keras_hub.layers.TransformerDecoder(
        HIDDEN, HEADS, normalize_first=True, bias_initializer="random_normal"
    )
    expected = to_numpy(peer(X, decoder_padding_mask=MASK))
    block = DecoderBlock(HEADS, HIDDEN)
    block(X)
    attention = peer._self_attention_layer
    kernels, biases = zip(
        *(
            dense.get_weights()
            for dense in (attention._query_dense, attention._key_dense, attention._value_dense)
        ),
        strict=True,
    )
    block.self_attention.query_key_value_dense.set_weights(
        [np.concatenate([x.reshape(8, 8) for x in kernels], -1), np.concatenate([x.ravel() for x in biases])]
    )
    for own, other in (
        (block.self_attention.output_dense, attention._output_dense),
        (block.intermediate_dense, peer._feedforward_intermediate_dense),
        (block.output_dense, peer._feedforward_output_dense),
    ):
        own.set_weights([x.reshape(y.shape) for x, y in zip(other.get_weights(), own.weights, strict=True)])
    np.testing.assert_allclose(to_numpy(block(X, mask=MASK))[MASK], expected[MASK], atol=1e-5)


def test_decoder_only_model_is_recorded_saved_and_loaded(decoder_only, tmp_path):
    inputs = keras.Input((None, 8))
    model = keras.Model(inputs, decoder_only(inputs))
    assert model.output_shape == (None, None, 8)
    [record] = focus.record(model, X)
    np.testing.assert_allclose(record.weights, run_layer(decoder_only, X)[1]["self_attention"], atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(X)), to_numpy(model(X)))
    assert json.dumps(loaded.layers[1].get_config()) == json.dumps(decoder_only.get_config())


def test_memory_in_some_calls_only_raises(block):
    block(X, MEMORY)
    with pytest.raises(ValueError, match=r"`memory` must be given in all calls.*Received: no memory"):
        block(X)
    decoder_only = DecoderBlock(HEADS, HIDDEN)
    decoder_only(X)
    with pytest.raises(ValueError, match=r"`memory` must be given in all calls.*Received: a memory"):
        decoder_only(X, MEMORY)
    with pytest.raises(ValueError, match="must have been called with a memory"):
        decoder_only.memory_cache(MEMORY)
