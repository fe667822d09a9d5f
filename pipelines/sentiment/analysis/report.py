"""The report of a classifier: which words it judged texts of a test set by."""

import numpy as np
from sklearn.metrics import average_precision_score

from ....datasets import LabelledText
from ....focus.records.alignment import word_spans
from ....focus.records.focus_record import FocusRecord, TextAxis
from ....focus.report.example import ReportExample
from ...evaluation.report import NUM_EXAMPLES, Measure, mean_over_examples, primary_weights, word_weights
from ...saved_model.batched_calls import Signature, SignatureOutputs, answers


def report_examples(
    signature: Signature, test: LabelledText, count: int = NUM_EXAMPLES
) -> list[ReportExample]:
    """The first texts of a test set; those without a word are left out.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: texts, with gold rationales where they are known.
        count: of texts.
    """
    examples = answers(signature, test.text[:count], lambda told, place: _example(told, test, place))
    return [example for example in examples if example is not None]


def _example(told: SignatureOutputs, test: LabelledText, place: int) -> ReportExample | None:
    text = test.text[place]
    labels, spans = word_spans(text.encode()[: told["bytes_read"]].decode(errors="ignore"))
    if not labels or not told["label"]:
        return None
    words = TextAxis(labels, np.asarray(spans), text)
    answer = TextAxis([f"{told['label'].decode()} {told['score']:.0%}"], np.zeros((1, 2)))
    gold = [] if test.rationales is None else test.rationales[place]
    return ReportExample(
        _records(told, text, answer, words),
        title=text,
        reference=test.classes[test.label[place]],
        gold={
            (key, 0)
            for key, (start, end) in enumerate(spans)
            if any(start < last and end > first for first, last in gold)
        },
    )


def _records(told: SignatureOutputs, text: str, answer: TextAxis, words: TextAxis) -> list[FocusRecord]:
    """How the answer looked at the words; of a hierarchical model also at the sentences."""
    whole = [(0, 1)]
    heads = told["attention_heads"][:, None]  # (heads, 1, pieces)
    weights = word_weights(heads, told["source_offsets"], whole, words.offsets, whole)
    gate = told["gate_heads"][None, :, None]
    gate = gate if gate.any() else None
    records = [FocusRecord("answer, to the words", weights[None], None, gate, [answer], [words])]
    if "sentence_attention" in told:
        there = np.diff(told["sentence_offsets"], axis=1)[:, 0] > 0
        offsets, encoded = told["sentence_offsets"][there], text.encode()
        sentences = [encoded[start:end].decode(errors="replace") for start, end in offsets]
        keys = TextAxis(sentences, offsets, text)
        weights = told["sentence_attention"][there][None, None, None]
        records.append(FocusRecord("answer, to the sentences", weights, None, None, [answer], [keys]))
    return records


def _on_rationales(example: ReportExample) -> np.ndarray:
    marked = [key for key, _ in example.gold]
    return primary_weights(example)[:, marked].sum(axis=-1) if marked else np.array([])


def _average_precision(example: ReportExample) -> np.ndarray:
    weights = primary_weights(example)[0]
    marked = np.isin(np.arange(len(weights)), [key for key, _ in example.gold])
    return np.array([average_precision_score(marked, weights)] if marked.any() else [])


MEASURES = {
    "attention on the rationale": Measure(
        "share that lies on the words that people say decide; 1 is all of it",
        lambda e: mean_over_examples(e, _on_rationales),
    ),
    "average precision": Measure(
        "whether those words got more than the others; 1 where each of them did",
        lambda e: mean_over_examples(e, _average_precision),
    ),
}
