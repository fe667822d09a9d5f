"""Test of the output projection of tied embeddings."""

import keras
import numpy as np
import pytest

from foveal.pipelines.decoding.decoder import tied_embedding_logits


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


def test_logits_of_other_quantization_raise():
    embedding = keras.layers.ReversibleEmbedding(7, 4)
    embedding.build()
    embedding.quantize("int4")
    with pytest.raises(ValueError, match=r"must be in float or in int8.*int4"):
        tied_embedding_logits(embedding, "float32")
