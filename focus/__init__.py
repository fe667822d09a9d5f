"""What attention tells: records of it, word alignments, their error. Figures: `foveal.focus.figures`."""

from .alignment import AlignmentError, align, alignment_error_rate, words_from_pieces
from .focus_record import Axis, FocusRecord, ImageAxis, TextAxis
from .recording import record

__all__ = [
    "AlignmentError",
    "Axis",
    "FocusRecord",
    "ImageAxis",
    "TextAxis",
    "align",
    "alignment_error_rate",
    "record",
    "words_from_pieces",
]
