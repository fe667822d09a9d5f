"""Tests of the heads, queries and keys that a page shows."""

import re

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis
from foveal.focus.report.window import MAX_BYTES, select_windows

RECORD = FocusRecord("first", np.ones((1, 4, 6, 5)) / 5)
SHORT = FocusRecord("second", np.ones((1, 3, 2, 5)) / 5)


def test_everything_is_shown_without_a_note_where_it_fits():
    first, second = select_windows([RECORD, SHORT])
    assert first == (range(4), range(6), range(5), "")
    assert second == (range(3), range(2), range(5), "")


def test_selection_is_described():
    [window] = select_windows([RECORD], heads=[3, 0, 3], queries=range(2, 9), keys=range(1, 3))
    assert window[:3] == ([0, 3], range(2, 6), range(1, 3))
    assert window.note == (
        "Of this layer the page shows heads 1, 4 of 4, queries 3 to 6 of 6, keys 2 to 3 of 5. "
        "Weights on the other keys are left out."
    )


def test_selection_of_everything_has_no_note():
    [window] = select_windows([RECORD], heads=range(4), queries=range(6), keys=range(100))
    assert window == ([0, 1, 2, 3], range(6), range(5), "")


@pytest.mark.parametrize("max_bytes", [150, 400, 700, 900, 1100, 1400])
def test_the_largest_number_of_queries_that_fits_is_shown(max_bytes):
    """Compare with a search over all numbers of queries, by the bytes of a row: 5 weights and a maximum."""

    def page_bytes(count):
        return sum(
            heads * min(count, queries) * (5 * 4 / 3 + 12) + 16 * (min(count, queries) + 5)
            for heads, queries in ((4, 6), (3, 2))
        )

    fitting = [count for count in range(1, 7) if page_bytes(count) <= max_bytes]
    expected = max(fitting, default=1)
    first, second = select_windows([RECORD, SHORT], max_bytes=max_bytes)
    assert first.queries == range(expected)
    assert second.queries == range(min(expected, 2))
    assert ("would take" in first.note) == (expected < 6)
    assert ("would take" in second.note) == (expected < 2)
    assert (first.keys, second.keys) == (range(5), range(5))


def test_twelve_layers_and_heads_of_1024_tokens_show_every_key_of_the_first_queries():
    weights = np.broadcast_to(np.float32(1 / 1024), (1, 12, 1024, 1024))
    records = [FocusRecord(f"block_{layer}", weights) for layer in range(12)]
    windows = select_windows(records)
    assert {(len(w.heads), len(w.queries), len(w.keys)) for w in windows} == {(12, 94, 1024)}
    assert windows[0].note.startswith("Of this layer the page shows queries 1 to 94 of 1,024. All that was ")
    assert "203 MB" in windows[0].note
    [single] = select_windows(records[:1])
    assert single.note == ""
    selected = select_windows(records, heads=[0], queries=range(300, 1300))
    assert {(w.heads[0], len(w.queries), w.queries.start) for w in selected} == {(0, 724, 300)}
    assert MAX_BYTES > 12 * 724 * (1024 * 4 / 3 + 12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heads": []}, "`heads` must be positions of the 4 heads of 'first'. Received: heads=[]"),
        ({"heads": [1, 4]}, "Received: heads=[1, 4]"),
        ({"heads": [-1]}, "Received: heads=[-1]"),
        ({"queries": range(6, 9)}, "`queries` must be a range of step 1 of the 6 queries of 'first'"),
        ({"queries": range(-3, 2)}, "Received: queries=range(-3, 2)"),
        ({"keys": range(0, 4, 2)}, "`keys` must be a range of step 1 of the 5 keys of 'first'"),
        ({"keys": range(3, 3)}, "Received: keys=range(3, 3)"),
    ],
)
def test_invalid_selection_raises(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        select_windows([RECORD], **arguments)


def test_selection_of_image_regions_raises():
    grid = ImageAxis.from_grid(1, 5, (4, 10))
    record = FocusRecord("image", RECORD.weights, keys=[grid])
    with pytest.raises(ValueError, match="`keys` must be None for the image regions of 'image'"):
        select_windows([record], keys=range(2))
