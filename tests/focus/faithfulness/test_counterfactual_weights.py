import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import output_change, permuted_attention, permuted_weights, uniform_weights

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4)).astype("float32")
MASK = np.broadcast_to([True, False, True, True, False], WEIGHTS.shape)


def test_uniform_weights_are_uniform_over_unmasked_keys():
    np.testing.assert_allclose(uniform_weights(WEIGHTS, None), np.full(WEIGHTS.shape, 0.2))
    np.testing.assert_allclose(
        uniform_weights(WEIGHTS, ops.convert_to_tensor(MASK))[1, 2, 3], MASK[0, 0, 0] / 3
    )
    np.testing.assert_array_equal(uniform_weights(WEIGHTS, ops.zeros_like(WEIGHTS, "bool")), 0 * WEIGHTS)


def test_permuted_weights_are_a_permutation():
    permuted = ops.convert_to_numpy(permuted_weights(1)(ops.convert_to_tensor(WEIGHTS), None))
    assert not np.allclose(permuted, WEIGHTS)
    np.testing.assert_array_equal(np.sort(permuted), np.sort(WEIGHTS))
    np.testing.assert_array_equal(permuted, permuted_weights(1)(ops.convert_to_tensor(WEIGHTS), None))


def test_permuted_weights_keep_masked_keys():
    weights = np.where(MASK, WEIGHTS, -1.0)
    permuted = ops.convert_to_numpy(
        permuted_weights(2)(ops.convert_to_tensor(weights), ops.convert_to_tensor(MASK))
    )
    np.testing.assert_array_equal(permuted[~MASK], -1)
    np.testing.assert_array_equal(np.sort(permuted), np.sort(weights))
    assert not np.allclose(permuted, weights)


def test_permutations_are_uniform():
    weights = ops.convert_to_tensor(np.tile(np.eye(4)[2], (1, 1, 6000, 1)))
    frequencies = ops.convert_to_numpy(permuted_weights(3)(weights, None)).mean(axis=(0, 1, 2))
    np.testing.assert_allclose(frequencies, 1 / 4, atol=0.02)


def attention_model(probabilities):
    """Attention with given scores over words whose values are the probability of the first class."""
    scores, values = keras.Input((1, 3)), keras.Input((3, 1))
    keys = ops.eye(3)[None]
    context = keras.layers.Attention()([scores, values, 0 * values + keys])[:, 0]
    outputs = ops.concatenate([context, 1 - context], axis=-1) if probabilities else context - 1
    return keras.Model([scores, values], outputs)


SCORES = np.log([[[0.7, 0.2, 0.1]], [[0.5, 0.25, 0.25]]]).astype("float32")
VALUES = np.array([[[0.9], [0.1], [0.1]], [[0.4], [0.4], [0.4]]], "float32")


def test_output_change_matches_hand_computed_example():
    # 0.7 * 0.9 + 0.3 * 0.1 = 0.66 becomes 1.1 / 3; equal values change nothing
    change = output_change(attention_model(True), [SCORES, VALUES], uniform_weights)
    np.testing.assert_allclose(change, [0.66 - 1.1 / 3, 0], atol=1e-6)


def test_permuted_attention_matches_exhaustive_permutations():
    # the first word gets 0.7, 0.2 or 0.1: the output changes by 0, 0.8 * 0.5 or 0.8 * 0.6
    changes = permuted_attention(attention_model(True), [SCORES, VALUES], permutations=20)
    assert changes.shape == (20, 2)
    np.testing.assert_allclose(np.unique(changes[:, 0].round(5)), [0, 0.4, 0.48], atol=1e-5)
    np.testing.assert_allclose(changes[:, 1], 0, atol=1e-6)


def test_logits_raise_without_output_fn():
    model = attention_model(False)
    with pytest.raises(ValueError, match=r"output_fn=keras\.ops\.softmax"):
        output_change(model, [SCORES, VALUES], uniform_weights)
    output_fn = lambda logits: ops.softmax(ops.concatenate([logits, 0 * logits], axis=-1))  # noqa: E731
    change = output_change(model, [SCORES, VALUES], uniform_weights, output_fn=output_fn)
    expected = 1 / (1 + np.exp(0.34)) - 1 / (1 + np.exp(1 - 1.1 / 3))
    assert change[0] == pytest.approx(expected, abs=1e-6)
