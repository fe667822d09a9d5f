"""Are the words that were looked at those that people say decide?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...datasets import LabelledText
from ...focus import (
    auprc,
    control_maps,
    gold_share,
    iou_f1,
    runs,
    token_agreement,
    tokens_in,
    top_share,
)
from ...focus.controls import Maps
from ..serving import Signature
from ..words import words_of
from .looking import maps_of

CONTROLS = ("uniform", "random")


def plausibility(signature: Signature, test: LabelledText) -> dict[str, dict[str, float]]:
    """What the measures of `measures` say of a classifier's attention, and ERASER's `IOU F1`, each of the
    `model` and of controls that know nothing.

    Args:
        signature: the `explain` signature.
        test: texts with gold rationales.

    Raises:
        ValueError: if no text has a gold rationale.
    """
    gold = gold_words(test)
    if gold is None or not any(map(np.any, gold)):
        raise ValueError("expected a test set with gold rationales; received one without")
    maps = maps_of(signature, test.text)
    controls = control_maps(maps)
    looked: dict[str, Maps] = {"model": maps, **{name: controls[name] for name in CONTROLS}}
    found = {
        name: {who: float(np.nanmean(measure(seen))) for who, seen in looked.items()}
        for name, measure in measures(gold).items()
    }
    return found | {"IOU F1": {who: _iou_f1(seen, gold) for who, seen in looked.items()}}


def gold_words(test: LabelledText) -> list[np.ndarray] | None:
    """Which words of each text touch a rationale, `(words,)` booleans; None where that is not known."""
    if test.rationales is None:
        return None
    texts = zip(test.text, test.rationales, strict=True)
    return [tokens_in(spans, words_of(text).offsets) for text, spans in texts]


def measures(gold: list[np.ndarray]) -> dict[str, Callable[[Maps], np.ndarray]]:
    """Functions from maps, `(words,)` of each text, to a number of each text; NaN for one without gold.

    `mass on rationales`, the share of attention there; `AUPRC`; and `token F1` of as many of the words that
    were looked at most as people choose on average, as ERASER has them.
    """
    share = gold_share(gold)
    return {
        "mass on rationales": lambda maps: _mass(maps, gold),
        "AUPRC": lambda maps: auprc(maps, gold),
        "token F1": lambda maps: token_agreement(top_share(maps, share), gold).f1,
    }


def _mass(maps: Maps, gold: list[np.ndarray]) -> np.ndarray:
    shares = [
        weights[chosen].sum() / max(weights.sum(), 1e-9) if chosen.any() else np.nan
        for weights, chosen in zip(maps, gold, strict=True)
    ]
    return np.array(shares)


def _iou_f1(maps: Maps, gold: list[np.ndarray]) -> float:
    chosen: list[Any] = top_share(maps, gold_share(gold))
    return iou_f1(list(map(runs, chosen)), list(map(runs, gold))).value
