"""The report of a translator: which words it looked at, for sentences of a test set."""

from collections.abc import Sequence

import numpy as np

from ....datasets import ParallelText
from ....focus.records.alignment import align, alignment_error_rate, word_spans
from ....focus.records.focus_record import FocusRecord, TextAxis
from ....focus.report.example import ReportExample
from ...evaluation.report import (
    NUM_EXAMPLES,
    Measure,
    exported_layer_first,
    mean_over_examples,
    primary_weights,
    word_gate,
    word_weights,
)
from ...saved_model.batched_calls import Signature, SignatureOutputs, answers

MARK = "[END]"  # stands behind the source words for what was spent on none of them


def report_examples(
    signature: Signature, test: ParallelText, count: int = NUM_EXAMPLES
) -> list[ReportExample]:
    """The first sentences of a test set; those whose translation is empty are left out.

    Gold alignments are of the reference, so they are told where the translation is the reference.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: sentences, with alignments and the spans of their words where they are known.
        count: of sentences.
    """
    examples = answers(signature, test.source[:count], lambda told, place: _example(told, test, place))
    return [example for example in examples if example is not None]


def _example(told: SignatureOutputs, test: ParallelText, place: int) -> ReportExample | None:
    source, target = test.source[place], told["text"].decode()
    exact = test.alignment is not None and target == test.target[place]
    source_words = _words(source, test.source_spans[place] if exact and test.source_spans else None)
    target_words = _words(target, test.target_spans[place] if exact and test.target_spans else None)
    if not len(target_words):
        return None
    return ReportExample(
        _records(told, source, source_words, target_words),
        title=source,
        reference=test.target[place],
        gold={(int(s), int(t)) for s, t in test.alignment[place]} if exact and test.alignment else (),
    )


def _words(text: str, spans: np.ndarray | None) -> TextAxis:
    found = word_spans(text)[1] if spans is None else spans
    labels = [text.encode()[start:end].decode() for start, end in found]
    return TextAxis(labels, np.reshape(found, (-1, 2)), text)


def _records(told: SignatureOutputs, text: str, source: TextAxis, target: TextAxis) -> list[FocusRecord]:
    """A record for each block of the decoder; that of the attention which is told comes first."""
    end = len(text.encode())
    keys = TextAxis([*source.labels, MARK], np.vstack([source.offsets, [(end, end)]]), text)
    blocks = np.moveaxis(told["attention_heads"], 0, 2)  # (blocks, heads, target, source)
    gates = np.moveaxis(told["gate_heads"], 0, 2)
    records = []
    for place, (heads, gate) in enumerate(zip(blocks, gates, strict=True)):
        places = (told["source_offsets"], told["target_offsets"], source.offsets, target.offsets)
        weights = word_weights(heads, *places)
        rest = np.clip(1 - weights.sum(axis=-1, keepdims=True), 0, 1)
        gated = word_gate(gate, told["target_offsets"], target.offsets)
        records.append(
            FocusRecord(
                f"decoder block {place + 1}, to the source",
                np.concatenate([weights, rest], axis=-1)[None],
                gate=None if gated is None else gated[None],
                queries=[target],
                keys=[keys],
            )
        )
    return exported_layer_first(records, blocks, told["attention"])


def _alignment_error(examples: Sequence[ReportExample]) -> float | None:
    gold = [example for example in examples if example.gold]
    if not gold:
        return None
    found = [align(primary_weights(example)[:, :-1]) for example in gold]
    return alignment_error_rate(found, [example.gold for example in gold]).error_rate


MEASURES = {
    "alignment error": Measure(
        "share of wrong and missing links, each word being linked to the one it looked at most; 0 is best. "
        "Of translations that are the reference",
        _alignment_error,
    ),
    "attention on the end mark": Measure(
        "what a word spent on no word of the text",
        lambda e: mean_over_examples(e, lambda one: primary_weights(one)[:, -1]),
    ),
}
