"""Self-contained HTML report of attention: examples, layers, heads, gates, gold and measures."""

from ...optional_dependencies import optional_dependency

with optional_dependency("focus"):
    from .builder import build_report
    from .example import MeasureTable, ReportExample
    from .from_records import report_examples, report_model
    from .report_page import ReportPage

__all__ = [
    "MeasureTable",
    "ReportExample",
    "ReportPage",
    "build_report",
    "report_examples",
    "report_model",
]
