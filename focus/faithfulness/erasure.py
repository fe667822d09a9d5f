"""Does the answer rest on what was looked at? Tokens are erased, and the answer watched."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..evaluation.baselines import AttentionMaps
from ..records.focus_record import TextAxis

BINS = (0.01, 0.05, 0.1, 0.2, 0.5)  # of the tokens

Predict = Callable[[list], Any]
Erase = Callable[[Any, np.ndarray], Any]


def comprehensiveness(
    predict: Predict,
    examples: Sequence,
    importance: AttentionMaps,
    erase: Erase,
    bins: Sequence[float] = BINS,
    batch_size: int = 1024,
    seed: int = 0,
) -> np.ndarray:
    """How much of the answer is lost with the tokens that matter most (DeYoung et al. 2020).

    For each bin the most important tokens, that share of all, rounded up, are erased:
    `p(answer | text) - p(answer | text delete_tokens them)`, the answer being that of the whole text. The mean
    over the bins is the area over the perturbation curve (AOPC), as ERASER's scorer computes it:
    `comprehensiveness(...).mean(axis=1)`. High is faithful.

    Args:
        predict: from a list of examples to their probabilities, `(examples, classes)`.
        examples: each a sequence of its tokens (words, ids; a `TextAxis`).
        importance: for each example the weights of its tokens, `(tokens,)`. Among tokens of one weight
            chance decides which goes first.
        erase: from an example and `(tokens,)` booleans, true where a token goes, to what is left of it:
            `delete_tokens`, `mask_tokens(mask)`, `delete_text_spans`, or a function of your own.
        bins: shares of the tokens.
        batch_size: how many examples `predict` is given at a time.
        seed: of the order among tokens of one weight.

    Returns:
        `(examples, bins)`, from -1 to 1; 0 for an example without tokens.

    Raises:
        ValueError: where weights are not one for each token, or NaN; where a bin is not above 0 and at
            most 1; where what is predicted is not a finite row for each example.

    Example:
        >>> def predict(texts):
        ...     good = np.array([("good" in text) * 0.6 + 0.2 for text in texts])
        ...     return np.stack([1 - good, good], axis=1)
        >>> drop = comprehensiveness(predict, [["a", "good", "film"]], [[0.1, 0.8, 0.1]], delete_tokens)
        >>> drop.round(2).tolist()
        [[0.6, 0.6, 0.6, 0.6, 0.6]]

    Reference:
        DeYoung et al., ERASER: A Benchmark to Evaluate Rationalized NLP Models (2020), on faithfulness.
    """
    return _drops(predict, examples, importance, erase, bins, batch_size, seed, keep=False)


def sufficiency(
    predict: Predict,
    examples: Sequence,
    importance: AttentionMaps,
    erase: Erase,
    bins: Sequence[float] = BINS,
    batch_size: int = 1024,
    seed: int = 0,
) -> np.ndarray:
    """How much of the answer is lost when only the tokens that matter most are kept (DeYoung et al. 2020).

    `p(answer | text) - p(answer | those tokens alone)`, for each bin; low is faithful. What it takes and
    gives, and the mean over the bins, are as in `comprehensiveness`.

    Example:
        >>> def predict(texts):
        ...     good = np.array([("good" in text) * 0.6 + 0.2 for text in texts])
        ...     return np.stack([1 - good, good], axis=1)
        >>> sufficiency(predict, [["a", "good", "film"]], [[0.1, 0.8, 0.1]], delete_tokens).tolist()
        [[0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    return _drops(predict, examples, importance, erase, bins, batch_size, seed, keep=True)


def delete_tokens(example: Sequence, erased: np.ndarray) -> list:
    """The tokens that are left: an `erase`."""
    return [token for token, gone in zip(example, erased, strict=True) if not gone]


def mask_tokens(mask: Any) -> Erase:
    """An `erase` that puts a token, such as `"[MASK]"` or an id, in the place of each that goes."""

    def erase(example: Sequence, erased: np.ndarray) -> list:
        return [mask if gone else token for token, gone in zip(example, erased, strict=True)]

    return erase


def delete_text_spans(axis: TextAxis, erased: np.ndarray) -> str:
    """The text of an axis without the bytes of the pieces that go: an `erase`.

    Raises:
        ValueError: where the text of the axis is not known.

    Example:
        >>> axis = TextAxis(["não", "é", "bom"], np.array([[0, 4], [5, 7], [8, 11]]), "não é bom")
        >>> delete_text_spans(axis, np.array([True, False, False]))
        ' é bom'
    """
    if axis.text is None:
        raise ValueError("Expected an axis that knows its text. Received: None.")
    text = np.frombuffer(axis.text.encode(), np.uint8)
    kept = np.ones(len(text), bool)
    for start, end in np.asarray(axis.offsets, int)[np.asarray(erased, bool)]:
        kept[start:end] = False
    return text[kept].tobytes().decode(errors="ignore")


def predict_in_batches(predict: Predict, examples: Iterable, batch_size: int) -> np.ndarray:
    """What is predicted for all examples, `(examples, classes)`, asked for `batch_size` at a time."""
    left, found = iter(examples), []
    while batch := list(itertools.islice(left, batch_size)):
        rows = np.asarray(predict(batch), dtype=float)
        if rows.ndim != 2 or len(rows) != len(batch) or not np.isfinite(rows).all():
            raise ValueError(
                f"Expected finite probabilities of shape (examples, classes), ({len(batch)}, ...). "
                f"Received: shape {rows.shape}, {np.isnan(rows).sum()} of them NaN."
            )
        found.append(rows)
    if not found:
        raise ValueError("Expected at least one example. Received: none.")
    return np.concatenate(found)


def top_k_mask(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The `count` tokens with the highest weights, as booleans; chance decides among equal ones."""
    order = np.lexsort((rng.random(len(weights)), -weights))
    chosen = np.zeros(len(weights), bool)
    chosen[order[:count]] = True
    return chosen


def _drops(
    predict: Predict,
    examples: Sequence,
    importance: AttentionMaps,
    erase: Erase,
    bins: Sequence[float],
    batch_size: int,
    seed: int,
    keep: bool,
) -> np.ndarray:
    """By how much the probability of the answer falls, `(examples, bins)`."""
    weights = _check(examples, importance, bins)

    def variants() -> Iterator:
        for index, (example, row) in enumerate(zip(examples, weights, strict=True)):
            yield erase(example, np.zeros(len(row), bool))
            for share in bins:
                rng = np.random.default_rng([seed, index])  # the same order in each bin
                chosen = top_k_mask(row, math.ceil(share * len(row)), rng)
                yield erase(example, ~chosen if keep and len(row) else chosen)

    found = predict_in_batches(predict, variants(), batch_size)
    found = found.reshape(len(examples), 1 + len(bins), -1)
    answers = found[:, 0].argmax(axis=-1)[:, None, None]
    of_answer = np.take_along_axis(found, answers, axis=-1)[..., 0]
    return of_answer[:, :1] - of_answer[:, 1:]


def _check(examples: Sequence, importance: AttentionMaps, bins: Sequence[float]) -> list[np.ndarray]:
    """The weights as arrays, if they and the bins are what they must be."""
    unfit = [share for share in bins if not 0 < share <= 1]
    if unfit or not len(bins):
        raise ValueError(f"Expected bins above 0 and at most 1. Received: {list(bins)}.")
    weights = [np.asarray(row, dtype=float) for row in importance]
    lengths = [(len(example),) for example in examples]
    shapes = [row.shape for row in weights]
    if shapes != lengths:
        raise ValueError(f"Expected a weight for each token, {lengths[:3]} ... Received: {shapes[:3]} ...")
    if any(np.isnan(row).any() for row in weights):
        raise ValueError("Expected weights that are numbers. Received: NaN.")
    return weights
