"""Erasure-based faithfulness: comprehensiveness and sufficiency (DeYoung et al. 2020)."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..evaluation.attention_maps import AttentionMaps, top_k_mask
from ..records.axes import TextAxis

BINS = (0.01, 0.05, 0.1, 0.2, 0.5)  # fractions of the tokens

Predict = Callable[[list], npt.ArrayLike]
Erase = Callable[[Any, np.ndarray], Any]  # examples have any type


def comprehensiveness(
    predict: Predict,
    examples: Sequence,
    importance: AttentionMaps,
    erase: Erase,
    bins: Sequence[float] = BINS,
    batch_size: int = 1024,
    seed: int = 0,
) -> np.ndarray:
    """Compute comprehensiveness: the drop of the probability without the top tokens (DeYoung et al. 2020).

    For each bin, that fraction of the tokens, rounded up, with the highest importance is erased. The drop
    is `p(label | text) - p(label | text without them)`, with the label predicted from the original text. The
    mean over the bins is the area over the perturbation curve (AOPC), as in ERASER's scorer:
    `comprehensiveness(...).mean(axis=1)`. Higher is more faithful.

    Args:
        predict: function from a list of examples to their probabilities, `(examples, classes)`.
        examples: each a sequence of its tokens (words, ids; a `TextAxis`).
        importance: for each example the weights of its tokens, `(tokens,)`. Ties are broken at random.
        erase: function from an example and boolean `(tokens,)`, true for the erased tokens, to the example
            without them: `delete_tokens`, `mask_tokens(mask)`, `delete_text_spans`, or a custom one.
        bins: fractions of the tokens.
        batch_size: the number of examples in a call of `predict`.
        seed: breaks ties.

    Returns:
        `(examples, bins)`, from -1 to 1; 0 for an example without tokens.

    Raises:
        ValueError: if there is not a weight for each token, or one is NaN; if a bin is not above 0 and at
            most 1; if a prediction is not a finite row for each example.

    Example:
        >>> def predict(texts):
        ...     good = np.array([("good" in text) * 0.6 + 0.2 for text in texts])
        ...     return np.stack([1 - good, good], axis=1)
        >>> drop = comprehensiveness(predict, [["a", "good", "film"]], [[0.1, 0.8, 0.1]], delete_tokens)
        >>> drop.round(2).tolist()
        [[0.6, 0.6, 0.6, 0.6, 0.6]]

    Reference:
        DeYoung et al. 2020, ERASER: A Benchmark to Evaluate Rationalized NLP Models, on faithfulness.
    """
    return _probability_drops(predict, examples, importance, erase, bins, batch_size, seed, keep=False)


def sufficiency(
    predict: Predict,
    examples: Sequence,
    importance: AttentionMaps,
    erase: Erase,
    bins: Sequence[float] = BINS,
    batch_size: int = 1024,
    seed: int = 0,
) -> np.ndarray:
    """Compute sufficiency: the drop of the probability with the top tokens only (DeYoung et al. 2020).

    `p(label | text) - p(label | top tokens)`, for each bin. Lower is more faithful.

    Args:
        predict: as in `comprehensiveness`.
        examples: as in `comprehensiveness`.
        importance: as in `comprehensiveness`.
        erase: as in `comprehensiveness`.
        bins: as in `comprehensiveness`.
        batch_size: as in `comprehensiveness`.
        seed: as in `comprehensiveness`.

    Returns:
        `(examples, bins)`, from -1 to 1; 0 for an example without tokens.

    Raises:
        ValueError: as in `comprehensiveness`.

    Example:
        >>> def predict(texts):
        ...     good = np.array([("good" in text) * 0.6 + 0.2 for text in texts])
        ...     return np.stack([1 - good, good], axis=1)
        >>> sufficiency(predict, [["a", "good", "film"]], [[0.1, 0.8, 0.1]], delete_tokens).tolist()
        [[0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    return _probability_drops(predict, examples, importance, erase, bins, batch_size, seed, keep=True)


def delete_tokens(example: Sequence, erased: np.ndarray) -> list:
    """Delete the erased tokens of an example: an `Erase`.

    Args:
        example: the tokens.
        erased: boolean `(tokens,)`.

    Returns:
        The remaining tokens.
    """
    return [token for token, is_erased in zip(example, erased, strict=True) if not is_erased]


def mask_tokens(mask: str | int) -> Erase:
    """Create an `Erase` that replaces each erased token with a mask token.

    Args:
        mask: the mask token, such as `"[MASK]"` or an id.

    Returns:
        A function of an example and boolean `(tokens,)`.
    """

    def erase(example: Sequence, erased: np.ndarray) -> list:
        return [mask if is_erased else token for token, is_erased in zip(example, erased, strict=True)]

    return erase


def delete_text_spans(axis: TextAxis, erased: np.ndarray) -> str:
    """Delete the bytes of the erased tokens from the text of an axis: an `Erase`.

    Args:
        axis: the tokens of a text.
        erased: boolean `(tokens,)`.

    Returns:
        The remaining text.

    Raises:
        ValueError: if the axis has no text.

    Example:
        >>> axis = TextAxis(["não", "é", "bom"], np.array([[0, 4], [5, 7], [8, 11]]), "não é bom")
        >>> delete_text_spans(axis, np.array([True, False, False]))
        ' é bom'
    """
    if axis.text is None:
        raise ValueError("`axis` must have a text. Received: axis.text=None")
    text = np.frombuffer(axis.text.encode(), np.uint8)
    kept = np.ones(len(text), bool)
    for start, end in np.asarray(axis.offsets, int)[np.asarray(erased, bool)]:
        kept[start:end] = False
    return text[kept].tobytes().decode(errors="ignore")


def predict_in_batches(predict: Predict, examples: Iterable, batch_size: int) -> np.ndarray:
    """Predict the probabilities of all examples, in batches.

    Args:
        predict: function from a list of examples to their probabilities.
        examples: at least one.
        batch_size: the number of examples in a call.

    Returns:
        `(examples, classes)`.

    Raises:
        ValueError: if a prediction is not a finite row for each example, or there is no example.
    """
    remaining, batches = iter(examples), []
    while batch := list(itertools.islice(remaining, batch_size)):
        rows = np.asarray(predict(batch), dtype=float)
        if rows.ndim != 2 or len(rows) != len(batch) or not np.isfinite(rows).all():
            raise ValueError(
                f"`predict` must return finite probabilities of shape ({len(batch)}, classes). "
                f"Received: shape {rows.shape}, {np.isnan(rows).sum()} of them NaN"
            )
        batches.append(rows)
    if not batches:
        raise ValueError("`examples` must hold at least one example. Received: no examples")
    return np.concatenate(batches)


def _probability_drops(
    predict: Predict,
    examples: Sequence,
    importance: AttentionMaps,
    erase: Erase,
    bins: Sequence[float],
    batch_size: int,
    seed: int,
    keep: bool,
) -> np.ndarray:
    """Drop of the probability of the predicted label, `(examples, bins)`."""
    weights = _validate_importance(examples, importance)
    _check_bins(bins)

    def variants() -> Iterator:
        for index, (example, row) in enumerate(zip(examples, weights, strict=True)):
            yield erase(example, np.zeros(len(row), bool))
            for fraction in bins:
                rng = np.random.default_rng([seed, index])  # the same order in each bin
                top = top_k_mask(row, math.ceil(fraction * len(row)), rng)
                yield erase(example, ~top if keep and len(row) else top)

    probabilities = predict_in_batches(predict, variants(), batch_size)
    probabilities = probabilities.reshape(len(examples), 1 + len(bins), -1)
    labels = probabilities[:, 0].argmax(axis=-1)[:, None, None]
    label_probabilities = np.take_along_axis(probabilities, labels, axis=-1)[..., 0]
    return label_probabilities[:, :1] - label_probabilities[:, 1:]


def _check_bins(bins: Sequence[float]) -> None:
    if not len(bins) or any(not 0 < fraction <= 1 for fraction in bins):
        raise ValueError(f"`bins` must be above 0 and at most 1. Received: bins={list(bins)}")


def _validate_importance(examples: Sequence, importance: AttentionMaps) -> list[np.ndarray]:
    """The weights as arrays, or a `ValueError`."""
    weights = [np.asarray(row, dtype=float) for row in importance]
    expected = [(len(example),) for example in examples]
    shapes = [row.shape for row in weights]
    if shapes != expected:
        raise ValueError(
            f"`importance` must have a weight for each token, shapes {expected[:3]} ... "
            f"Received: shapes {shapes[:3]} ..."
        )
    if any(np.isnan(row).any() for row in weights):
        raise ValueError("`importance` must not hold NaN. Received: weights with NaN")
    return weights
