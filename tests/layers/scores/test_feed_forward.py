"""Scores with one hidden layer: default width, config and tiles of the hidden layer."""

import keras
import pytest

from foveal.layers import Additive, Concat
from foveal.layers.scores import energy
from foveal.layers.scores.feed_forward import FeedForwardScore


@pytest.fixture(params=[Additive, Concat])
def kind(request):
    return request.param


def test_feed_forward_score_units_default_to_query_width(kind):
    score = kind()
    score.build((2, 3, 5), (2, 4, 6))
    assert tuple(score.v.shape) == (5, 1)
    assert score.projected_dim(5) == 5
    assert kind(units=7).projected_dim(5) == 7


def test_additive_key_kernel_shape_follows_query_width():
    score = Additive()
    score.build((2, 3, 5), (2, 4, 6))
    assert tuple(score.key_dense.kernel.shape) == (6, 5)


def test_feed_forward_score_config_round_trip(kind):
    config = kind(units=3, kernel_initializer="he_normal").get_config()
    assert config["units"] == 3
    assert kind.from_config(config).get_config() == config


def test_feed_forward_score_in_tiles_matches_one_call(kind, pairs, monkeypatch):
    score = kind(units=4)
    expected = keras.ops.convert_to_numpy(score(pairs.query, pairs.wide_key))
    monkeypatch.setattr(energy, "MAX_HIDDEN_SIZE", 0)
    monkeypatch.setattr(energy, "TILE_SIZE", 20)
    monkeypatch.setattr(energy, "TILE_SIZE_OF_UNKNOWN", 20)
    pairs.assert_close(score(pairs.query, pairs.wide_key), expected)


def test_feed_forward_score_requires_query_projection(pairs):
    with pytest.raises(NotImplementedError):
        FeedForwardScore().project_query(pairs.query)
