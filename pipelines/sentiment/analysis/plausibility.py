"""Plausibility of the classifier's attention: agreement with gold rationales (DeYoung et al. 2020)."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ....datasets import LabelledText
from ....focus.evaluation import AttentionMaps, baseline_maps
from ....focus.plausibility import (
    average_precision,
    iou_f1,
    mean_gold_fraction,
    token_precision_recall,
    top_fraction_mask,
)
from ....focus.records import spans_from_mask, tokens_in_spans, word_offsets
from ...saved_model.batched_calls import Signature
from .word_attention import word_attention_maps

BASELINES = ("uniform", "random")
Gold = Sequence[npt.NDArray[np.bool_]]


def plausibility(signature: Signature, test: LabelledText) -> dict[str, dict[str, float]]:
    """Measure the agreement of a classifier's attention with gold rationales.

    Args:
        signature: the `explain` signature of a classifier.
        test: labelled texts with gold rationales.

    Returns:
        The measures of `plausibility_measures`, averaged over the texts, and `IOU F1`; each of the `model`
        and of the baselines `uniform` and `random`.

    Raises:
        ValueError: if no text has a gold rationale.
    """
    gold = rationale_words(test)
    if gold is None or not any(map(np.any, gold)):
        raise ValueError("`test` must have gold rationales. Received: a test set without rationales.")
    maps = word_attention_maps(signature, test.text)
    maps_by_name: dict[str, AttentionMaps] = {"model": maps, **baseline_maps(maps, BASELINES)}
    values = {
        measure: {name: float(np.nanmean(compute(of_name))) for name, of_name in maps_by_name.items()}
        for measure, compute in plausibility_measures(gold).items()
    }
    return values | {"IOU F1": {name: _iou_f1(of_name, gold) for name, of_name in maps_by_name.items()}}


def rationale_words(test: LabelledText) -> list[npt.NDArray[np.bool_]] | None:
    """Mark the words that overlap a rationale, `(words,)` for each text; None without gold rationales."""
    if test.rationales is None:
        return None
    texts = zip(test.text, test.rationales, strict=True)
    return [tokens_in_spans(spans, word_offsets(text)) for text, spans in texts]


def plausibility_measures(gold: Gold) -> dict[str, Callable[[AttentionMaps], npt.NDArray[np.floating]]]:
    """Build the ERASER measures of agreement with gold rationales (DeYoung et al. 2020).

    - `mass on rationales`: the share of attention on rationale words;
    - `average precision`: of the weights, as scores of the words;
    - `token F1`: F1 of the words of highest weight; as many as the mean share of rationale words.

    Args:
        gold: for each text `(words,)` bool.

    Returns:
        Functions by name, from maps, `(words,)` for each text, to values `(texts,)`. The value of mass and
        average precision is NaN for a text without rationale words.

    Reference:
        DeYoung et al. 2020, ERASER: A Benchmark to Evaluate Rationalized NLP Models.
    """
    share = mean_gold_fraction(gold)
    return {
        "mass on rationales": lambda maps: _rationale_mass(maps, gold),
        "average precision": lambda maps: average_precision(maps, gold),
        "token F1": lambda maps: token_precision_recall(top_fraction_mask(maps, share), gold).f1,
    }


def _rationale_mass(maps: AttentionMaps, gold: Gold) -> npt.NDArray[np.floating]:
    shares = [
        weights[mask].sum() / max(weights.sum(), 1e-9) if mask.any() else np.nan
        for weights, mask in zip(maps, gold, strict=True)
    ]
    return np.array(shares)


def _iou_f1(maps: AttentionMaps, gold: Gold) -> float:
    predicted: list[np.ndarray] = top_fraction_mask(maps, mean_gold_fraction(gold))
    return iou_f1(list(map(spans_from_mask, predicted)), list(map(spans_from_mask, gold))).value
