"""How good are captions? The metrics of COCO's evaluation, and how varied the captions are."""

import math
import re
import shutil
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider import cider
from pycocoevalcap.cider.cider_scorer import CiderScorer, cook_refs, cook_test
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge

TOKENIZATION = r"lower case, words \w+([-']\w+)*, no punctuation"
WORD = re.compile(r"\w+(?:[-']\w+)*")

References = Sequence[Sequence[str]]


def tokenize(text: str) -> str:
    """The words of a text between single blanks: lower case, without punctuation.

    COCO's evaluation uses the Penn Treebank's rules, which need Java, and drops punctuation too; they part
    `man's` into two words.
    """
    return " ".join(WORD.findall(text.lower()))


def corpus_cider(captions: Sequence[str], references: References) -> float:
    """CIDEr-D of a corpus, from 0 to 10: how alike the captions and all the references are, rare n-grams
    counting more (Vedantam et al. 2015). How rare is learned from these references."""
    return float(cider.Cider().compute_score(*_by_place(captions, references))[0])


class Cider:
    """CIDEr-D of single captions; how rare n-grams are is learned from a corpus, once.

    Args:
        corpus: the references of many pictures.

    Example:
        >>> cider = Cider([["a red star"], ["a blue ring"], ["two rings"]])
        >>> [round(score, 1) for score in cider(["a red star", "a ring"], [["a red star"]] * 2)]
        [7.5, 0.2]
    """

    def __init__(self, corpus: References):
        self.scorer = _OfCorpus()
        for references in corpus:
            self.scorer.cook_append(None, [tokenize(text) for text in references])
        self.scorer.compute_doc_freq()
        self.scorer.pictures = len(corpus)

    def __call__(self, captions: Sequence[str], references: References) -> list[float]:
        """The score of each caption against the references of its picture, from 0 to 10."""
        if not captions:  # of none the library takes the logarithm
            return []
        self.scorer.crefs = [cook_refs([tokenize(text) for text in of_one]) for of_one in references]
        self.scorer.ctest = [cook_test(tokenize(caption)) for caption in captions]
        return list(map(float, self.scorer.compute_cider()))


class _OfCorpus(CiderScorer):
    """Knows how many pictures its corpus has, and does not take those that it scores for all."""

    pictures = 1

    @property
    def ref_len(self) -> float:
        return math.log(self.pictures)

    @ref_len.setter
    def ref_len(self, _: Any) -> None:
        pass


def measure(captions: Sequence[str], references: References, known: Sequence[str]) -> dict[str, Any]:
    """BLEU, ROUGE-L, CIDEr-D and METEOR of captions, and how long, varied and new they are.

    Args:
        captions: one for each picture.
        references: those that people wrote for it.
        known: the captions of the training split.

    Returns:
        `bleu_1` to `bleu_4`, `rouge_l` and `meteor` (None where there is no Java) from 0 to 1, `cider`
        (CIDEr-D) from 0 to 10; `length`, the mean number of words; `vocabulary`, the number of different
        words; `novel`, the share of captions that are no training caption; and the `tokenization`.

    Raises:
        ValueError: where there is no caption, or not the references of each.

    Reference:
        Chen et al. 2015, Microsoft COCO Captions: Data Collection and Evaluation Server.
    """
    gold, found = _by_place(captions, references)
    bleu, _ = Bleu(4).compute_score(gold, found, verbose=0)
    words = [one[0].split() for one in found.values()]
    seen = {tokenize(text) for text in known}
    return {
        **{f"bleu_{n}": round(float(score), 4) for n, score in enumerate(bleu, 1)},
        "rouge_l": round(float(Rouge().compute_score(gold, found)[0]), 4),
        "cider": round(corpus_cider(captions, references), 4),
        "meteor": round(_meteor(gold, found), 4) if shutil.which("java") else None,
        "length": round(float(np.mean([len(one) for one in words])), 2),
        "vocabulary": len({word for one in words for word in one}),
        "novel": round(float(np.mean([one[0] not in seen for one in found.values()])), 4),
        "captions": len(captions),
        "tokenization": TOKENIZATION,
    }


def _meteor(gold: dict, found: dict) -> float:
    return float(_java().compute_score(gold, found)[0])


@cache
def _java() -> Meteor:
    """The scorer of METEOR; it takes ten seconds to start, and so starts once."""
    return Meteor()


def _by_place(captions: Sequence[str], references: References) -> tuple[dict, dict]:
    """References and captions as the library takes them: lists of tokenized texts by picture."""
    if not captions or len(captions) != len(references):
        raise ValueError(
            "Expected at least one caption, and the references of each. "
            f"Received: {len(captions)} captions and references of {len(references)} pictures."
        )
    gold = {place: [tokenize(text) for text in texts] for place, texts in enumerate(references)}
    return gold, {place: [tokenize(text)] for place, text in enumerate(captions)}
