"""Test of the output projection of tied embeddings."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.decoder import tied_embedding_logits
from foveal.pipelines.decoding.shortlist import Shortlist


def test_tied_embedding_logits_match_reverse_embedding():
    embedding = keras.layers.ReversibleEmbedding(5, 4)
    embedding.build()
    states = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    logits = tied_embedding_logits(embedding, "float32")(states)
    np.testing.assert_allclose(logits, embedding(states, reverse=True), atol=1e-6)


def test_logits_of_quantized_embedding_match_reverse_embedding():
    embedding = keras.layers.ReversibleEmbedding(7, 4)
    embedding.build()
    table = np.random.default_rng(0).normal(size=(7, 4)) * 10.0 ** np.arange(-3, 4)[:, None]
    embedding.embeddings.assign(table)
    states = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    expected = states @ table.T
    embedding.quantize("int8")
    logits = tied_embedding_logits(embedding, "float32")(keras.ops.convert_to_tensor(states))
    np.testing.assert_allclose(logits, embedding(states, reverse=True), rtol=1e-5)
    assert np.all(np.abs(logits - expected) < 0.05 * np.abs(table).max(axis=-1))


@pytest.mark.parametrize("quantization_mode", [None, "int8"])
def test_logits_of_shortlist_are_those_of_its_tokens(quantization_mode):
    embedding = keras.layers.ReversibleEmbedding(7, 4)
    embedding.build()
    if quantization_mode:
        embedding.quantize(quantization_mode)
    states = tf.random.stateless_normal([2, 3, 4], [0, 1])
    mask = [[True, True, True, True, False], [True, True, False, True, False]]
    shortlist = Shortlist(tf.constant([0, 1, 4, 6, 0]), tf.constant(mask))
    logits = tied_embedding_logits(embedding, tf.float32, shortlist)(states).numpy()
    all_logits = tied_embedding_logits(embedding, tf.float32)(states).numpy()
    for row, (own, is_candidate) in enumerate(zip(logits, mask, strict=True)):
        np.testing.assert_allclose(
            own, np.where(is_candidate, all_logits[row][:, [0, 1, 4, 6, 0]], -1e9), rtol=1e-5
        )


def test_logits_of_other_quantization_raise():
    embedding = keras.layers.ReversibleEmbedding(7, 4)
    embedding.build()
    embedding.quantize("int4")
    with pytest.raises(ValueError, match=r"must be in float or in int8.*int4"):
        tied_embedding_logits(embedding, "float32")
