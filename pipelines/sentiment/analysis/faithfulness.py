"""Does the label rest on the words that were looked at? And are they those that people chose?"""

from collections.abc import Callable, Mapping

import numpy as np

from ....datasets import LabelledText
from ....focus import BaselineComparison, compare_with_baselines
from ....focus.evaluation.baselines import AttentionMaps
from ...evaluation.faithfulness import faithfulness_measures
from ...saved_model.batched_calls import Signature
from ...text.whitespace_words import remove_words, split_on_whitespace
from .plausibility import measures as plausible
from .plausibility import rationale_words
from .word_attention import make_predict, word_attention_maps


def doubt(signatures: Mapping[str, Signature], test: LabelledText) -> dict[str, BaselineComparison]:
    """Every measure of what a classifier looks at, beside controls.

    Args:
        signatures: of a SavedModel of this pipeline.
        test: texts; each is classified some two hundred times.
    """
    maps = word_attention_maps(signatures["explain"], test.text)
    return {name: compare_with_baselines(of, maps) for name, of in measures(signatures, test).items()}


def measures(
    signatures: Mapping[str, Signature], test: LabelledText
) -> dict[str, Callable[[AttentionMaps], np.ndarray]]:
    """Functions from the maps of a test set, `(words,)` of each text, to a number of each text.

    Those of `faithfulness_measures`; and where rationales are known those of plausibility.

    Args:
        signatures: of a SavedModel of this pipeline.
        test: texts.
    """
    predict = make_predict(signatures["serving_default"])
    texts = [split_on_whitespace(text) for text in test.text]
    found = faithfulness_measures(predict, texts, remove_words)
    gold = rationale_words(test)
    return found if gold is None else found | plausible(gold)
