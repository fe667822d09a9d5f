"""What attention tells: records of it, word alignments, their error; whether to believe it, whether people
agree, what noise does to it, and how to lead it. Figures: `foveal.focus.figures`."""

from .alignment import AlignmentError, align, alignment_error_rate, words_from_pieces
from .controls import Controlled, beside_controls, control_maps
from .distances import jensen_shannon, total_variation
from .faithfulness import (
    Adversary,
    adversarial_attention,
    comprehensiveness,
    kendall_tau,
    leave_one_out,
    masked_by,
    output_change,
    permuted_attention,
    permuted_weights,
    replaced_weights,
    seed_drift,
    sufficiency,
    text_without,
    uniform_weights,
    without,
)
from .focus_record import Axis, FocusRecord, ImageAxis, TextAxis
from .intervals import Interval, interval
from .plausibility import (
    Agreement,
    attention_correctness,
    auprc,
    covered,
    gold_share,
    iou_f1,
    pointing_game,
    runs,
    span_agreement,
    symmetrize,
    token_agreement,
    token_f1,
    tokens_in,
    top_share,
)

__all__ = ['Adversary', 'Agreement', 'AlignmentError', 'Axis', 'Controlled', 'FocusRecord', 'ImageAxis', 'Interval', 'TextAxis', 'adversarial_attention', 'align', 'alignment_error_rate', 'attention_correctness', 'auprc', 'beside_controls', 'comprehensiveness', 'control_maps', 'covered', 'gold_share', 'interval', 'iou_f1', 'jensen_shannon', 'kendall_tau', 'leave_one_out', 'masked_by', 'output_change', 'permuted_attention', 'permuted_weights', 'pointing_game', 'replaced_weights', 'runs', 'seed_drift', 'span_agreement', 'sufficiency', 'symmetrize', 'text_without', 'token_agreement', 'token_f1', 'tokens_in', 'top_share', 'total_variation', 'uniform_weights', 'without', 'words_from_pieces']
