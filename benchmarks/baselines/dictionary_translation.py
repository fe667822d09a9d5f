"""What translates `phrases` without a model: `python benchmarks/baselines/dictionary_translation.py`.

Every English word becomes the Portuguese word that it is most often aligned with in the training split, in
the English order; spacing and the capital at the start are repaired.
"""

import re
from collections import Counter, defaultdict

from foveal.datasets import ParallelText, load_translation
from foveal.pipelines.evaluation.text_metrics import bleu, chrf


def words(text: str, spans) -> list[str]:
    """The words of a text, from their bytes."""
    return [text.encode()[start:end].decode() for start, end in spans]


def learn(train: ParallelText) -> dict[str, str]:
    """The dictionary: for each source word its most frequent partner."""
    counts: dict[str, Counter] = defaultdict(Counter)
    columns = (train.source, train.source_spans, train.target, train.target_spans, train.alignment)
    known = (column or [] for column in columns)
    for source, source_spans, target, target_spans, links in zip(*known, strict=True):
        source_words, target_words = words(source, source_spans), words(target, target_spans)
        for here, there in links:
            counts[source_words[here].casefold()][target_words[there].casefold()] += 1
    return {word: partners.most_common(1)[0][0] for word, partners in counts.items()}


def translate(dictionary: dict[str, str], source: list[str]) -> str:
    """A sentence, word by word."""
    text = " ".join(dictionary.get(word.casefold(), word) for word in source)
    text = re.sub(r" ([.,?!-])", r"\1", text)
    return text[:1].upper() + text[1:]


def main() -> None:
    dictionary = learn(load_translation("phrases", "train"))
    for split in ("test", "test_compositions"):
        test = load_translation("phrases", split)
        spans = test.source_spans or []
        found = [translate(dictionary, words(*pair)) for pair in zip(test.source, spans, strict=True)]
        print(
            f"{split}: BLEU {bleu(found, test.target).value:.1f}, chrF {chrf(found, test.target).value:.1f}"
        )


if __name__ == "__main__":
    main()
