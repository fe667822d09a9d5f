"""Alignment error rate of predicted word alignments (Och and Ney 2003)."""

from collections.abc import Sequence
from typing import NamedTuple

from ..records.alignment import Links, link_set


class AlignmentError(NamedTuple):
    """Alignment error rate with its precision and recall, each from 0 to 1."""

    error_rate: float
    precision: float
    recall: float


def alignment_error_rate(
    predicted: Sequence[Links],
    gold_sure: Sequence[Links],
    gold_possible: Sequence[Links] | None = None,
) -> AlignmentError:
    """Compute the alignment error rate of a corpus (Och and Ney 2003).

    With predicted links A, sure links S and possible links P (a superset of S), summed over the
    sentences: precision |A & P| / |A|, recall |A & S| / |S|, and
    error rate 1 - (|A & S| + |A & P|) / (|A| + |S|).

    Args:
        predicted: pairs `(source, target)` for each sentence.
        gold_sure: the required pairs for each sentence.
        gold_possible: further pairs that are allowed; none by default.

    Returns:
        An `AlignmentError`. Precision is 1 if nothing is predicted, recall if there is no sure link.

    Raises:
        ValueError: if the lists have different lengths, or hold no link at all.

    Example:
        >>> alignment_error_rate([{(0, 0), (1, 1)}], [{(0, 0)}], [{(1, 2)}])
        AlignmentError(error_rate=0.33333333333333337, precision=0.5, recall=1.0)

    Reference:
        Och and Ney 2003, A Systematic Comparison of Various Statistical Alignment Models, the section on
        evaluation.
    """
    possible = gold_possible if gold_possible is not None else [()] * len(gold_sure)
    if not len(predicted) == len(gold_sure) == len(possible):
        raise ValueError(
            "`predicted`, `gold_sure` and `gold_possible` must have one entry for each sentence. "
            f"Received: lengths {len(predicted)}, {len(gold_sure)}, {len(possible)}"
        )
    num_links = num_sure = num_sure_predicted = num_possible_predicted = 0
    for links, sure, allowed in zip(predicted, gold_sure, possible, strict=True):
        links, sure, allowed = link_set(links), link_set(sure), link_set(allowed)
        num_links, num_sure = num_links + len(links), num_sure + len(sure)
        num_sure_predicted += len(links & sure)
        num_possible_predicted += len(links & (sure | allowed))
    if num_links + num_sure == 0:
        raise ValueError("`predicted` and `gold_sure` must hold at least one link. Received: no links")
    return AlignmentError(
        error_rate=1 - (num_sure_predicted + num_possible_predicted) / (num_links + num_sure),
        precision=num_possible_predicted / num_links if num_links else 1.0,
        recall=num_sure_predicted / num_sure if num_sure else 1.0,
    )
