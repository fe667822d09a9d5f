"""Encoder block against Keras layers; masks and saving."""

import json

import keras
import numpy as np

from foveal.layers import EncoderBlock

X = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
HEADS, HIDDEN = 2, 5


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def test_encoder_block_matches_separate_sublayers():
    block = EncoderBlock(HEADS, HIDDEN)
    output, weights = to_numpy(block(X, mask=MASK, return_attention_scores=True))
    peer = keras.layers.MultiHeadAttention(HEADS, 4)
    peer.build(X.shape, X.shape)
    fused = block.self_attention.query_key_value_dense
    for dense, kernel in zip(
        (peer._query_dense, peer._key_dense, peer._value_dense),
        np.split(to_numpy(fused.kernel), 3, axis=1),
        strict=True,
    ):
        dense.kernel.assign(kernel.reshape(8, HEADS, 4))
    peer._output_dense.kernel.assign(block.self_attention.output_dense.kernel)
    norm = keras.layers.LayerNormalization(epsilon=1e-5)
    update, expected = to_numpy(
        peer(
            norm(X),
            norm(X),
            attention_mask=MASK[:, None] & MASK[:, :, None],
            return_attention_scores=True,
        )
    )
    stream = X + update
    kernels = [to_numpy(d.kernel) for d in (block.intermediate_dense, block.output_dense)]
    hidden = np.maximum(to_numpy(norm(stream)) @ kernels[0], 0)
    np.testing.assert_allclose(output, stream + hidden @ kernels[1], atol=1e-5)
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_padding_has_no_effect():
    block = EncoderBlock(HEADS, HIDDEN)
    changed = np.where(MASK[..., None], X, 100).astype("float32")
    a, b = (to_numpy(block(x, mask=MASK)) for x in (X, changed))
    np.testing.assert_array_equal(a[MASK], b[MASK])


def test_keras_mask_of_inputs_is_used_and_propagated():
    embedded = keras.layers.Embedding(5, 8, mask_zero=True)(np.where(MASK, 3, 0))
    block = EncoderBlock(HEADS, HIDDEN)
    output = block(embedded)
    explicit = block(keras.ops.convert_to_numpy(embedded), mask=MASK)
    np.testing.assert_array_equal(to_numpy(output), to_numpy(explicit))
    np.testing.assert_array_equal(to_numpy(output._keras_mask), MASK)


def test_loaded_model_matches_saved_model(tmp_path):
    inputs = keras.Input((None, 8))
    model = keras.Model(inputs, EncoderBlock(HEADS, HIDDEN, dropout=0.1)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(to_numpy(loaded(X)), to_numpy(model(X)))
    assert json.dumps(loaded.layers[1].get_config()) == json.dumps(model.layers[1].get_config())
