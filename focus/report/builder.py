"""Builder of the self-contained HTML report of attention."""

from collections.abc import Mapping, Sequence

from ..figures.style import escape_unprintable
from .example import MeasureTable, ReportExample, validate_measures
from .example_encoding import encode_examples, round_measures
from .opening import opening_example
from .report_page import ReportPage
from .viewer import FOLDER, color_scales, render_page, viewer_script, viewer_style


def build_report(
    examples: Sequence[ReportExample],
    title: str,
    measures: MeasureTable | None = None,
    notes: Mapping[str, str] | None = None,
    heads: Sequence[int] | None = None,
    queries: range | None = None,
    keys: range | None = None,
) -> ReportPage:
    """Build a self-contained HTML page of attention, which works in any browser without a network.

    The reader selects an example, a layer and a head. For each query the page shows the attended keys, in the
    text or in the image, and for each key the queries that attend to it. It also shows the gate, the gold
    annotation, and the measures of the model beside those of baselines. Outputs with an error are marked, and
    so are words that are written from memory, by a sentinel gate above one half.
    Examples can be sorted and filtered by their error and by the share of attention outside of the gold.

    Args:
        examples: At least one example. The page opens with the first example with gold annotation, the layer
            of its first record, the mean of the heads, and the longest word, of those with gold if there are
            any.
        title: Title of the page, such as the names of the model and the dataset.
        measures: Measures over all examples, in the form of `ReportExample.measures`.
        notes: Explanation of each measure, by its name: one sentence that says what its ends mean.
        heads: Positions of the heads that the page shows, counted from 0; all when `None`.
        queries: Positions of the queries that the page shows, such as `range(100, 200)`; all when `None`.
        keys: The same for the keys.

    Returns:
        The HTML page, a string; `page.save("focus.html")` writes it. It holds one byte for each weight, so
        that twenty sentences take less than a megabyte. A weight differs from that of the record by at most
        1/510 of the highest weight of its query. The weights take less than 20 MB: where more is selected,
        the page shows the first queries of each layer, and says so.

    Raises:
        ValueError: If there is no example, a measure is not finite, or a head, query or key does not exist.

    Example:
        >>> from foveal.focus import FocusRecord, TextAxis
        >>> words = TextAxis(["o", "gato"], np.array([[0, 1], [2, 6]]), "o gato")
        >>> record = FocusRecord("attention", np.eye(2)[None, None], queries=[words], keys=[words])
        >>> page = build_report([ReportExample([record], "o gato")], "A translator")
        >>> page[:15]
        '<!DOCTYPE html>'
    """
    if not examples:
        raise ValueError("`examples` must hold at least one example. Received: examples=[].")
    validate_measures(measures or {})
    data = {
        "examples": encode_examples(examples, heads, queries, keys),
        "opening": opening_example(examples),
        "measures": round_measures(measures or {}),
        "notes": dict(notes or {}),
        "scales": color_scales(),
    }
    js = viewer_script(FOLDER, "examples", "address")
    page = render_page(
        FOLDER, "page.html", title=escape_unprintable(title), data=data, css=viewer_style(), js=js
    )
    return ReportPage(page)
