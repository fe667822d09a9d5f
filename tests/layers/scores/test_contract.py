"""Contract of every score: projected keys, pairs, heads, half precision, registry and training."""

import keras
import numpy as np
import pytest

from foveal.layers import Location, MultiHeadAttention, SoftAttention, scores

ANY_WIDTH = sorted({"additive", "concat", "general", "location"})  # query and key may differ in width
WITH_PAIRS = sorted(set(scores.REGISTRY) - {"location"})
WITH_WEIGHTS = sorted(set(scores.REGISTRY) - {"dot", "scaled_dot"})


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.fixture(params=sorted(scores.REGISTRY))
def score(request):
    return scores.get(request.param)


def test_score_compares_projected_keys(score, pairs):
    expected = to_numpy(score(pairs.query, pairs.key))
    assert expected.shape == (2, 3, 4)
    key = score.project_key(pairs.key)
    assert key.shape == (2, 4, score.projected_dim(5))
    pairs.assert_close(score.compute_scores(pairs.query, key), expected)


@pytest.mark.parametrize("name", WITH_PAIRS)
def test_score_pairs_match_diagonal_of_all_scores(name, pairs):
    score = scores.get(name)
    key = pairs.key[:, :3]
    all_scores = to_numpy(score(pairs.query, key))
    actual = score.score_pairs(pairs.query, score.project_key(key))
    pairs.assert_close(actual, np.diagonal(all_scores, axis1=1, axis2=2))


@pytest.mark.parametrize("name", ANY_WIDTH)
def test_score_accepts_query_and_key_of_different_width(name, pairs):
    assert to_numpy(scores.get(name)(pairs.query, pairs.wide_key)).shape == (2, 3, 4)


def test_score_of_each_head_matches_single_head(score, pairs):
    heads = score(np.stack([pairs.query, -pairs.query], 1), np.stack([pairs.key, 2 * pairs.key], 1))
    for head, (query, key) in enumerate([(pairs.query, pairs.key), (-pairs.query, 2 * pairs.key)]):
        pairs.assert_close(heads[:, head], to_numpy(score(query, key)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
def test_score_keeps_half_precision(dtype, score, pairs):
    half = scores.get(
        {**keras.saving.serialize_keras_object(score), "config": {**score.get_config(), "dtype": dtype}}
    )
    expected = half(pairs.query, pairs.key)
    compute_dtype = keras.backend.standardize_dtype(expected.dtype)
    assert compute_dtype in dtype
    key = half.project_key(keras.ops.cast(pairs.key, compute_dtype))
    assert keras.backend.standardize_dtype(key.dtype) == compute_dtype
    actual = half.compute_scores(keras.ops.cast(pairs.query, compute_dtype), key)
    assert keras.backend.standardize_dtype(actual.dtype) == compute_dtype
    actual, expected = (to_numpy(keras.ops.cast(x, "float32")) for x in (actual, expected))
    np.testing.assert_allclose(actual, expected, rtol=0.02)


def test_get_resolves_name_config_and_instance(score):
    copy = scores.get(keras.saving.serialize_keras_object(score))
    assert type(copy) is type(score)
    assert copy.get_config() == score.get_config()
    assert scores.get(score) is score


def test_get_unknown_score_raises():
    with pytest.raises(ValueError, match=r"one of \['additive', .*Received: .*'dott'"):
        scores.get("dott")


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_score_weights_are_trained(name):
    score, inputs = scores.get(name), (keras.Input((3, 5)), keras.Input((4, 5)))
    model = keras.Model(inputs, score(*inputs))
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=keras.backend.backend() == "torch")
    before = model.get_weights()
    rng = np.random.default_rng(0)
    model.train_on_batch([rng.normal(size=(2, n, 5)) for n in (3, 4)], np.ones((2, 3, 4)))
    assert before
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_dot_scores_have_no_weights(pairs):
    for name in set(scores.REGISTRY) - set(WITH_WEIGHTS):
        score = scores.get(name)
        score(pairs.query, pairs.key)
        assert score.weights == []


@pytest.mark.parametrize("name", ["additive", "concat", "general"])
def test_score_weights_do_not_depend_on_number_of_heads(name):
    single, multi = SoftAttention(name), MultiHeadAttention(4, 5, score=name)
    single.build((2, 3, 5), (2, 4, 5))
    multi.build((2, 3, 7), (2, 4, 7))
    assert [w.shape for w in single.score.weights] == [w.shape for w in multi.score.weights]


def test_location_with_gate_raises():
    layer = MultiHeadAttention(2, 4, score=Location(9), gate="sentinel")
    with pytest.raises(ValueError, match=r"`score` must .*the sentinel has no position.*Location"):
        layer(np.ones((1, 3, 5)), np.ones((1, 4, 5)))
