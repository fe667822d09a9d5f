"""Greedy search and sampling over any step function."""

from collections.abc import Callable

import tensorflow as tf

from ..text.codec import PAD, START
from .steps import (
    NEGATIVE_INFINITY,
    Decoded,
    Decoding,
    DecodingState,
    end_condition,
    mask_special_tokens,
    run_steps,
    time_third,
    zero_ended,
)
from .top_k import top_k as largest

Sampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def greedy(logits: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Choose the most probable token: `(batch, vocabulary_size)` -> `(batch,)`."""
    del index
    return largest(logits[:, None], 1)[1][:, 0, 0]


def sample(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, seed: int = 0) -> Sampler:
    """Create a sampler with temperature, top-k and nucleus (top-p) filtering (Holtzman et al. 2020).

    Args:
        temperature: divisor of the logits; the limit 0 is greedy search.
        top_k: number of tokens that are kept; 0 keeps all.
        top_p: the most probable tokens are kept up to this total probability, at least one.
        seed: the same seed samples the same tokens.

    Returns:
        A function `(logits (batch, vocabulary_size), index) -> tokens (batch,)`.

    Raises:
        ValueError: if `temperature` is not positive, `top_k` is negative, or `top_p` is outside (0, 1].

    Reference:
        Holtzman et al. 2020, The Curious Case of Neural Text Degeneration.
    """
    if not temperature > 0:
        raise ValueError(f"`temperature` must be positive. Received: temperature={temperature}")
    if top_k < 0:
        raise ValueError(f"`top_k` must be 0 (all tokens) or positive. Received: top_k={top_k}")
    if not 0 < top_p <= 1:
        raise ValueError(f"`top_p` must be in (0, 1]. Received: top_p={top_p}")

    def draw(logits: tf.Tensor, index: tf.Tensor) -> tf.Tensor:  # Gumbel-max
        noise = tf.random.stateless_uniform(tf.shape(logits), [seed, index], minval=1e-20)
        return tf.argmax(logits - tf.math.log(-tf.math.log(noise)), axis=-1, output_type=tf.int32)

    def sample_token(logits: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        if not top_k and top_p == 1:  # sorting costs more than a step of a small decoder
            return draw(logits / temperature, index)
        size = logits.shape[-1]
        logits, tokens = tf.math.top_k(logits / temperature, k=min(top_k, size) or size)
        mass_before = tf.cumsum(tf.nn.softmax(logits), axis=-1, exclusive=True)
        rank = draw(tf.where(mass_before < top_p, logits, NEGATIVE_INFINITY), index)
        return tf.gather(tokens, rank, batch_dims=1)

    return sample_token


def generate(
    decoding: Decoding,
    max_length: int | tf.Tensor,
    max_lengths: tf.Tensor | None = None,
    sampler: Sampler = greedy,
) -> Decoded:
    """Decode one sequence per example, token by token, until all have ended.

    Args:
        decoding: start of the search, with one beam.
        max_length: maximal number of tokens, at least 1; an int or a scalar tensor.
        max_lengths: `(batch,)` int32, maximal number of tokens of each example; None: `max_length`.
        sampler: function `(logits, index) -> tokens`: `greedy`, or the result of `sample`.

    Returns:
        A `Decoded` with one sequence per example.

    Example:
        >>> def step(tokens, state, index):  # END (2) is the most probable token after START (1)
        ...     return tf.one_hot(tf.where(tokens == 1, 2, 3), 5), state, {}
        >>> decoding = Decoding(step, DecodingState(), {}, batch_size=2)
        >>> generate(decoding, max_length=4).tokens[:, 0].numpy().tolist()
        [[2, 0, 0, 0], [2, 0, 0, 0]]
    """

    def advance(index: tf.Tensor, sequences: dict, state: DecodingState) -> tuple:
        ended = has_ended(sequences["tokens"], index)
        logits, state, focus = decoding.step(sequences["tokens"][:, None], state, index)
        logits = mask_special_tokens(logits)[:, 0]  # (batch, vocabulary_size)
        tokens = sampler(logits, index)
        log_probs = tf.gather(logits, tokens, batch_dims=1) - tf.reduce_logsumexp(logits, axis=-1)
        tokens = tf.where(ended, PAD, tokens)
        scores = sequences["scores"] + tf.where(ended, 0.0, log_probs)
        record = {"tokens": tokens[:, None], "focus": zero_ended(focus, ended[:, None])}
        return {"tokens": tokens, "scores": scores}, state, record

    has_ended = end_condition(max_length if max_lengths is None else max_lengths)
    tokens = tf.fill([decoding.batch_size], START)
    _, sequences, steps = run_steps(
        decoding,
        advance,
        lambda index, sequences: tf.reduce_all(has_ended(sequences["tokens"], index)),
        {"tokens": tokens, "scores": tf.zeros([decoding.batch_size])},
        {"tokens": tokens[:, None], "focus": decoding.focus},
        max_length,
    )
    steps = tf.nest.map_structure(time_third, steps)
    return Decoded(steps["tokens"], sequences["scores"][:, None], steps["focus"])
