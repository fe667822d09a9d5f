"""Word alignment of a test set from attention, and its alignment error rate (Och and Ney 2003)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ....datasets import ParallelText
from ....focus.plausibility import AlignmentError, GatedText, alignment_error_rate
from ....focus.records import Links, Spans, align, words_from_pieces
from ....focus.records.focus_record import is_from_sentinel
from ...evaluation.word_records import word_gate
from ...saved_model.batched_calls import Signature, SignatureOutputs, map_signature


class AlignedTranslation(NamedTuple):
    """A translation with the word alignment from its attention.

    links: pairs `(source, target)` of words; None if the translation differs from the reference, since gold
        alignments refer to the words of the reference.
    gate: gate of each target word, `(words,)`; None without links, or for a model without a gate.
    """

    translation: str
    links: Links | None
    gate: npt.NDArray[np.floating] | None = None


def align_translations(signature: Signature, test: ParallelText) -> list[AlignedTranslation]:
    """Translate a test set and link each target word to the source word of highest attention.

    A word that is written from memory, with a gate above one half, has no link.

    Args:
        signature: the `explain` signature of a translator.
        test: sentence pairs with gold alignments and the spans of the aligned words.

    Raises:
        ValueError: if the test set has no gold alignments.
    """
    if test.alignment is None or test.source_spans is None or test.target_spans is None:
        raise ValueError(
            "`test` must have gold alignments and spans of words. Received: a test set without alignments."
        )
    spans = list(zip(test.source_spans, test.target_spans, strict=True))

    def align_words(outputs: SignatureOutputs, index: int) -> AlignedTranslation:
        translation = outputs["text"].decode()
        if translation != test.target[index]:
            return AlignedTranslation(translation, None)
        links = align(attention_between_words(outputs, *spans[index]))
        gates = word_gate(outputs["gate"][None], outputs["target_offsets"], spans[index][1])
        if gates is None:
            return AlignedTranslation(translation, links)
        links = {(source, target) for source, target in links if not is_from_sentinel(gates[0, target])}
        return AlignedTranslation(translation, links, gates[0])

    return map_signature(signature, test.source, align_words)


def alignment_error(
    translations: Sequence[AlignedTranslation], gold: Sequence[Links]
) -> tuple[AlignmentError | None, int]:
    """Compute the alignment error rate of exact translations against gold alignments.

    Args:
        translations: from `align_translations`; those without links are ignored.
        gold: pairs `(source, target)` of each sentence.

    Returns:
        The error and the number of exact translations; the error is None if there is none.
    """
    pairs = [
        (translation.links, links)
        for translation, links in zip(translations, gold, strict=True)
        if translation.links is not None
    ]
    return (alignment_error_rate(*zip(*pairs, strict=True)) if pairs else None), len(pairs)


def gated_texts(translations: Sequence[AlignedTranslation], test: ParallelText) -> list[GatedText]:
    """Collect the gates of the words of exact translations; empty without a gate.

    Gold are the words without a gold link: no word of the source determines them.
    """
    texts = []
    for index, translation in enumerate(translations):
        if translation.gate is not None and test.alignment and test.target_spans:
            encoded = translation.translation.encode()
            words = [encoded[start:end].decode() for start, end in test.target_spans[index]]
            linked = np.asarray(test.alignment[index]).reshape(-1, 2)[:, 1]
            is_sentinel = ~np.isin(np.arange(len(words)), linked)
            texts.append(GatedText(words, translation.gate, is_sentinel))
    return texts


def baseline_alignment_errors(
    translations: Sequence[AlignedTranslation], test: ParallelText, seed: int = 0
) -> dict[str, float]:
    """Compute the alignment error rate of links that no model makes, on the exact translations.

    - `random`: each target word is linked to a random source word;
    - `diagonal`: to the source word at the same relative position.

    Args:
        translations: from `align_translations`, one of them exact.
        test: their sentence pairs, with gold alignments.
        seed: of the random links.
    """
    rng = np.random.default_rng(seed)
    source_spans, target_spans, gold = test.source_spans or [], test.target_spans or [], test.alignment or []
    exact = [index for index, translation in enumerate(translations) if translation.links is not None]
    sizes = [(len(source_spans[index]), len(target_spans[index])) for index in exact]
    sources = {
        "random": [rng.integers(source, size=target) for source, target in sizes],
        "diagonal": [np.linspace(0, source - 1, target).round().astype(int) for source, target in sizes],
    }
    references = [gold[index] for index in exact]
    return {
        name: alignment_error_rate(
            [list(zip(row, range(len(row)), strict=True)) for row in rows], references
        ).error_rate
        for name, rows in sources.items()
    }


def attention_between_words(
    outputs: SignatureOutputs, source_spans: Spans, target_spans: Spans
) -> npt.NDArray[np.floating]:
    """Convert token attention to word attention, see `words_from_pieces`.

    Args:
        outputs: of the `explain` signature for one text.
        source_spans: byte span `(start, end)` of each source word.
        target_spans: byte span of each target word.

    Returns:
        `(target words, source words)`.
    """
    return words_from_pieces(
        outputs["attention"],
        outputs["source_offsets"],
        outputs["target_offsets"],
        source_spans,
        target_spans,
    )
