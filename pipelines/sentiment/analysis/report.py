"""Report of a classifier: attention records and measures for texts of a test set."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from ....datasets import LabelledText
from ....focus.report import ReportExample
from ...evaluation.report import NUM_EXAMPLES, Measure, mean_over_examples, primary_weights
from ...evaluation.word_records import label_records, words_read
from ...saved_model.batched_calls import Signature, SignatureOutputs, map_signature


def report_examples(
    signature: Signature, test: LabelledText, count: int = NUM_EXAMPLES
) -> list[ReportExample]:
    """Build report examples of the first texts of a test set; texts without a word are left out.

    The error of a wrong label is its probability.

    Args:
        signature: the `explain` signature of a classifier.
        test: labelled texts, optionally with gold rationales.
        count: number of texts.
    """
    texts = test.text[:count]
    examples = map_signature(signature, texts, lambda outputs, index: _example(outputs, test, index))
    return [example for example in examples if example is not None]


def _example(outputs: SignatureOutputs, test: LabelledText, index: int) -> ReportExample | None:
    text = test.text[index]
    words = words_read(outputs, text)
    if not len(words) or not outputs["label"]:
        return None
    gold_label = test.classes[test.label[index]]
    rationales = [] if test.rationales is None else test.rationales[index]
    return ReportExample(
        label_records(outputs, words),
        title=text,
        reference=gold_label,
        error=0.0 if outputs["label"].decode() == gold_label else float(outputs["score"]),
        error_name="wrong label",
        gold={
            (key, 0)
            for key, (start, end) in enumerate(words.offsets)
            if any(start < gold_end and end > gold_start for gold_start, gold_end in rationales)
        },
    )


def _rationale_mass(example: ReportExample) -> npt.NDArray[np.floating]:
    gold = [key for key, _ in example.gold]
    return primary_weights(example)[:, gold].sum(axis=-1) if gold else np.array([])


def _average_precision(example: ReportExample) -> npt.NDArray[np.floating]:
    weights = primary_weights(example)[0]
    is_gold = np.isin(np.arange(len(weights)), [key for key, _ in example.gold])
    return np.array([average_precision_score(is_gold, weights)] if is_gold.any() else [])


MEASURES = {
    "attention on the rationale": Measure(
        "share of attention on the words of the gold rationale, 0 to 1",
        lambda examples: mean_over_examples(examples, _rationale_mass),
    ),
    "average precision": Measure(
        "of the ranking of words by attention against the gold rationale; 1 where its words rank first",
        lambda examples: mean_over_examples(examples, _average_precision),
    ),
}
