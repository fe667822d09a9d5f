"""What attention tells: word alignments and their error. Figures are in `foveal.focus.figures`."""

from .alignment import AlignmentError, align, alignment_error_rate, words_from_pieces

__all__ = ["AlignmentError", "align", "alignment_error_rate", "words_from_pieces"]
