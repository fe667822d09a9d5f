"""BLEU and chrF of a corpus, with the signatures of their computation (sacreBLEU, Post 2018)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF


@dataclass(frozen=True)
class Score:
    """A corpus score from 0 to 100, and the signature that documents its computation."""

    value: float
    signature: str


def bleu(hypotheses: Sequence[str], references: Sequence[str], lowercase: bool = False) -> Score:
    """Compute sacreBLEU of a corpus of detokenized text (Papineni et al. 2002; Post 2018).

    Args:
        hypotheses: one text for each example.
        references: the human reference of each example.
        lowercase: ignore case, as older papers do on tokenized text.

    Returns:
        A `Score`.

    Raises:
        ValueError: if there is no example, or not one reference for each hypothesis.

    Example:
        >>> round(bleu(["the cat sat on the mat"], ["the cat sat on the mat"]).value, 1)
        100.0

    Reference:
        Post 2018, A Call for Clarity in Reporting BLEU Scores.
    """
    return _corpus_score(BLEU(lowercase=lowercase), hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    """Compute chrF of a corpus: an F-score over character n-grams (Popović 2015).

    Args:
        hypotheses: one text for each example.
        references: the human reference of each example.

    Returns:
        A `Score`.

    Raises:
        ValueError: if there is no example, or not one reference for each hypothesis.

    Reference:
        Popović 2015, chrF: character n-gram F-score for automatic MT evaluation.
    """
    return _corpus_score(CHRF(), hypotheses, references)


def _corpus_score(metric: BLEU | CHRF, hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            "`hypotheses` must hold at least one text, and `references` one text for each. "
            f"Received: {len(hypotheses)} hypotheses and {len(references)} references"
        )
    score = metric.corpus_score(hypotheses, [references]).score
    return Score(float(score), str(metric.get_signature()))
