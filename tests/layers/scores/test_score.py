"""Custom scores: what a subclass of `Score` needs."""

import keras
import numpy as np

from foveal.layers import Score, SoftAttention


class NegativeSquaredDistance(Score):
    def compute_scores(self, query, key):
        return -keras.ops.sum((query[..., :, None, :] - key[..., None, :, :]) ** 2, axis=-1)


def test_custom_score_needs_only_compute_scores():
    query, value = np.array([[[2.0, 0.0]]], "float32"), np.array([[[0.0, 0.0], [2.0, 1.0]]], "float32")
    layer = SoftAttention(score=NegativeSquaredDistance())
    _, weights = layer(query, value, return_attention_scores=True)
    exponents = np.exp([-4.0, -1.0])
    expected = exponents / exponents.sum()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights)[0, 0], expected, rtol=1e-5)


def test_score_defaults_keep_keys_and_width():
    score, key = NegativeSquaredDistance(), np.ones((1, 2, 3), "float32")
    assert score.project_key(key) is key
    assert score.projected_dim(5) == 5
    assert Score.from_config(score.get_config()).get_config() == score.get_config()
