"""Report of a translator: attention records and measures for sentences of a test set."""

from collections.abc import Sequence

import numpy as np
import sacrebleu

from ....datasets import ParallelText
from ....focus.plausibility import alignment_error_rate
from ....focus.records import TextAxis, align, word_spans
from ....focus.records.focus_record import is_from_sentinel
from ....focus.report import ReportExample
from ...evaluation.report import NUM_EXAMPLES, Measure, mean_over_examples, primary_weights
from ...evaluation.word_records import translation_records
from ...saved_model.batched_calls import Signature, SignatureOutputs, map_signature


def report_examples(
    signature: Signature, test: ParallelText, count: int = NUM_EXAMPLES
) -> list[ReportExample]:
    """Build report examples of the first sentences of a test set.

    Empty translations are left out. The error of a translation is 1 - chrF, 0 if it equals the reference.
    Gold alignments refer to the reference, so only exact translations have gold.

    Args:
        signature: the `explain` signature of a translator.
        test: sentence pairs, optionally with gold alignments and the spans of the aligned words.
        count: number of sentences.
    """
    sources = test.source[:count]
    examples = map_signature(signature, sources, lambda outputs, index: _example(outputs, test, index))
    return [example for example in examples if example is not None]


def _example(outputs: SignatureOutputs, test: ParallelText, index: int) -> ReportExample | None:
    source, target = test.source[index], outputs["text"].decode()
    is_reference = target == test.target[index]
    exact = test.alignment is not None and is_reference
    source_words = _words(source, test.source_spans[index] if exact and test.source_spans else None)
    target_words = _words(target, test.target_spans[index] if exact and test.target_spans else None)
    if not len(target_words):
        return None
    return ReportExample(
        translation_records(outputs, source_words, target_words),
        title=source,
        reference=test.target[index],
        error=0.0 if is_reference else _error(target, test.target[index]),
        error_name="differs from the reference",
        gold={(int(s), int(t)) for s, t in test.alignment[index]} if exact and test.alignment else (),
    )


def _error(translation: str, reference: str) -> float:
    """1 - chrF (Popovic 2015)."""
    return max(0.0, 1 - sacrebleu.sentence_chrf(translation, [reference]).score / 100)


def _words(text: str, spans: np.ndarray | None) -> TextAxis:
    """Label the words of a text, given their byte spans or by `word_spans`."""
    spans = np.reshape(word_spans(text)[1] if spans is None else spans, (-1, 2))
    return TextAxis([text.encode()[start:end].decode() for start, end in spans], spans, text)


def _alignment_error(examples: Sequence[ReportExample]) -> float | None:
    with_gold = [example for example in examples if example.gold]
    if not with_gold:
        return None
    links = [_links(example) for example in with_gold]
    return alignment_error_rate(links, [example.gold for example in with_gold]).error_rate


def _links(example: ReportExample) -> set[tuple[int, int]]:
    """Link each target word to the source word of highest attention, but words from memory to none."""
    links, gate = align(primary_weights(example)[:, :-1]), example.records[0].gate
    if gate is None:
        return set(links)
    from_memory = is_from_sentinel(gate[0].mean(axis=0))
    return {(source, target) for source, target in links if not from_memory[target]}


MEASURES = {
    "alignment error": Measure(
        "alignment error rate (Och and Ney 2003): each target word is linked to the source word of highest "
        "attention, a word from memory to none; 0 where all links are gold. Only translations that equal the "
        "reference count",
        _alignment_error,
    ),
    "attention on the end mark": Measure(
        "mean attention of a word outside of the words of the source",
        lambda examples: mean_over_examples(examples, lambda example: primary_weights(example)[:, -1]),
    ),
}
