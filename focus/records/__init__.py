"""Focus records: attention weights with axes, mask and gate; storage, export, word alignment. Public."""

from .alignment import Links, align, link_set
from .axes import Axis, ImageAxis, TextAxis
from .export_formats import bertviz_json, eraser_line, pharaoh_line
from .focus_record import AttentionMap, FocusRecord, describe_heads
from .from_saved_model import records_from_signature
from .regions import box_coverage, validate_boxes
from .spans import (
    Spans,
    span_membership,
    spans_from_mask,
    tokens_in_spans,
    words_from_pieces,
)
from .storage import load_records, save_records
from .symmetrization import symmetrize
from .word_segmentation import join_words, word_axis, word_offsets, word_spans

__all__ = [
    "AttentionMap",
    "Axis",
    "FocusRecord",
    "ImageAxis",
    "Links",
    "Spans",
    "TextAxis",
    "align",
    "bertviz_json",
    "box_coverage",
    "describe_heads",
    "eraser_line",
    "join_words",
    "link_set",
    "load_records",
    "pharaoh_line",
    "records_from_signature",
    "save_records",
    "span_membership",
    "spans_from_mask",
    "symmetrize",
    "tokens_in_spans",
    "validate_boxes",
    "word_axis",
    "word_offsets",
    "word_spans",
    "words_from_pieces",
]
