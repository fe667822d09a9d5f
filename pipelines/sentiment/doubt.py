"""Does the label rest on the words that were looked at? And are they those that people chose?"""

from collections.abc import Callable, Mapping

import numpy as np

from ...datasets import LabelledText
from ...focus import (
    Controlled,
    auprc,
    beside_controls,
    tokens_in,
)
from ...focus.controls import Maps
from ..doubting import faithfulness
from ..serving import Signature
from ..words import words_left, words_of
from .looking import maps_of, predictor


def doubt(signatures: Mapping[str, Signature], test: LabelledText) -> dict[str, Controlled]:
    """Every measure of what a classifier looks at, beside controls.

    Args:
        signatures: of a SavedModel of this pipeline.
        test: texts; each is classified some two hundred times.
    """
    maps = maps_of(signatures["explain"], test.text)
    return {name: beside_controls(of, maps) for name, of in measures(signatures, test).items()}


def measures(
    signatures: Mapping[str, Signature], test: LabelledText
) -> dict[str, Callable[[Maps], np.ndarray]]:
    """Functions from the maps of a test set, `(words,)` of each text, to a number of each text.

    Those of `faithfulness`; and where rationales are known `AUPRC` and `mass on rationales`.

    Args:
        signatures: of a SavedModel of this pipeline.
        test: texts.
    """
    predict = predictor(signatures["serving_default"])
    texts = [words_of(text) for text in test.text]
    found = faithfulness(predict, texts, words_left)
    if test.rationales is None:
        return found
    gold = [tokens_in(spans, one.offsets) for one, spans in zip(texts, test.rationales, strict=True)]
    return found | {
        "AUPRC": lambda maps: auprc(maps, gold),
        "mass on rationales": lambda maps: mass_on_gold(maps, gold),
    }


def mass_on_gold(maps: Maps, gold: list[np.ndarray]) -> np.ndarray:
    """The share of the weights of each text that lies on gold; NaN for a text without gold."""
    return np.array(
        [
            weights[chosen].sum() / max(weights.sum(), 1e-9) if chosen.any() else np.nan
            for weights, chosen in zip(maps, gold, strict=True)
        ]
    )
