"""Self-contained HTML report of attention: examples, layers, heads, gates, gold and measures."""

try:
    from .builder import build_report
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f'`foveal.focus.report` requires `{error.name}`. Install it with `pip install "foveal[focus]"`.',
        name=error.name,
    ) from error
from .example import MeasureTable, ReportExample
from .from_records import report_examples, report_model
from .report_page import ReportPage

__all__ = ["MeasureTable", "ReportExample", "ReportPage", "build_report", "report_examples", "report_model"]
