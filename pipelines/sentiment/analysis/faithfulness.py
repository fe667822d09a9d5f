"""Faithfulness of the classifier's attention by erasing words (DeYoung et al. 2020), and its plausibility."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from ....datasets import LabelledText
from ....focus.evaluation import AttentionMaps, BaselineComparison
from ....focus.records import word_axis
from ...evaluation.faithfulness import compare_measures, faithfulness_measures
from ...saved_model.batched_calls import Signature
from ...text.word_units import remove_words
from .plausibility import plausibility_measures, rationale_words
from .word_attention import make_predict, word_attention_maps


def evaluate_faithfulness(
    signatures: Mapping[str, Signature], test: LabelledText
) -> dict[str, BaselineComparison]:
    """Measure faithfulness and plausibility of a classifier's attention, compared with baseline maps.

    Args:
        signatures: of a classifier.
        test: labelled texts; each is classified about two hundred times.

    Returns:
        For each measure its value, and those of the baselines.
    """
    maps = word_attention_maps(signatures["explain"], test.text)
    return compare_measures(faithfulness_and_plausibility_measures(signatures, test), maps)


def faithfulness_and_plausibility_measures(
    signatures: Mapping[str, Signature], test: LabelledText
) -> dict[str, Callable[[AttentionMaps], npt.NDArray[np.floating]]]:
    """Build the measures of a test set: see `faithfulness_measures` and `plausibility_measures`.

    Args:
        signatures: of a classifier.
        test: labelled texts. Without gold rationales there are no measures of plausibility.

    Returns:
        Functions by name, from maps, `(words,)` for each text, to values `(texts,)`.
    """
    predict = make_predict(signatures["serving_default"])
    texts = [word_axis(text) for text in test.text]
    measures = faithfulness_measures(predict, texts, remove_words)
    gold = rationale_words(test)
    return measures if gold is None else measures | plausibility_measures(gold)
