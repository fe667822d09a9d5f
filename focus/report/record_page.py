"""Page of one focus record, as a notebook shows it."""

from collections.abc import Sequence

import numpy as np

from ..records.axes import ImageAxis
from ..records.focus_record import FocusRecord
from .builder import build_report
from .from_records import report_examples
from .report_page import ReportPage

MAX_EXAMPLES = 20


def record_page(focus: FocusRecord) -> ReportPage:
    """Build the report of one record: its first 20 examples, with a blank image behind image regions.

    Args:
        focus: a record.

    Returns:
        The HTML page, see `build_report`.

    Raises:
        ValueError: if the record is none that a report can show, see `ReportExample`.

    Example:
        >>> record_page(FocusRecord("attention", np.full((1, 2, 3, 4), 0.25)))[:15]
        '<!DOCTYPE html>'
    """
    examples = report_examples([focus], _blank_images(focus))[:MAX_EXAMPLES]
    is_part = len(examples) < len(focus)
    title = f"{focus.layer}: {MAX_EXAMPLES} of {len(focus):,} examples" if is_part else focus.layer
    return build_report(examples, title)


def _blank_images(focus: FocusRecord) -> Sequence[np.ndarray] | None:
    axes = [axis for axis in focus.keys or [] if isinstance(axis, ImageAxis)]
    return [np.full((*axis.size, 3), 255, np.uint8) for axis in axes] or None
