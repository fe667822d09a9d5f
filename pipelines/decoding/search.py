"""Greedy search, sampling and beam search over any step function (Wu et al. 2016, section 7).

The functions are graph code without variables. They run eagerly, inside a `tf.function`, compiled by XLA or
not, and inside a SavedModel. A *step function* predicts the next token:

    step(tokens, state, index) -> logits, state, focus

- `tokens`: `(batch, num_beams)`, the tokens chosen in the previous step;
- `index`: the position of these tokens;
- `state`: any nest of tensors whose first axis is `batch * num_beams`; beam search reorders its rows;
- `logits`: `(batch, num_beams, vocabulary_size)`;
- `focus`: a dict of tensors `(batch, num_beams, ...)`, such as attention weights. A search returns the focus
  of the best sequence. The dict may be empty.

Tensors that all beams of an example share, such as the encoded source, belong in the closure of `step`: they
are not copied per beam. A search starts from a `state` and a `focus` of zeros, shaped like those that `step`
returns.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ...layers.functional.tensor import TensorTree
from ..text.codec import END, PAD, START

Focus = dict[str, tf.Tensor]
Step = Callable[[tf.Tensor, TensorTree, tf.Tensor], tuple[tf.Tensor, TensorTree, Focus]]
Sampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

NEGATIVE_INFINITY = -1e9  # a finite log-probability below that of every real token


class Decoded(NamedTuple):
    """Decoded sequences of each example, the best one first.

    tokens: `(batch, num_return_sequences, time)` int32, END included, PAD after it.
    scores: `(batch, num_return_sequences)` float32, log-probabilities after the penalties of the search.
    focus: dict of `(batch, num_return_sequences, time, ...)`, zero after END.
    """

    tokens: tf.Tensor
    scores: tf.Tensor
    focus: dict[str, tf.Tensor]


# --- Greedy search and sampling -----------------------------------------------------------------------


def greedy(log_probs: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Choose the most probable token: `(batch, vocabulary)` -> `(batch,)`."""
    return tf.argmax(log_probs, axis=-1, output_type=tf.int32)


def sample(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, seed: int = 0) -> Sampler:
    """Create a sampler with temperature, top-k and nucleus (top-p) filtering (Holtzman et al. 2020).

    Args:
        temperature: divisor of the log-probabilities; the limit 0 is greedy search.
        top_k: number of tokens that are kept; 0 keeps all.
        top_p: the most probable tokens are kept up to this total probability, at least one.
        seed: the same seed samples the same tokens.

    Returns:
        A function `(log_probs (batch, vocabulary_size), index) -> tokens (batch,)`.

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

    def sample_token(log_probs: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        if not top_k and top_p == 1:  # sorting costs more than a step of a small decoder
            return draw(log_probs / temperature, index)
        size = log_probs.shape[-1]
        logits, tokens = tf.math.top_k(log_probs / temperature, k=min(top_k, size) or size)
        mass_before = tf.cumsum(tf.nn.softmax(logits), axis=-1, exclusive=True)
        rank = draw(tf.where(mass_before < top_p, logits, NEGATIVE_INFINITY), index)
        return tf.gather(tokens, rank, batch_dims=1)

    return sample_token


def generate(
    step: Step,
    state: TensorTree,
    focus: Focus,
    batch_size: int | tf.Tensor,
    max_length: int | tf.Tensor,
    max_lengths: tf.Tensor | None = None,
    sampler: Sampler = greedy,
) -> Decoded:
    """Decode one sequence per example, token by token, until all have ended.

    Args:
        step: step function, see the module.
        state: initial state, `batch` rows.
        focus: zeros of the shape of the step's focus, `(batch, 1, ...)`.
        batch_size: number of examples, an int or a scalar tensor.
        max_length: maximal number of tokens, at least 1; an int or a scalar tensor.
        max_lengths: `(batch,)` int32, maximal number of tokens of each example; None: `max_length`.
        sampler: function `(log_probs, index) -> tokens`: `greedy`, or the result of `sample`.

    Returns:
        A `Decoded` with one sequence per example.

    Example:
        >>> def step(tokens, state, index):  # END (2) is the most probable token after START (1)
        ...     return tf.one_hot(tf.where(tokens == 1, 2, 3), 5), state, {}
        >>> generate(step, tf.zeros([2, 1]), {}, batch_size=2, max_length=4).tokens[:, 0].numpy().tolist()
        [[2, 0, 0, 0], [2, 0, 0, 0]]
    """

    def advance(index, tokens, scores, state, history):
        ended = has_ended(tokens, index)
        logits, state, focus = step(tokens[:, None], state, index)
        log_probs = _log_probs(logits)[:, 0]  # (batch, vocabulary)
        tokens = tf.where(ended, PAD, sampler(log_probs, index))
        scores += tf.where(ended, 0.0, tf.gather(log_probs, tokens, batch_dims=1))
        record = {"tokens": tokens[:, None], "focus": _zero_ended(focus, ended[:, None])}
        return index + 1, tokens, scores, state, _write(history, index, record)

    has_ended = _end_condition(max_length if max_lengths is None else max_lengths)
    tokens = tf.fill([batch_size], START)
    history = _history({"tokens": tokens[:, None], "focus": focus}, max_length)
    _, _, scores, _, history = tf.while_loop(
        lambda index, tokens, *_: _continues(index, max_length, has_ended(tokens, index)),
        advance,
        (tf.constant(0), tokens, tf.zeros([batch_size]), state, history),
    )
    steps = tf.nest.map_structure(_time_third, _stack(history))
    return Decoded(steps["tokens"], scores[:, None], steps["focus"])


# --- Beam search --------------------------------------------------------------------------------------


def beam_search(
    step: Step,
    state: TensorTree,
    focus: Focus,
    batch_size: int | tf.Tensor,
    max_length: int | tf.Tensor,
    max_lengths: tf.Tensor | None = None,
    num_beams: int = 5,
    num_return_sequences: int = 1,
    length_penalty: float = 0.6,
    coverage_penalty: float = 0.0,
    source_mask: tf.Tensor | None = None,
) -> Decoded:
    """Decode by beam search with length and coverage penalties (Wu et al. 2016, section 7).

    Sequences are ranked by log p / lp + cp with lp = ((5 + length) / 6) ** length_penalty and
    cp = coverage_penalty * sum_i log(min(sum_t attention_ti, 1)) over the source positions i. END counts in
    the length. A finished sequence stays among the candidates unchanged. With as many beams as there are
    sequences the search is exhaustive.

    Args:
        step: step function, see the module.
        state: initial state, `batch * num_beams` rows.
        focus: zeros of the shape of the step's focus, `(batch, num_beams, ...)`.
        batch_size: number of examples, an int or a scalar tensor.
        max_length: maximal number of tokens, at least 1; an int or a scalar tensor.
        max_lengths: `(batch,)` int32, maximal number of tokens of each example; None: `max_length`.
        num_beams: number of sequences that are kept per example.
        num_return_sequences: number of sequences that are returned per example.
        length_penalty: exponent of the length; 0 prefers short sequences, larger values longer ones.
        coverage_penalty: weight of the penalty for source positions without attention. It reads
            `focus["attention"]`, `(batch, num_beams, source)`.
        source_mask: `(batch, source)`, True for the positions of the coverage penalty; None: all.

    Returns:
        A `Decoded` with `num_return_sequences` sequences per example.

    Raises:
        ValueError: if `num_return_sequences` is not between 1 and `num_beams`.

    Reference:
        Wu et al. 2016, Google's Neural Machine Translation System, section 7.
    """
    if not 1 <= num_return_sequences <= num_beams:
        raise ValueError(
            f"`num_return_sequences` must be between 1 and `num_beams`. Received: "
            f"num_return_sequences={num_return_sequences}, num_beams={num_beams}"
        )

    def advance(index, beam, state, history):
        logits, state, focus = step(beam["tokens"], state, index)
        ended = has_ended(beam["tokens"], index)
        focus = _zero_ended(focus, ended)
        gains = tf.where(ended[..., None], _pad_log_probs(logits.shape[-1]), _log_probs(logits))
        totals = beam["log_probs"][..., None] + gains  # (batch, beams, vocabulary)
        lengths = beam["lengths"] + tf.cast(~ended, tf.int32)
        coverage = beam["coverage"] + (focus["attention"] if coverage_penalty else 0.0)
        scores = rank(totals, lengths[..., None], coverage[:, :, None])
        parents, tokens = _best_candidates(scores, num_beams)
        record = {"parents": parents, "tokens": tokens, "focus": focus}
        beam = {
            "tokens": tokens,
            "log_probs": tf.gather(_gather_beams(totals, parents), tokens, batch_dims=2),
            "lengths": _gather_beams(lengths, parents),
            "coverage": _gather_beams(coverage, parents),
        }
        state = tf.nest.map_structure(lambda rows: _gather_rows(rows, parents), state)
        return index + 1, beam, state, _write(history, index, record)

    rank = _ranking(length_penalty, coverage_penalty, source_mask)
    has_ended = _end_condition(max_length if max_lengths is None else max_lengths[:, None])
    tokens = tf.fill([batch_size, num_beams], START)
    beam = {
        "tokens": tokens,  # the beams are equal at first: only one may compete
        "log_probs": tf.tile([[0.0] + [NEGATIVE_INFINITY] * (num_beams - 1)], [batch_size, 1]),
        "lengths": tf.zeros_like(tokens),
        "coverage": focus["attention"] if coverage_penalty else tf.zeros([batch_size, num_beams, 1]),
    }
    history = _history({"parents": tokens, "tokens": tokens, "focus": focus}, max_length)
    num_steps, beam, _, history = tf.while_loop(
        lambda index, beam, *_: _continues(index, max_length, has_ended(beam["tokens"], index)),
        advance,
        (tf.constant(0), beam, state, history),
    )
    scores = rank(beam["log_probs"], beam["lengths"], beam["coverage"])
    scores, winners = tf.math.top_k(scores, k=num_return_sequences)
    return _trace_back(_stack(history), winners, scores, num_steps)


def _ranking(length_penalty: float, coverage_penalty: float, source_mask: tf.Tensor | None) -> Callable:
    """Create the score by which sequences are ranked, see `beam_search`."""

    def rank(log_probs: tf.Tensor, lengths: tf.Tensor, coverage: tf.Tensor) -> tf.Tensor:
        # log_probs (...), lengths (...), coverage (..., source)
        scores = log_probs / ((5.0 + tf.cast(lengths, tf.float32)) / 6.0) ** length_penalty
        if not coverage_penalty:
            return scores
        penalties = tf.math.log(tf.clip_by_value(coverage, 1e-6, 1.0))
        if source_mask is not None:
            new_axes = (tf.newaxis,) * (coverage.shape.rank - 2)
            penalties = tf.where(source_mask[:, *new_axes], penalties, 0.0)
        return scores + coverage_penalty * tf.reduce_sum(penalties, axis=-1)

    return rank


def _best_candidates(scores: tf.Tensor, num_beams: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Select the best continuations of `(batch, num_beams, vocabulary_size)`.

    Returns the beams that they extend and their tokens, `(batch, num_beams)` each.
    """
    vocabulary_size = scores.shape[-1]
    _, indices = tf.math.top_k(tf.reshape(scores, [-1, num_beams * vocabulary_size]), k=num_beams)
    return indices // vocabulary_size, indices % vocabulary_size


def _gather_beams(values: tf.Tensor, parents: tf.Tensor) -> tf.Tensor:
    """Reorder the beams of `(batch, num_beams, ...)`."""
    return tf.gather(values, parents, batch_dims=1)


def _gather_rows(rows: tf.Tensor, parents: tf.Tensor) -> tf.Tensor:
    """Reorder the beams of a state `(batch * num_beams, ...)`."""
    num_beams = parents.shape[1]
    first_rows = tf.range(tf.shape(parents)[0])[:, None] * num_beams
    gathered = tf.gather(rows, tf.reshape(first_rows + parents, [-1]))
    gathered.set_shape(rows.shape)
    return gathered


def _trace_back(steps: dict, winners: tf.Tensor, scores: tf.Tensor, num_steps: tf.Tensor) -> Decoded:
    """Follow the parents from the best beams of the last step back to the first token."""
    time, num_beams = tf.shape(steps["parents"])[0], steps["parents"].shape[2]
    is_used = (tf.range(time) < num_steps)[:, None, None]
    parents = tf.where(is_used, steps["parents"], tf.range(num_beams))  # identity in unused steps
    before = tf.scan(lambda beam, parent: _gather_beams(parent, beam), parents, winners, reverse=True)
    after = tf.concat([before[1:], winners[None]], axis=0)  # (time, batch, returned): beam after each step
    tokens = tf.gather(steps["tokens"], after, batch_dims=2)
    focus = tf.nest.map_structure(lambda x: tf.gather(x, before, batch_dims=2), steps["focus"])
    return Decoded(_time_third(tokens), scores, tf.nest.map_structure(_time_third, focus))


# --- Shared helpers -----------------------------------------------------------------------------------


def _end_condition(max_lengths: int | tf.Tensor) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Create the test whether a sequence has ended, given its last token and the position of it."""
    return lambda tokens, index: (tokens == END) | (tokens == PAD) | (index >= max_lengths)


def _continues(index: tf.Tensor, max_length: int | tf.Tensor, ended: tf.Tensor) -> tf.Tensor:
    """Test whether another step is needed. The first step is always made: its outputs define the shapes."""
    return (index < max_length) & ((index == 0) | ~tf.reduce_all(ended))


def _log_probs(logits: tf.Tensor) -> tf.Tensor:
    """Compute log-probabilities in float32, with PAD and START masked out."""
    mask = tf.reduce_sum(tf.one_hot([PAD, START], logits.shape[-1], on_value=NEGATIVE_INFINITY), axis=0)
    return tf.nn.log_softmax(tf.cast(logits, tf.float32) + mask)


def _pad_log_probs(vocabulary_size: int) -> tf.Tensor:
    """Log-probabilities of an ended sequence: PAD with probability 1."""
    return tf.one_hot(PAD, vocabulary_size, on_value=0.0, off_value=NEGATIVE_INFINITY)


def _zero_ended(focus: Focus, ended: tf.Tensor) -> Focus:
    """Zero the focus of ended sequences, `ended` being `(batch, num_beams)`."""

    def zero(x: tf.Tensor) -> tf.Tensor:
        mask = ended[(...,) + (tf.newaxis,) * (x.shape.rank - 2)]
        return tf.where(mask, tf.zeros_like(x), x)

    return tf.nest.map_structure(zero, focus)


def _history(initial: dict, max_length: int | tf.Tensor) -> dict:
    """Create a `TensorArray` of `max_length` elements for each tensor of a nest."""
    return tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, size=max_length, element_shape=x.shape), initial
    )


def _write(history: dict, index: tf.Tensor, record: dict) -> dict:
    """Write the tensors of one step."""
    return tf.nest.map_structure(lambda array, x: array.write(index, x), history, record)


def _stack(history: dict) -> dict:
    """Stack the steps: `(time, batch, num_beams, ...)` for each tensor."""
    return tf.nest.map_structure(lambda array: array.stack(), history)


def _time_third(x: tf.Tensor) -> tf.Tensor:
    """Transpose `(time, batch, num_beams, ...)` to `(batch, num_beams, time, ...)`."""
    return tf.transpose(x, [1, 2, 0, *range(3, x.shape.rank)])
