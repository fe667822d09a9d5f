"""Caption metrics of COCO's evaluation: BLEU, ROUGE-L, CIDEr-D, METEOR; chrF, length and diversity."""

import math
import shutil
from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from typing import Any

import numpy as np
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider import cider
from pycocoevalcap.cider.cider_scorer import CiderScorer, cook_refs, cook_test
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge
from sacrebleu.metrics.chrf import CHRF

from ...focus import word_spans

TOKENIZATION = "lower case, words of UAX #29 and hyphens, no punctuation"

References = Sequence[Sequence[str]]


def tokenize(text: str) -> str:
    """Split a text into words: lower case, no punctuation, joined by single spaces.

    Each ideograph is a word, see `foveal.focus.word_spans`. COCO's evaluation uses the rules of the Penn
    Treebank, which need Java, and drops punctuation too; they split `man's` into two words.
    """
    return " ".join(word for word in word_spans(text.lower())[0] if any(map(str.isalnum, word)))


def corpus_cider(captions: Sequence[str], references: References) -> float:
    """Compute CIDEr-D of a corpus, from 0 to 10 (Vedantam et al. 2015).

    The inverse document frequencies of the n-grams come from these references.

    Args:
        captions: one per image.
        references: for each image its reference captions.

    Raises:
        ValueError: if there is no caption, or not the references of each.
    """
    return float(cider.Cider().compute_score(*_tokenize_by_image(captions, references))[0])


def corpus_chrf(captions: Sequence[str], references: References) -> float:
    """Compute chrF of a corpus, from 0 to 1: an F-score over character n-grams (Popović 2015).

    It compares captions that share no word with their references, where BLEU and CIDEr-D are 0.

    Args:
        captions: one per image.
        references: for each image its reference captions.

    Raises:
        ValueError: if there is no caption, or not the references of each.

    Example:
        >>> corpus_chrf(["a red star"], [["A red star.", "one star"]])
        1.0
    """
    gold, hypotheses = _tokenize_by_image(captions, references)
    streams = [list(texts) for texts in zip_longest(*gold.values())]
    return CHRF().corpus_score([text for (text,) in hypotheses.values()], streams).score / 100


class Cider:
    """CIDEr-D of single captions, with the document frequencies of a corpus (Vedantam et al. 2015).

    Args:
        corpus: the references of many images.

    Example:
        >>> cider = Cider([["a red star"], ["a blue ring"], ["two rings"]])
        >>> [round(score, 1) for score in cider(["a red star", "a ring"], [["a red star"]] * 2)]
        [7.5, 0.2]
    """

    def __init__(self, corpus: References):
        self.scorer = _FixedCorpusScorer()
        for references in corpus:
            self.scorer.cook_append(None, [tokenize(text) for text in references])
        self.scorer.compute_doc_freq()
        self.scorer.num_documents = len(corpus)

    def __call__(self, captions: Sequence[str], references: References) -> list[float]:
        """Score each caption against the references of its image, from 0 to 10."""
        if not captions:  # the library takes the logarithm of their number
            return []
        self.scorer.crefs = [cook_refs([tokenize(text) for text in texts]) for texts in references]
        self.scorer.ctest = [cook_test(tokenize(caption)) for caption in captions]
        return list(map(float, self.scorer.compute_cider()))


class _FixedCorpusScorer(CiderScorer):
    """CIDEr scorer whose number of documents is that of its corpus, not of the scored captions."""

    num_documents = 1

    @property
    def ref_len(self) -> float:
        return math.log(self.num_documents)

    @ref_len.setter
    def ref_len(self, _: float) -> None:
        pass


def caption_metrics(
    captions: Sequence[str], references: References, training_captions: Sequence[str]
) -> dict[str, Any]:
    """Compute BLEU, ROUGE-L, CIDEr-D, METEOR, chrF, length, vocabulary and novelty of captions.

    Args:
        captions: one per image.
        references: for each image its reference captions.
        training_captions: the captions of the training split.

    Returns:
        `bleu_1` to `bleu_4`, `rouge_l`, `chrf` and `meteor` (None without Java) from 0 to 1, `cider`
        (CIDEr-D) from 0 to 10; `length`, the mean number of words; `vocabulary`, the number of different
        words; `novel`, the share of captions that are not training captions; `captions`, their number; and
        `tokenization`.

    Raises:
        ValueError: if there is no caption, or not the references of each.

    Reference:
        Chen et al. 2015, Microsoft COCO Captions: Data Collection and Evaluation Server.
    """
    gold, hypotheses = _tokenize_by_image(captions, references)
    bleu, _ = Bleu(4).compute_score(gold, hypotheses, verbose=0)
    texts = [text for (text,) in hypotheses.values()]
    words = [text.split() for text in texts]
    training_texts = {tokenize(text) for text in training_captions}
    return {
        **{f"bleu_{n}": round(float(score), 4) for n, score in enumerate(bleu, 1)},
        "rouge_l": round(float(Rouge().compute_score(gold, hypotheses)[0]), 4),
        "cider": round(corpus_cider(captions, references), 4),
        "chrf": round(corpus_chrf(captions, references), 4),
        "meteor": round(_meteor(gold, hypotheses), 4) if shutil.which("java") else None,
        "length": round(float(np.mean([len(text) for text in words])), 2),
        "vocabulary": len({word for text in words for word in text}),
        "novel": round(float(np.mean([text not in training_texts for text in texts])), 4),
        "captions": len(captions),
        "tokenization": TOKENIZATION,
    }


def _meteor(gold: dict, hypotheses: dict) -> float:
    return float(_meteor_scorer().compute_score(gold, hypotheses)[0])


@cache
def _meteor_scorer() -> Meteor:
    """Start the Java scorer of METEOR, which takes ten seconds, once per process."""
    return Meteor()


def _tokenize_by_image(captions: Sequence[str], references: References) -> tuple[dict, dict]:
    """Arrange references and captions as the library takes them: lists of tokenized texts by image."""
    if not captions or len(captions) != len(references):
        raise ValueError(
            "`captions` must hold at least one caption, and `references` a list for each. "
            f"Received: {len(captions)} captions, references of {len(references)} images."
        )
    gold = {index: [tokenize(text) for text in texts] for index, texts in enumerate(references)}
    return gold, {index: [tokenize(text)] for index, text in enumerate(captions)}
