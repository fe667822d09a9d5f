"""Word-by-word baseline of translation: a dictionary from the gold alignments of `phrases`.

`python benchmarks/baselines/dictionary_translation.py`. Each English word becomes the Portuguese word that
it is most often aligned with in the training split, in the order of the English words. Spaces and the
initial capital are restored.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
from foveal.datasets import ParallelText, load_translation
from foveal.pipelines.evaluation.text_metrics import bleu, chrf


def main() -> None:
    dictionary = build_dictionary(load_translation("phrases", "train"))
    for split in ("test", "test_compositions"):
        test = load_translation("phrases", split)
        texts = zip(test.source, test.source_spans or [], strict=True)
        hypotheses = [translate(dictionary, split_words(text, spans)) for text, spans in texts]
        print(
            f"{split}: BLEU {bleu(hypotheses, test.target).value:.1f}, "
            f"chrF {chrf(hypotheses, test.target).value:.1f}"
        )


def split_words(text: str, spans: Iterable[Sequence[int]]) -> list[str]:
    """Split a text into words.

    Args:
        text: any text.
        spans: byte span `(start, end)` of each word.

    Example:
        >>> split_words("não é bom", [(0, 4), (5, 7)])
        ['não', 'é']
    """
    return [text.encode()[start:end].decode() for start, end in spans]


def build_dictionary(train: ParallelText) -> dict[str, str]:
    """Map each source word, in lower case, to the target word that it is most often aligned with.

    Args:
        train: sentence pairs with gold alignments.
    """
    counts: dict[str, Counter] = defaultdict(Counter)
    columns = (train.source, train.source_spans, train.target, train.target_spans, train.alignment)
    examples = zip(*(column or [] for column in columns), strict=True)
    for source, source_spans, target, target_spans, links in examples:
        source_words, target_words = split_words(source, source_spans), split_words(target, target_spans)
        for source_index, target_index in links:
            counts[source_words[source_index].casefold()][target_words[target_index].casefold()] += 1
    return {word: translations.most_common(1)[0][0] for word, translations in counts.items()}


def translate(dictionary: dict[str, str], words: Sequence[str]) -> str:
    """Translate a sentence word by word; a word without an entry is copied.

    Args:
        dictionary: from `build_dictionary`.
        words: words and punctuation marks of the source.

    Example:
        >>> translate({"the": "o", "dog": "cão"}, ["The", "dog", "sleeps", "."])
        'O cão sleeps.'
    """
    text = " ".join(dictionary.get(word.casefold(), word) for word in words)
    text = re.sub(r" ([.,?!-])", r"\1", text)
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    main()
