"""Is attention where people would look?"""

from .rationales import Agreement, iou_f1, runs, span_agreement, token_agreement, token_f1, tokens_in
from .regions import attention_correctness, covered, pointing_game
from .soft_rationales import auprc, gold_share, top_share
from .symmetrization import symmetrize

__all__ = [
    "Agreement",
    "attention_correctness",
    "auprc",
    "covered",
    "gold_share",
    "iou_f1",
    "pointing_game",
    "runs",
    "span_agreement",
    "symmetrize",
    "token_agreement",
    "token_f1",
    "tokens_in",
    "top_share",
]
