"""Does the label rest on the words that were looked at? And are they those that people chose?"""

from collections.abc import Callable, Mapping

import numpy as np

from ...datasets import LabelledText
from ...focus import Controlled, beside_controls
from ...focus.controls import Maps
from ..doubting import faithfulness
from ..serving import Signature
from ..words import words_left, words_of
from .looking import maps_of, predictor
from .plausibility import gold_words
from .plausibility import measures as plausible


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

    Those of `faithfulness`; and where rationales are known those of plausibility.

    Args:
        signatures: of a SavedModel of this pipeline.
        test: texts.
    """
    predict = predictor(signatures["serving_default"])
    texts = [words_of(text) for text in test.text]
    found = faithfulness(predict, texts, words_left)
    gold = gold_words(test)
    return found if gold is None else found | plausible(gold)
