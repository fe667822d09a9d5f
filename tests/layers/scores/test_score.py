import keras
import numpy as np

from foveal.layers import Score, SoftAttention


class Nearest(Score):
    """The less the distance, the more relevant."""

    def compute_scores(self, query, key):
        return -keras.ops.sum((query[..., :, None, :] - key[..., None, :, :]) ** 2, axis=-1)


def test_a_score_of_ones_own_needs_nothing_but_a_comparison():
    query, value = np.array([[[2.0, 0.0]]], "float32"), np.array([[[0.0, 0.0], [2.0, 1.0]]], "float32")
    _, weights = SoftAttention(score=Nearest())(query, value, return_attention_scores=True)
    chances = np.exp([-4.0, -1.0])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights)[0, 0], chances / chances.sum(), rtol=1e-5)


def test_by_default_a_key_is_compared_as_it_is_and_is_as_wide_as_the_query():
    score, key = Nearest(), np.ones((1, 2, 3), "float32")
    assert score.project_key(key) is key
    assert score.projected_dim(5) == 5
    assert Score.from_config(score.get_config()).get_config() == score.get_config()
