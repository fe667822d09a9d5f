"""Test of the output projection of tied embeddings."""

import keras
import numpy as np

from foveal.pipelines.decoding.decoder import tied_embedding_logits


def test_tied_embedding_logits_match_reverse_embedding():
    embedding = keras.layers.ReversibleEmbedding(5, 4)
    embedding.build()
    states = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    logits = tied_embedding_logits(embedding, "float32")(states)
    np.testing.assert_allclose(logits, embedding(states, reverse=True), atol=1e-6)
