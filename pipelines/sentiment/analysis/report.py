"""Report of a classifier: attention records and measures for texts of a test set."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from ....datasets import LabelledText
from ....focus.records import FocusRecord, TextAxis, word_spans
from ....focus.report import ReportExample
from ...evaluation.report import NUM_EXAMPLES, Measure, mean_over_examples, primary_weights, word_weights
from ...saved_model.batched_calls import Signature, SignatureOutputs, map_signature
from .word_attention import ONE_SPAN


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
    labels, spans = word_spans(text.encode()[: outputs["bytes_read"]].decode(errors="ignore"))
    if not labels or not outputs["label"]:
        return None
    gold_label = test.classes[test.label[index]]
    rationales = [] if test.rationales is None else test.rationales[index]
    prediction = TextAxis([f"{outputs['label'].decode()} {outputs['score']:.0%}"], np.zeros((1, 2)))
    return ReportExample(
        _records(outputs, text, prediction, TextAxis(labels, np.asarray(spans), text)),
        title=text,
        reference=gold_label,
        error=0.0 if outputs["label"].decode() == gold_label else float(outputs["score"]),
        error_name="wrong label",
        gold={
            (key, 0)
            for key, (start, end) in enumerate(spans)
            if any(start < gold_end and end > gold_start for gold_start, gold_end in rationales)
        },
    )


def _records(
    outputs: SignatureOutputs, text: str, prediction: TextAxis, words: TextAxis
) -> list[FocusRecord]:
    """Build the record of word attention, and of sentence attention for a hierarchical model."""
    heads = outputs["attention_heads"][:, None]  # (heads, 1, tokens)
    weights = word_weights(heads, outputs["source_offsets"], ONE_SPAN, words.offsets, ONE_SPAN)
    gate = outputs["gate_heads"][None, :, None]
    gate = gate if gate.any() else None
    records = [FocusRecord("label, word attention", weights[None], None, gate, [prediction], [words])]
    if "sentence_attention" in outputs:
        records.append(_sentence_record(outputs, text, prediction))
    return records


def _sentence_record(outputs: SignatureOutputs, text: str, prediction: TextAxis) -> FocusRecord:
    is_used = np.diff(outputs["sentence_offsets"], axis=1)[:, 0] > 0
    offsets, encoded = outputs["sentence_offsets"][is_used], text.encode()
    sentences = [encoded[start:end].decode(errors="replace") for start, end in offsets]
    weights = outputs["sentence_attention"][is_used][None, None, None]
    keys = TextAxis(sentences, offsets, text)
    return FocusRecord("label, sentence attention", weights, None, None, [prediction], [keys])


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
