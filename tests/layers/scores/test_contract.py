"""What every score promises."""

import keras
import numpy as np
import pytest

from foveal.layers import Location, MultiHeadAttention, SoftAttention, scores

WIDE = sorted({"additive", "concat", "general", "location"})  # query and key may differ in width
PAIRED = sorted(set(scores.REGISTRY) - {"location"})


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.fixture(params=sorted(scores.REGISTRY))
def score(request):
    return scores.get(request.param)


def test_a_score_compares_projected_keys(score, pairs):
    every = to_numpy(score(pairs.query, pairs.key))
    assert every.shape == (2, 3, 4)
    key = score.project_key(pairs.key)
    assert key.shape == (2, 4, score.projected_dim(5))
    pairs.assert_close(score.compute_scores(pairs.query, key), every)


@pytest.mark.parametrize("name", PAIRED)
def test_a_pair_is_the_diagonal_of_all_comparisons(name, pairs):
    score = scores.get(name)
    key = pairs.key[:, :3]
    every = to_numpy(score(pairs.query, key))
    single = score.score_pairs(pairs.query, score.project_key(key))
    pairs.assert_close(single, np.diagonal(every, axis1=1, axis2=2))


@pytest.mark.parametrize("name", WIDE)
def test_query_and_key_may_differ_in_width(name, pairs):
    assert to_numpy(scores.get(name)(pairs.query, pairs.wide_key)).shape == (2, 3, 4)


def test_heads_are_scored_one_by_one(score, pairs):
    heads = score(np.stack([pairs.query, -pairs.query], 1), np.stack([pairs.key, 2 * pairs.key], 1))
    for head, (query, key) in enumerate([(pairs.query, pairs.key), (-pairs.query, 2 * pairs.key)]):
        pairs.assert_close(heads[:, head], to_numpy(score(query, key)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
def test_half_precision_is_kept_inside_of_a_layer_and_outside(dtype, score, pairs):
    half = scores.get(
        {**keras.saving.serialize_keras_object(score), "config": {**score.get_config(), "dtype": dtype}}
    )
    every = half(pairs.query, pairs.key)
    narrow = keras.backend.standardize_dtype(every.dtype)
    assert narrow in dtype
    key = half.project_key(keras.ops.cast(pairs.key, narrow))
    assert keras.backend.standardize_dtype(key.dtype) == narrow
    again = half.compute_scores(keras.ops.cast(pairs.query, narrow), key)
    assert keras.backend.standardize_dtype(again.dtype) == narrow
    np.testing.assert_allclose(*(to_numpy(keras.ops.cast(x, "float32")) for x in (again, every)), rtol=0.02)


def test_a_score_is_made_from_its_name_or_its_config(score):
    again = scores.get(keras.saving.serialize_keras_object(score))
    assert type(again) is type(score)
    assert again.get_config() == score.get_config()
    assert scores.get(score) is score


def test_an_unknown_score_names_the_known_ones():
    with pytest.raises(ValueError, match=r"Unknown score: expected one of \['additive', .*Received: 'dott'"):
        scores.get("dott")


def test_all_weights_of_a_score_learn(score):
    inputs = keras.Input((3, 5)), keras.Input((4, 5))
    model = keras.Model(inputs, score(*inputs))
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=keras.backend.backend() == "torch")
    before = model.get_weights()
    rng = np.random.default_rng(0)
    model.train_on_batch([rng.normal(size=(2, n, 5)) for n in (3, 4)], np.ones((2, 3, 4)))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("name", sorted({"additive", "concat", "general"}))
def test_weights_do_not_depend_on_the_number_of_heads(name):
    one, several = SoftAttention(name), MultiHeadAttention(4, 5, score=name)
    one.build((2, 3, 5), (2, 4, 5))
    several.build((2, 3, 7), (2, 4, 7))
    assert [w.shape for w in one.score.weights] == [w.shape for w in several.score.weights]


def test_location_alone_cannot_score_a_sentinel():
    layer = MultiHeadAttention(2, 4, score=Location(9), gate="sentinel")
    with pytest.raises(ValueError, match=r"a sentinel has none.*expected another score.*Location"):
        layer(np.ones((1, 3, 5)), np.ones((1, 4, 5)))
