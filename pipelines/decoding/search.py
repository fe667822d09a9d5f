"""From next-token scores to sequences: greedy, sampling and beam search over any step function.

Everything here is graph code with no variables: it runs eagerly, inside a `tf.function`, compiled or not,
and inside a SavedModel. A *step function* says what comes next:

    step(tokens, state, index) -> logits, state, focus

with `tokens` `(batch, num_beams)` the tokens chosen last, `index` the position they stand at, `state` any
nest of tensors whose first axis is `batch * num_beams` (beams move between its rows), `logits`
`(batch, num_beams, vocabulary)`, and `focus` a dict of tensors `(batch, num_beams, ...)` that tell where the
model looked; what a search returns is the focus of the sequence that won. What all beams of an example
share (the encoded source) belongs in the closure of `step`, so that it is never copied per beam.
A search starts from a `state` and a `focus` of zeros, shaped like those that `step` returns; the focus
may be empty.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from ..text.codec import END, PAD, START

Focus = dict[str, tf.Tensor]
Step = Callable[[tf.Tensor, Any, tf.Tensor], tuple[tf.Tensor, Any, Focus]]
Sampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

NEGATIVE_INFINITY = -1e9  # a log-probability low enough to lose to any real one, yet finite


class Decoded(NamedTuple):
    """The best sequences of each example, best first.

    tokens: `(batch, best, time)` int32, END included, PAD after it.
    scores: `(batch, best)` float32, log-probabilities, with the penalties that the search applied.
    focus: dict of `(batch, best, time, ...)`, zero after END.
    """

    tokens: tf.Tensor
    scores: tf.Tensor
    focus: dict[str, tf.Tensor]


# --- One sequence per example: greedy and sampling ---------------------------------------------------


def greedy(log_probs: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Choose the most probable token: `(batch, vocabulary)` -> `(batch,)`."""
    return tf.argmax(log_probs, axis=-1, output_type=tf.int32)


def sample(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, seed: int = 0) -> Sampler:
    """Draw a token, from the `top_k` likeliest and the smallest set with mass `top_p` (Holtzman 2020).

    Args:
        temperature: divides the log-probabilities; towards 0 it becomes greedy.
        top_k: keep so many tokens; 0 keeps all.
        top_p: keep the likeliest tokens that together reach this probability, at least one.
        seed: the same seed draws the same tokens.

    Raises:
        ValueError: for a temperature that is not positive, a negative `top_k`, or a `top_p` outside (0, 1].
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive; received {temperature}")
    if top_k < 0:
        raise ValueError(f"top_k must be 0 (all) or a positive number; received {top_k}")
    if not 0 < top_p <= 1:
        raise ValueError(f"top_p must be in (0, 1]; received {top_p}")

    def draw(logits: tf.Tensor, index: tf.Tensor) -> tf.Tensor:  # the Gumbel-max trick
        noise = tf.random.stateless_uniform(tf.shape(logits), [seed, index], minval=1e-20)
        return tf.argmax(logits - tf.math.log(-tf.math.log(noise)), axis=-1, output_type=tf.int32)

    def choose(log_probs: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        if not top_k and top_p == 1:  # to sort them costs more than a step of a small decoder
            return draw(log_probs / temperature, index)
        size = log_probs.shape[-1]
        logits, tokens = tf.math.top_k(log_probs / temperature, k=min(top_k, size) or size)
        mass_before = tf.cumsum(tf.nn.softmax(logits), axis=-1, exclusive=True)
        place = draw(tf.where(mass_before < top_p, logits, NEGATIVE_INFINITY), index)
        return tf.gather(tokens, place, batch_dims=1)

    return choose


def generate(
    step: Step,
    state: Any,
    focus: Focus,
    batch_size: Any,
    max_length: Any,
    max_lengths: tf.Tensor | None = None,
    choose: Sampler = greedy,
) -> Decoded:
    """Extend every example by the token that `choose` picks, until all have ended.

    Args:
        step: the step function (see the module).
        state: its first state, `batch` rows.
        focus: zeros like the focus that it returns, `(batch, 1, ...)`.
        batch_size: number of examples, an int or a scalar tensor.
        max_length: room for so many tokens, at least 1; an int or a scalar tensor.
        max_lengths: `(batch,)` int32, number of tokens after which each example is cut; None: `max_length`.
        choose: `(log_probs, index) -> tokens`: `greedy`, or what `sample` returns.
    """

    def advance(index, tokens, scores, state, history):
        ended = has_ended(tokens, index)
        logits, state, focus = step(tokens[:, None], state, index)
        log_probs = _log_probs(logits)[:, 0]  # (batch, vocabulary)
        tokens = tf.where(ended, PAD, choose(log_probs, index))
        scores += tf.where(ended, 0.0, tf.gather(log_probs, tokens, batch_dims=1))
        record = {"tokens": tokens[:, None], "focus": _silence(focus, ended[:, None])}
        return index + 1, tokens, scores, state, _write(history, index, record)

    has_ended = _ending(max_length if max_lengths is None else max_lengths)
    tokens = tf.fill([batch_size], START)
    history = _history({"tokens": tokens[:, None], "focus": focus}, max_length)
    _, _, scores, _, history = tf.while_loop(
        lambda index, tokens, *_: _goes_on(index, max_length, has_ended(tokens, index)),
        advance,
        (tf.constant(0), tokens, tf.zeros([batch_size]), state, history),
    )
    told = tf.nest.map_structure(_time_third, _read(history))
    return Decoded(told["tokens"], scores[:, None], told["focus"])


# --- Several at once: beam search -----------------------------------------------------------------


def beam_search(
    step: Step,
    state: Any,
    focus: Focus,
    batch_size: Any,
    max_length: Any,
    max_lengths: tf.Tensor | None = None,
    num_beams: int = 5,
    best: int = 1,
    length_penalty: float = 0.6,
    coverage_penalty: float = 0.0,
    source_mask: tf.Tensor | None = None,
) -> Decoded:
    """Keep the likeliest sequences of every example; a finished one is frozen, and competes on.

    Sequences are compared by log p / lp + cp with lp = ((5 + length) / 6) ** length_penalty and
    cp = coverage_penalty * sum_i log(min(sum_t attention_ti, 1)) over the source positions i
    (Wu et al. 2016, section 7), END counted in the length. With as many beams as there are sequences
    the search is exhaustive.

    Args:
        step: the step function (see the module).
        state: its first state, `batch * num_beams` rows.
        focus: zeros like the focus that it returns, `(batch, num_beams, ...)`.
        batch_size: number of examples, an int or a scalar tensor.
        max_length: room for so many tokens, at least 1; an int or a scalar tensor.
        max_lengths: `(batch,)` int32, number of tokens after which each example is cut; None: `max_length`.
        num_beams: how many sequences of each example to keep.
        best: how many of them to return.
        length_penalty: 0 prefers short sequences; larger, longer ones.
        coverage_penalty: larger punishes source positions that were not looked at; it reads
            `focus["attention"]`, `(batch, num_beams, source)`.
        source_mask: `(batch, source)`, the positions that the coverage penalty counts; None counts all.

    Raises:
        ValueError: if `best` is not between 1 and `num_beams`.
    """
    if not 1 <= best <= num_beams:
        raise ValueError(f"best must be between 1 and beams={num_beams}; received {best}")

    def advance(index, beam, state, history):
        logits, state, focus = step(beam["tokens"], state, index)
        ended = has_ended(beam["tokens"], index)
        focus = _silence(focus, ended)
        gains = tf.where(ended[..., None], _only_pad(logits.shape[-1]), _log_probs(logits))
        totals = beam["log_probs"][..., None] + gains  # (batch, beams, vocabulary)
        lengths = beam["lengths"] + tf.cast(~ended, tf.int32)
        coverage = beam["coverage"] + (focus["attention"] if coverage_penalty else 0.0)
        scores = rank(totals, lengths[..., None], coverage[:, :, None])
        parents, tokens = _best_candidates(scores, num_beams)
        record = {"parents": parents, "tokens": tokens, "focus": focus}
        beam = {
            "tokens": tokens,
            "log_probs": tf.gather(_pick(totals, parents), tokens, batch_dims=2),
            "lengths": _pick(lengths, parents),
            "coverage": _pick(coverage, parents),
        }
        state = tf.nest.map_structure(lambda rows: _move_rows(rows, parents), state)
        return index + 1, beam, state, _write(history, index, record)

    rank = _ranking(length_penalty, coverage_penalty, source_mask)
    has_ended = _ending(max_length if max_lengths is None else max_lengths[:, None])
    tokens = tf.fill([batch_size, num_beams], START)
    beam = {
        "tokens": tokens,  # at first all beams are the same: only one may compete
        "log_probs": tf.tile([[0.0] + [NEGATIVE_INFINITY] * (num_beams - 1)], [batch_size, 1]),
        "lengths": tf.zeros_like(tokens),
        "coverage": focus["attention"] if coverage_penalty else tf.zeros([batch_size, num_beams, 1]),
    }
    history = _history({"parents": tokens, "tokens": tokens, "focus": focus}, max_length)
    written, beam, _, history = tf.while_loop(
        lambda index, beam, *_: _goes_on(index, max_length, has_ended(beam["tokens"], index)),
        advance,
        (tf.constant(0), beam, state, history),
    )
    scores = rank(beam["log_probs"], beam["lengths"], beam["coverage"])
    scores, winners = tf.math.top_k(scores, k=best)
    return _trace_back(_read(history), winners, scores, written)


def _ranking(length_penalty: float, coverage_penalty: float, source_mask: tf.Tensor | None) -> Callable:
    """What sequences are compared by: see `beam_search`."""

    def rank(log_probs, lengths, coverage):  # coverage (..., source), the others (...)
        scores = log_probs / ((5.0 + tf.cast(lengths, tf.float32)) / 6.0) ** length_penalty
        if not coverage_penalty:
            return scores
        missing = tf.math.log(tf.clip_by_value(coverage, 1e-6, 1.0))
        if source_mask is not None:
            num_beams = (tf.newaxis,) * (coverage.shape.rank - 2)
            missing = tf.where(source_mask[:, *num_beams], missing, 0.0)
        return scores + coverage_penalty * tf.reduce_sum(missing, axis=-1)

    return rank


def _best_candidates(scores: tf.Tensor, num_beams: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The best of all continuations: `(batch, num_beams, vocabulary)` -> parents and tokens `(batch, num_beams)`."""
    vocabulary = scores.shape[-1]
    _, places = tf.math.top_k(tf.reshape(scores, [-1, num_beams * vocabulary]), k=num_beams)
    return places // vocabulary, places % vocabulary


def _pick(values: tf.Tensor, parents: tf.Tensor) -> tf.Tensor:
    return tf.gather(values, parents, batch_dims=1)


def _move_rows(rows: tf.Tensor, parents: tf.Tensor) -> tf.Tensor:
    """Give every beam its parent's row of a state `(batch * num_beams, ...)`."""
    num_beams = parents.shape[1]
    first = tf.range(tf.shape(parents)[0])[:, None] * num_beams
    moved = tf.gather(rows, tf.reshape(first + parents, [-1]))
    moved.set_shape(rows.shape)
    return moved


def _trace_back(told: dict, winners: tf.Tensor, scores: tf.Tensor, written: tf.Tensor) -> Decoded:
    """Follow the parents from the winners back to the first token."""
    time, num_beams = tf.shape(told["parents"])[0], told["parents"].shape[2]
    in_use = (tf.range(time) < written)[:, None, None]
    parents = tf.where(in_use, told["parents"], tf.range(num_beams))  # unused steps: everyone stays
    before = tf.scan(lambda slot, parent: _pick(parent, slot), parents, winners, reverse=True)
    after = tf.concat([before[1:], winners[None]], axis=0)  # (time, batch, best): its beam after each step
    tokens = tf.gather(told["tokens"], after, batch_dims=2)
    focus = tf.nest.map_structure(lambda x: tf.gather(x, before, batch_dims=2), told["focus"])
    told = tf.nest.map_structure(_time_third, {"tokens": tokens, "focus": focus})
    return Decoded(told["tokens"], scores, told["focus"])


# --- What both share ----------------------------------------------------------------------------------


def _ending(max_lengths: Any) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Whether a sequence whose last token is known has ended, or is as long as it may be."""
    return lambda tokens, index: (tokens == END) | (tokens == PAD) | (index >= max_lengths)


def _goes_on(index: tf.Tensor, max_length: Any, ended: tf.Tensor) -> tf.Tensor:
    """Until all have ended; the first step is always made, so that there is something to read."""
    return (index < max_length) & ((index == 0) | ~tf.reduce_all(ended))


def _log_probs(logits: tf.Tensor) -> tf.Tensor:
    """Log-probabilities in float32; PAD and START are never chosen."""
    never = tf.reduce_sum(tf.one_hot([PAD, START], logits.shape[-1], on_value=NEGATIVE_INFINITY), axis=0)
    return tf.nn.log_softmax(tf.cast(logits, tf.float32) + never)


def _only_pad(vocabulary: int) -> tf.Tensor:
    """The log-probabilities of what has ended: PAD, for certain."""
    return tf.one_hot(PAD, vocabulary, on_value=0.0, off_value=NEGATIVE_INFINITY)


def _silence(focus: Focus, ended: tf.Tensor) -> Focus:
    """Zero the focus of what has ended, `(batch, num_beams)`."""

    def zero(x):
        ended_like = ended[(...,) + (tf.newaxis,) * (x.shape.rank - 2)]
        return tf.where(ended_like, tf.zeros_like(x), x)

    return tf.nest.map_structure(zero, focus)


def _history(first: Any, max_length: Any) -> Any:
    """One array a tensor, with room for `max_length` of them."""
    return tf.nest.map_structure(
        lambda x: tf.TensorArray(x.dtype, size=max_length, element_shape=x.shape), first
    )


def _write(history: Any, index: tf.Tensor, record: Any) -> Any:
    return tf.nest.map_structure(lambda array, x: array.write(index, x), history, record)


def _read(history: Any) -> Any:
    """`(time, batch, num_beams, ...)` of each."""
    return tf.nest.map_structure(lambda array: array.stack(), history)


def _time_third(x: tf.Tensor) -> tf.Tensor:
    """`(time, batch, num_beams, ...)` -> `(batch, num_beams, time, ...)`."""
    return tf.transpose(x, [1, 2, 0, *range(3, x.shape.rank)])
