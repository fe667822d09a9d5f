"""The loop over steps that all searches share."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.steps import (
    Decoding,
    DecodingState,
    mask_special_tokens,
    run_steps,
    zero_ended,
)
from foveal.pipelines.text.codec import PAD, START


def count_steps(max_length, last):
    """Run steps that write their index to a cache, until `last`; return results and cache sizes."""
    sizes = []

    def extend(state, length):
        cache = tf.pad(state.caches, [[0, length - tf.shape(state.caches)[0]]])
        sizes.append(int(length))
        return DecodingState(caches=cache)

    def advance(index, sequences, state):
        cache = tf.tensor_scatter_nd_update(state.caches, [[index]], [index + 1])
        total = sequences["total"] + tf.reduce_sum(cache)
        return {"total": total}, DecodingState(caches=cache), {"sum": tf.reduce_sum(cache)[None]}

    state = DecodingState(caches=tf.zeros([0], tf.int32))
    decoding = Decoding(lambda tokens, state, index: (tokens, state, {}), state, {}, 1, extend=extend)
    results = run_steps(
        decoding,
        advance,
        lambda index, _: index > last,
        {"total": tf.constant(0)},
        {"sum": tf.zeros([1], tf.int32)},
        max_length,
    )
    return *results, sizes


@pytest.mark.parametrize("max_length", [1, 4, 5])
@pytest.mark.parametrize("last", [-1, 0, 2, 9])
def test_steps_run_until_done_and_keep_caches(max_length, last):
    num_steps, sequences, records, sizes = count_steps(max_length, last)
    expected = max(1, min(max_length, last + 1))  # the first step is always made
    sums = np.cumsum(np.arange(1, max_length + 1))
    assert int(num_steps) == expected
    assert int(sequences["total"]) == sums[:expected].sum()
    np.testing.assert_array_equal(records["sum"][:expected, 0], sums[:expected])
    assert not records["sum"][expected:].numpy().any()
    assert sizes == [(max_length + 1) // 2, max_length]


def test_special_tokens_are_never_best():
    logits = tf.constant([[9.0, 9.0, 1.0, 2.0]], tf.bfloat16)
    masked = mask_special_tokens(logits)
    assert masked.dtype == tf.float32
    assert masked.numpy()[0, [PAD, START]].max() < -1e8
    np.testing.assert_array_equal(masked[:, 2:], [[1, 2]])


def test_focus_of_ended_sequences_is_zero():
    focus = {"gate": tf.ones([2, 3]), "attention": tf.ones([2, 3, 4])}
    ended = tf.constant([[True, False, False], [False, True, True]])
    zeroed = zero_ended(focus, ended)
    np.testing.assert_array_equal(zeroed["gate"], ~ended.numpy())
    np.testing.assert_array_equal(zeroed["attention"], np.repeat(~ended.numpy()[..., None], 4, axis=2))
