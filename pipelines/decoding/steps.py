"""Step functions, their state, and the loop over steps that all searches share.

A *step function* predicts the next token:

    step(tokens, state, index) -> logits, state, focus

- `tokens`: `(batch, num_beams)`, the tokens chosen in the previous step;
- `index`: the position of these tokens;
- `state`: a `DecodingState`;
- `logits`: `(batch, num_beams, vocabulary_size)`;
- `focus`: a dict of tensors `(batch, num_beams, ...)`, such as attention weights. A search returns the focus
  of the best sequence. The dict may be empty.

Tensors that do not change, such as the encoded source, belong in the closure of `step`.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ...layers.functional.tensor import TensorTree
from ..text.codec import END, PAD, START

Focus = dict[str, tf.Tensor]
Step = Callable[[tf.Tensor, "DecodingState", tf.Tensor], tuple[tf.Tensor, "DecodingState", Focus]]

NEGATIVE_INFINITY = -1e9  # a finite log-probability below that of every real token


class DecodingState(NamedTuple):
    """State of a step function.

    beams: nest of tensors `(batch, num_beams, ...)`; beam search reorders them.
    caches: nest of tensors of any shape, which stay in place, such as key-value caches of all beams.
    """

    beams: TensorTree = ()
    caches: TensorTree = ()


def keep_state(state: DecodingState, length: int | tf.Tensor) -> DecodingState:
    """Return a state whose size does not depend on the number of positions."""
    del length
    return state


class Decoding(NamedTuple):
    """Start of a search.

    step: step function, see the module.
    state: state before the first step, without room for a position in its caches.
    focus: zeros of the shape of the step's focus.
    batch_size: number of examples.
    num_beams: number of sequences per example.
    extend: function `(state, length) -> state` that gives the caches room for `length` positions.
    """

    step: Step
    state: DecodingState
    focus: Focus
    batch_size: int | tf.Tensor
    num_beams: int = 1
    extend: Callable[[DecodingState, int | tf.Tensor], DecodingState] = keep_state


class Decoded(NamedTuple):
    """Decoded sequences of each example, the best one first.

    tokens: `(batch, num_return_sequences, time)` int32, END included, PAD after it.
    scores: `(batch, num_return_sequences)` float32, log-probabilities after the penalties of the search.
    focus: dict of `(batch, num_return_sequences, time, ...)`, zero after END.
    """

    tokens: tf.Tensor
    scores: tf.Tensor
    focus: dict[str, tf.Tensor]


def run_steps(
    decoding: Decoding,
    advance: Callable,
    is_done: Callable[[tf.Tensor, dict], tf.Tensor],
    sequences: dict[str, tf.Tensor],
    record: dict,
    max_length: int | tf.Tensor,
) -> tuple[tf.Tensor, dict[str, tf.Tensor], dict]:
    """Run steps until all sequences are done.

    The loop has two stages: most sequences end within half of `max_length`, and caches of half the size are
    faster.

    Args:
        decoding: start of the search.
        advance: maps `(index, sequences, state)` to new sequences, a new state and a record.
        is_done: maps `(index, sequences)` to a boolean scalar.
        sequences: tensors of the search before the first step.
        record: nest of tensors shaped like the record of a step.
        max_length: maximal number of steps, at least 1.

    Returns:
        The number of steps, the last sequences, and the records `(max_length, ...)`, zero after the last
        step.
    """

    def step(index: tf.Tensor, sequences: dict, state: DecodingState, history: dict) -> tuple:
        sequences, state, record = advance(index, sequences, state)
        history = tf.nest.map_structure(lambda array, x: array.write(index, x), history, record)
        return index + 1, sequences, state, history

    history = tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, size=max_length, element_shape=x.shape), record
    )
    index, state = tf.constant(0), decoding.state
    for length in ((max_length + 1) // 2, max_length):
        index, sequences, state, history = tf.while_loop(
            # The first step is always made: its outputs define the shapes.
            lambda index, sequences, *_: (index < length) & ((index == 0) | ~is_done(index, sequences)),  # noqa: B023
            step,
            (index, sequences, decoding.extend(state, length), history),
        )
    return index, sequences, tf.nest.map_structure(lambda array: array.stack(), history)


def end_condition(max_lengths: int | tf.Tensor) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Create the test whether a sequence has ended, given its last token and the position of it."""
    return lambda tokens, index: (tokens == END) | (tokens == PAD) | (index >= max_lengths)


def mask_special_tokens(logits: tf.Tensor) -> tf.Tensor:
    """Cast logits to float32 and mask PAD and START."""
    mask = tf.reduce_sum(tf.one_hot([PAD, START], tf.shape(logits)[-1], on_value=NEGATIVE_INFINITY), axis=0)
    return tf.cast(logits, tf.float32) + mask


def zero_ended(focus: Focus, ended: tf.Tensor) -> Focus:
    """Zero the focus of ended sequences, `ended` being `(batch, num_beams)`."""

    def zero(x: tf.Tensor) -> tf.Tensor:
        mask = ended[(...,) + (tf.newaxis,) * (x.shape.rank - 2)]
        return tf.where(mask, tf.zeros_like(x), x)

    return tf.nest.map_structure(zero, focus)


def time_third(x: tf.Tensor) -> tf.Tensor:
    """Transpose `(time, batch, num_beams, ...)` to `(batch, num_beams, time, ...)`."""
    return tf.transpose(x, [1, 2, 0, *range(3, x.shape.rank)])
