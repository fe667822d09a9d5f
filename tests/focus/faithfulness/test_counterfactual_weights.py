import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import output_change, permuted_attention, permuted_weights, uniform_weights

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4)).astype("float32")
MASK = np.broadcast_to([True, False, True, True, False], WEIGHTS.shape)


def test_uniform_weights_are_over_what_may_be_looked_at():
    np.testing.assert_allclose(uniform_weights(WEIGHTS, None), np.full(WEIGHTS.shape, 0.2))
    np.testing.assert_allclose(
        uniform_weights(WEIGHTS, ops.convert_to_tensor(MASK))[1, 2, 3], MASK[0, 0, 0] / 3
    )
    np.testing.assert_array_equal(uniform_weights(WEIGHTS, ops.zeros_like(WEIGHTS, "bool")), 0 * WEIGHTS)


def test_permuted_weights_are_the_same_ones_elsewhere():
    moved = ops.convert_to_numpy(permuted_weights(1)(ops.convert_to_tensor(WEIGHTS), None))
    assert not np.allclose(moved, WEIGHTS)
    np.testing.assert_array_equal(np.sort(moved), np.sort(WEIGHTS))
    np.testing.assert_array_equal(moved, permuted_weights(1)(ops.convert_to_tensor(WEIGHTS), None))


def test_what_may_not_be_looked_at_stays_where_it_is():
    weights = np.where(MASK, WEIGHTS, -1.0)
    moved = ops.convert_to_numpy(
        permuted_weights(2)(ops.convert_to_tensor(weights), ops.convert_to_tensor(MASK))
    )
    np.testing.assert_array_equal(moved[~MASK], -1)
    np.testing.assert_array_equal(np.sort(moved), np.sort(weights))
    assert not np.allclose(moved, weights)


def test_every_permutation_is_as_likely():
    weights = ops.convert_to_tensor(np.tile(np.eye(4)[2], (1, 1, 6000, 1)))
    landed = ops.convert_to_numpy(permuted_weights(3)(weights, None)).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(landed, 1 / 4, atol=0.02)


def pooled(probabilities):
    """Attention with given scores over words that each tell the probability of the first class."""
    scores, telling = keras.Input((1, 3)), keras.Input((3, 1))
    keys = ops.eye(3)[None]
    seen = keras.layers.Attention()([scores, telling, 0 * telling + keys])[:, 0]
    told = ops.concatenate([seen, 1 - seen], axis=-1) if probabilities else seen - 1
    return keras.Model([scores, telling], told)


SCORES = np.log([[[0.7, 0.2, 0.1]], [[0.5, 0.25, 0.25]]]).astype("float32")
TELLING = np.array([[[0.9], [0.1], [0.1]], [[0.4], [0.4], [0.4]]], "float32")


def test_the_change_under_uniform_attention_is_that_on_paper():
    # 0.7 * 0.9 + 0.3 * 0.1 = 0.66 becomes 1.1 / 3; words that say the same change nothing
    change = output_change(pooled(True), [SCORES, TELLING], uniform_weights)
    np.testing.assert_allclose(change, [0.66 - 1.1 / 3, 0], atol=1e-6)


def test_permutations_change_the_answer_as_all_there_are_would():
    # the heavy word gets 0.7, 0.2 or 0.1: the answer moves by 0, 0.8 * 0.5 or 0.8 * 0.6
    changes = permuted_attention(pooled(True), [SCORES, TELLING], permutations=20)
    assert changes.shape == (20, 2)
    np.testing.assert_allclose(np.unique(changes[:, 0].round(5)), [0, 0.4, 0.48], atol=1e-5)
    np.testing.assert_allclose(changes[:, 1], 0, atol=1e-6)


def test_logits_are_refused_and_may_be_read():
    model = pooled(False)
    with pytest.raises(ValueError, match=r"read=keras\.ops\.softmax"):
        output_change(model, [SCORES, TELLING], uniform_weights)
    output_fn = lambda logits: ops.softmax(ops.concatenate([logits, 0 * logits], axis=-1))  # noqa: E731
    change = output_change(model, [SCORES, TELLING], uniform_weights, output_fn=output_fn)
    expected = 1 / (1 + np.exp(0.34)) - 1 / (1 + np.exp(1 - 1.1 / 3))
    assert change[0] == pytest.approx(expected, abs=1e-6)
