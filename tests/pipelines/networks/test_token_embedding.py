"""Tests of the tied token embedding."""

import keras
import numpy as np

from foveal.pipelines.networks.token_embedding import token_embedding

IDS = np.array([[1, 7, 2]])


def test_scaled_embeddings_have_unit_variance():
    keras.utils.set_random_seed(0)
    embedding, scale = token_embedding(vocabulary_size=200, hidden_dim=64)
    states = scale(embedding(np.arange(200)[None]))
    np.testing.assert_allclose(np.std(states), 1.0, atol=0.02)


def test_logits_are_products_with_embedding_table():
    embedding, scale = token_embedding(vocabulary_size=9, hidden_dim=4)
    states = np.asarray(scale(embedding(IDS)))
    table = np.asarray(embedding.embeddings)
    np.testing.assert_allclose(states, 2 * table[IDS], rtol=1e-6)
    np.testing.assert_allclose(embedding(states, reverse=True), states @ table.T, rtol=1e-5)
