"""Word-level attention and predictions of a classifier, for a list of texts."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ....datasets import LabelledText
from ....focus.records import Spans, word_offsets, words_from_pieces
from ...evaluation.word_records import ONE_SPAN
from ...saved_model.batched_calls import Signature, SignatureOutputs, map_signature


def word_attention_maps(signature: Signature, texts: list[str]) -> list[npt.NDArray[np.floating]]:
    """Compute the attention on each word of each text.

    Args:
        signature: the `explain` signature of a classifier.
        texts: any number.

    Returns:
        For each text a map `(words,)`, see `foveal.focus.word_offsets`.
    """

    def of_words(outputs: SignatureOutputs, index: int) -> npt.NDArray[np.floating]:
        return word_attention(outputs, word_offsets(texts[index]))

    return map_signature(signature, texts, of_words)


def word_attention(outputs: SignatureOutputs, word_spans: Spans) -> npt.NDArray[np.floating]:
    """Convert token attention to word attention.

    Args:
        outputs: of the `explain` signature for one text.
        word_spans: byte span `(start, end)` of each word.

    Returns:
        `(words,)`.
    """
    attention, offsets = outputs["attention"][None], outputs["source_offsets"]
    return words_from_pieces(attention, offsets, ONE_SPAN, word_spans, ONE_SPAN)[0]


def make_predict(signature: Signature) -> Callable[[list[str]], npt.NDArray[np.floating]]:
    """Build the function from texts to probabilities `(texts, classes)`, in the model's order of classes."""

    def predict(texts: list[str]) -> npt.NDArray[np.floating]:
        return np.stack(map_signature(signature, texts, lambda outputs, _: outputs["probabilities"]))

    return predict


def quality_and_attention(
    signature: Signature, test: LabelledText
) -> Callable[[list[str]], tuple[npt.NDArray[np.floating], list[npt.NDArray[np.floating]]]]:
    """Build the function from texts to the quality and the attention map of each prediction.

    Args:
        signature: the `explain` signature of a classifier.
        test: labelled texts; the function takes its texts, perturbed or not, in the same order.

    Returns:
        A function of texts. It returns `(texts,)`, 1 for a correct label and 0 for another, and for each
        text a map `(words,)`.
    """

    def evaluate(texts: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        def correct_and_map(outputs: SignatureOutputs, index: int) -> tuple[bool, np.ndarray]:
            correct = outputs["label"].decode() == test.classes[test.label[index]]
            return correct, word_attention(outputs, word_offsets(texts[index]))

        results = map_signature(signature, texts, correct_and_map)
        return np.array([correct for correct, _ in results], float), [weights for _, weights in results]

    return evaluate
