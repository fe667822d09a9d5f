"""What attention tells: records of it from any Keras model, their measures, word alignments and their error.

Figures: `foveal.focus.figures`.
"""

from .alignment import AlignmentError, align, alignment_error_rate, words_from_pieces
from .answers import read_answer
from .exports import bertviz_json, eraser_line, pharaoh_line
from .focus_record import Axis, FocusRecord, ImageAxis, TextAxis
from .gradients import attention_gradients
from .measures import (
    attention_flow,
    attention_rollout,
    coverage,
    effective_keys,
    entropy,
    gini,
    gradient_times_attention,
    head_distances,
    mass_on,
    mean_distance,
    padding_keys,
    special_keys,
    zero_share,
)
from .recording import record
from .sampling import FocusSampler
from .storage import load_records, save_records

__all__ = [
    "AlignmentError",
    "Axis",
    "FocusRecord",
    "FocusSampler",
    "ImageAxis",
    "TextAxis",
    "align",
    "alignment_error_rate",
    "attention_flow",
    "attention_gradients",
    "attention_rollout",
    "bertviz_json",
    "coverage",
    "effective_keys",
    "entropy",
    "eraser_line",
    "gini",
    "gradient_times_attention",
    "head_distances",
    "load_records",
    "mass_on",
    "mean_distance",
    "padding_keys",
    "pharaoh_line",
    "read_answer",
    "record",
    "save_records",
    "special_keys",
    "words_from_pieces",
    "zero_share",
]
