"""Are the words that were looked at those that people say decide?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....datasets import LabelledText
from ....focus import (
    auprc,
    baseline_maps,
    iou_f1,
    mean_gold_fraction,
    spans_from_mask,
    token_precision_recall,
    tokens_in_spans,
    top_fraction_mask,
)
from ....focus.evaluation.baselines import AttentionMaps
from ...saved_model.batched_calls import Signature
from ...text.whitespace_words import split_on_whitespace
from .word_attention import word_attention_maps

BASELINES = ("uniform", "random")


def plausibility(signature: Signature, test: LabelledText) -> dict[str, dict[str, float]]:
    """What the measures of `measures` say of a classifier's attention, and ERASER's `IOU F1`, each of the
    `model` and of controls that know nothing.

    Args:
        signature: the `explain` signature.
        test: texts with gold rationales.

    Raises:
        ValueError: if no text has a gold rationale.
    """
    gold = rationale_words(test)
    if gold is None or not any(map(np.any, gold)):
        raise ValueError("expected a test set with gold rationales; received one without")
    maps = word_attention_maps(signature, test.text)
    baselines = baseline_maps(maps)
    looked: dict[str, AttentionMaps] = {"model": maps, **{name: baselines[name] for name in BASELINES}}
    found = {
        name: {who: float(np.nanmean(measure(seen))) for who, seen in looked.items()}
        for name, measure in measures(gold).items()
    }
    return found | {"IOU F1": {who: _iou_f1(seen, gold) for who, seen in looked.items()}}


def rationale_words(test: LabelledText) -> list[np.ndarray] | None:
    """Which words of each text touch a rationale, `(words,)` booleans; None where that is not known."""
    if test.rationales is None:
        return None
    texts = zip(test.text, test.rationales, strict=True)
    return [tokens_in_spans(spans, split_on_whitespace(text).offsets) for text, spans in texts]


def measures(gold: list[np.ndarray]) -> dict[str, Callable[[AttentionMaps], np.ndarray]]:
    """Functions from maps, `(words,)` of each text, to a number of each text; NaN for one without gold.

    `mass on rationales`, the share of attention there; `AUPRC`; and `token F1` of as many of the words that
    were looked at most as people choose on average, as ERASER has them.
    """
    share = mean_gold_fraction(gold)
    return {
        "mass on rationales": lambda maps: _mass(maps, gold),
        "AUPRC": lambda maps: auprc(maps, gold),
        "token F1": lambda maps: token_precision_recall(top_fraction_mask(maps, share), gold).f1,
    }


def _mass(maps: AttentionMaps, gold: list[np.ndarray]) -> np.ndarray:
    shares = [
        weights[chosen].sum() / max(weights.sum(), 1e-9) if chosen.any() else np.nan
        for weights, chosen in zip(maps, gold, strict=True)
    ]
    return np.array(shares)


def _iou_f1(maps: AttentionMaps, gold: list[np.ndarray]) -> float:
    chosen: list[Any] = top_fraction_mask(maps, mean_gold_fraction(gold))
    return iou_f1(list(map(spans_from_mask, chosen)), list(map(spans_from_mask, gold))).value
