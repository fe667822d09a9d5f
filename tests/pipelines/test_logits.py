import keras
import numpy as np

from foveal.pipelines.logits import tied_embedding_logits


def test_is_the_embedding_reversed():
    embedding = keras.layers.ReversibleEmbedding(5, 4)
    embedding.build()
    states = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    logits = tied_embedding_logits(embedding, "float32")(states)
    np.testing.assert_allclose(logits, embedding(states, reverse=True), atol=1e-6)
