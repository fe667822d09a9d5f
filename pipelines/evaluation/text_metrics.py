"""How good is the text? BLEU and chrF, with the signatures that say how they were computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF


@dataclass(frozen=True)
class Score:
    """A corpus score from 0 to 100, and the signature that says how it was computed."""

    value: float
    signature: str


def bleu(hypotheses: Sequence[str], references: Sequence[str], lowercase: bool = False) -> Score:
    """sacreBLEU (Post, 2018) of a corpus, on detokenized text.

    Args:
        hypotheses: one text for each example.
        references: the text that a person wrote for each of them.
        lowercase: compare without case, as older papers do on tokenized text.

    Returns:
        A `Score`.

    Raises:
        ValueError: where there is no example, or not one reference for each hypothesis.

    Reference: Post, A Call for Clarity in Reporting BLEU Scores (2018).
    """
    return _corpus_score(BLEU(lowercase=lowercase), hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    """chrF (Popović, 2015) of a corpus: an F-score over character n-grams.

    Args:
        hypotheses: one text for each example.
        references: the text that a person wrote for each of them.

    Returns:
        A `Score`.

    Raises:
        ValueError: where there is no example, or not one reference for each hypothesis.

    Reference: Popović, chrF: character n-gram F-score for automatic MT evaluation (2015).
    """
    return _corpus_score(CHRF(), hypotheses, references)


def _corpus_score(metric: BLEU | CHRF, hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            "Expected at least one hypothesis, and one reference for each. "
            f"Received: {len(hypotheses)} hypotheses and {len(references)} references."
        )
    score = metric.corpus_score(hypotheses, [references]).score
    return Score(float(score), str(metric.get_signature()))
