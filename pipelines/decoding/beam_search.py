"""Beam search over any step function, with length and coverage penalties (Wu et al. 2016, section 7).

The search is graph code without variables. It runs eagerly, inside a `tf.function`, compiled by XLA or not,
and inside a SavedModel.
"""

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
from .top_k import top_k


def beam_search(
    decoding: Decoding,
    max_length: int | tf.Tensor,
    max_lengths: tf.Tensor | None = None,
    num_return_sequences: int = 1,
    length_penalty: float = 0.6,
    coverage_penalty: float = 0.0,
    source_mask: tf.Tensor | None = None,
) -> Decoded:
    """Decode by beam search with length and coverage penalties (Wu et al. 2016, section 7).

    Sequences are ranked by log p / lp + cp with lp = ((5 + length) / 6) ** length_penalty and
    cp = coverage_penalty * sum_i log(min(sum_t attention_ti, 1)) over the source positions i. END counts in
    the length. A finished sequence stays among the candidates unchanged. With as many beams as there are
    sequences the search is exhaustive. An example is done when no continuation can rank above its best
    finished sequences.

    Args:
        decoding: start of the search.
        max_length: maximal number of tokens, at least 1; an int or a scalar tensor.
        max_lengths: `(batch,)` int32, maximal number of tokens of each example; None: `max_length`.
        num_return_sequences: number of sequences that are returned per example.
        length_penalty: exponent of the length; 0 prefers short sequences, larger values longer ones.
        coverage_penalty: weight of the penalty for source positions without attention. It reads
            `focus["attention"]`, `(batch, num_beams, source)`.
        source_mask: `(batch, source)`, True for the positions of the coverage penalty; None: all.

    Returns:
        A `Decoded` with `num_return_sequences` sequences per example.

    Raises:
        ValueError: if `num_return_sequences` is not between 1 and the number of beams, or `coverage_penalty`
            is negative.

    Reference:
        Wu et al. 2016, Google's Neural Machine Translation System, section 7.
    """
    batch_size, num_beams = decoding.batch_size, decoding.num_beams
    if not 1 <= num_return_sequences <= num_beams:
        raise ValueError(
            f"`num_return_sequences` must be between 1 and `num_beams`. Received: "
            f"num_return_sequences={num_return_sequences}, num_beams={num_beams}"
        )

    if coverage_penalty < 0:
        raise ValueError(
            f"`coverage_penalty` must not be negative. Received: coverage_penalty={coverage_penalty}"
        )

    def advance(index: tf.Tensor, beam: dict, state: DecodingState) -> tuple:
        logits, state, focus = decoding.step(beam["tokens"], state, index)
        ended = has_ended(beam["tokens"], index)
        focus = zero_ended(focus, ended)
        log_probs, tokens = _best_tokens(logits, ended)
        log_probs += beam["log_probs"][..., None]  # (batch, num_beams, candidates)
        lengths = beam["lengths"] + tf.cast(~ended, tf.int32)
        coverage = beam["coverage"] + (focus["attention"] if coverage_penalty else 0.0)
        scores = rank(log_probs, lengths[..., None], coverage[:, :, None])
        num_candidates = scores.shape[-1]
        _, best = tf.math.top_k(tf.reshape(scores, [-1, num_beams * num_candidates]), k=num_beams)
        parents = best // num_candidates

        def select(candidates: tf.Tensor) -> tf.Tensor:
            return tf.gather(tf.reshape(candidates, [-1, num_beams * num_candidates]), best, batch_dims=1)

        record = {"parents": parents, "tokens": select(tokens), "focus": focus}
        beam = {
            "tokens": record["tokens"],
            "log_probs": select(log_probs),
            "lengths": _gather_beams(lengths, parents),
            "coverage": _gather_beams(coverage, parents),
        }
        beams = tf.nest.map_structure(lambda x: _gather_beams(x, parents), state.beams)
        return beam, state._replace(beams=beams), record

    def is_done(index: tf.Tensor, beam: dict) -> tf.Tensor:
        ended = has_ended(beam["tokens"], index)
        scores = rank(beam["log_probs"], beam["lengths"], beam["coverage"])
        bounds = tf.where(ended, NEGATIVE_INFINITY, _score_bound(beam, last_lengths, length_penalty))
        is_final = ended & (scores > tf.reduce_max(bounds, axis=1, keepdims=True))
        num_final = tf.reduce_sum(tf.cast(is_final, tf.int32), axis=1)
        return tf.reduce_all((num_final >= num_return_sequences) | tf.reduce_all(ended, axis=1))

    rank = _ranking(length_penalty, coverage_penalty, source_mask)
    last_lengths = max_length if max_lengths is None else max_lengths[:, None]
    has_ended = end_condition(last_lengths)
    tokens = tf.fill([batch_size, num_beams], START)
    beam = {
        "tokens": tokens,  # the beams are equal at first: only one may compete
        "log_probs": tf.tile([[0.0] + [NEGATIVE_INFINITY] * (num_beams - 1)], [batch_size, 1]),
        "lengths": tf.zeros_like(tokens),
        "coverage": decoding.focus["attention"] if coverage_penalty else tf.zeros([batch_size, num_beams, 1]),
    }
    record = {"parents": tokens, "tokens": tokens, "focus": decoding.focus}
    num_steps, beam, steps = run_steps(decoding, advance, is_done, beam, record, max_length)
    scores = rank(beam["log_probs"], beam["lengths"], beam["coverage"])
    scores, winners = tf.math.top_k(scores, k=num_return_sequences)
    return _trace_back(steps, winners, scores, num_steps)


def _best_tokens(logits: tf.Tensor, ended: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Select the candidates that continue each beam, the only ones that can be among the best of all beams.

    Args:
        logits: `(batch, num_beams, vocabulary_size)`.
        ended: `(batch, num_beams)`; an ended sequence continues with PAD, of probability 1.

    Returns:
        Log-probabilities and tokens, each `(batch, num_beams, candidates)`.
    """
    logits = mask_special_tokens(logits)
    num_beams, vocabulary_size = logits.shape[1:]
    values, tokens = top_k(logits, min(num_beams, vocabulary_size or num_beams))
    log_probs = values - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)
    first = tf.range(tokens.shape[2]) == 0
    log_probs = tf.where(ended[..., None], tf.where(first, 0.0, NEGATIVE_INFINITY), log_probs)
    return log_probs, tf.where(ended[..., None], PAD, tokens)


def _length_norm(lengths: int | tf.Tensor, length_penalty: float) -> tf.Tensor:
    """The divisor of the log-probability of sequences of these lengths."""
    return ((5.0 + tf.cast(lengths, tf.float32)) / 6.0) ** length_penalty


def _ranking(length_penalty: float, coverage_penalty: float, source_mask: tf.Tensor | None) -> Callable:
    """Create the score by which sequences are ranked, see `beam_search`."""

    def rank(log_probs: tf.Tensor, lengths: tf.Tensor, coverage: tf.Tensor) -> tf.Tensor:
        # log_probs (...), lengths (...), coverage (..., source)
        scores = log_probs / _length_norm(lengths, length_penalty)
        if not coverage_penalty:
            return scores
        penalties = tf.math.log(tf.clip_by_value(coverage, 1e-6, 1.0))
        if source_mask is not None:
            new_axes = (tf.newaxis,) * (coverage.shape.rank - 2)
            penalties = tf.where(source_mask[:, *new_axes], penalties, 0.0)
        return scores + coverage_penalty * tf.reduce_sum(penalties, axis=-1)

    return rank


def _score_bound(
    beam: dict[str, tf.Tensor], last_lengths: int | tf.Tensor, length_penalty: float
) -> tf.Tensor:
    """Bound the scores of all continuations: no token raises the log-probability, no coverage adds to it."""
    norms = (_length_norm(lengths, length_penalty) for lengths in (beam["lengths"], last_lengths))
    return beam["log_probs"] / tf.maximum(*norms)


def _gather_beams(values: tf.Tensor, parents: tf.Tensor) -> tf.Tensor:
    """Reorder the beams of `(batch, num_beams, ...)`."""
    gathered = tf.gather(values, parents, batch_dims=1)
    gathered.set_shape(values.shape)
    return gathered


def _trace_back(steps: dict, winners: tf.Tensor, scores: tf.Tensor, num_steps: tf.Tensor) -> Decoded:
    """Follow the parents from the best beams of the last step back to the first token."""
    time, num_beams = tf.shape(steps["parents"])[0], steps["parents"].shape[2]
    is_used = (tf.range(time) < num_steps)[:, None, None]
    parents = tf.where(is_used, steps["parents"], tf.range(num_beams))  # identity in unused steps
    before = tf.scan(
        lambda beam, parent: tf.gather(parent, beam, batch_dims=1), parents, winners, reverse=True
    )
    after = tf.concat([before[1:], winners[None]], axis=0)  # (time, batch, returned): beam after each step
    tokens = tf.gather(steps["tokens"], after, batch_dims=2)
    focus = tf.nest.map_structure(lambda x: tf.gather(x, before, batch_dims=2), steps["focus"])
    return Decoded(time_third(tokens), scores, tf.nest.map_structure(time_third, focus))
