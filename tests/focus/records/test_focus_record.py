import html
import re
import sys

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.records.focus_record import is_from_sentinel

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))
TEXT_AXIS = TextAxis(["a", "cat"], np.array([[0, 1], [2, 5]]), "a cat")
IMAGE_AXIS = ImageAxis(np.array([[0, 0, 5, 5], [0, 5, 5, 10], [5, 0, 10, 5]]), (10, 10))


def test_example_removes_padding():
    gate, mask = np.random.default_rng(1).random((2, 3, 4)), WEIGHTS > 0.1
    record = FocusRecord(
        "layer", WEIGHTS, mask, gate, queries=[TEXT_AXIS, TEXT_AXIS], keys=[IMAGE_AXIS, IMAGE_AXIS]
    )
    for index in (1, -1):
        example = record.example(index)
        assert example.layer == "layer"
        assert len(example) == 1
        np.testing.assert_array_equal(example.weights, WEIGHTS[1:, :, :2, :3])
        np.testing.assert_array_equal(example.mask, mask[1:, :, :2, :3])
        np.testing.assert_array_equal(example.gate, gate[1:, :, :2])
        assert example.queries == [TEXT_AXIS]
        assert example.keys == [IMAGE_AXIS]


def test_example_broadcasts_mask():
    example = FocusRecord("layer", WEIGHTS, mask=np.array([True] * 4 + [False])).example(0)
    np.testing.assert_array_equal(example.mask, np.broadcast_to([True] * 4 + [False], (1, 3, 4, 5)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": WEIGHTS[0]}, r"\(batch, heads, queries, keys\)"),
        ({"gate": WEIGHTS}, r"`gate` must have shape .*\(2, 3, 4\)"),
        ({"mask": np.ones((4, 4), bool)}, "broadcast"),
        ({"queries": [TEXT_AXIS]}, "`queries` must have an axis for each of 2 examples"),
        (
            {"keys": [TEXT_AXIS, TextAxis(["a"] * 6, np.zeros((6, 2)))]},
            "`keys` must have axes of at most 5 positions. Received: an axis of length 6",
        ),
    ],
)
def test_mismatched_shapes_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        FocusRecord(**{"layer": "layer", "weights": WEIGHTS, **arguments})


def test_attention_map_is_that_of_a_head_or_the_mean_of_the_heads():
    gate = np.random.default_rng(1).random((2, 3, 4))
    record = FocusRecord("layer", WEIGHTS, gate=gate, keys=[IMAGE_AXIS, TEXT_AXIS])
    mean = record.attention_map()
    np.testing.assert_allclose(mean.weights, WEIGHTS[0, :, :, :3].mean(axis=0))
    np.testing.assert_allclose(np.array(mean.gate), gate[0].mean(axis=0))
    assert (mean.queries, mean.heads) == (["1", "2", "3", "4"], "mean of 3 heads")
    assert mean.keys == ["region 1", "region 2", "region 3"]
    head = record.attention_map(-1, head=-1)
    np.testing.assert_array_equal(head.weights, WEIGHTS[1, 2, :, :2])
    np.testing.assert_array_equal(head.gate, gate[1, 2])
    assert (head.keys, head.heads) == (["a", "cat"], "head 3")
    assert FocusRecord("layer", WEIGHTS[:, :1]).attention_map().heads == ""


def test_missing_example_or_head_raises():
    record = FocusRecord("layer", WEIGHTS)
    for index in (2, -3):
        with pytest.raises(ValueError, match=f"`index` must be .* 2 examples .* Received: index={index}"):
            record.example(index)
    for head in (3, -4):
        with pytest.raises(ValueError, match=f"`head` must be .* 3 heads .* Received: head={head}"):
            record.attention_map(head=head)


def test_with_labels_replaces_the_given_axes():
    record = FocusRecord("layer", WEIGHTS, queries=[TEXT_AXIS, TEXT_AXIS])
    labelled = record.with_labels(keys=[["x", "y", "z"], IMAGE_AXIS])
    assert labelled.queries == [TEXT_AXIS, TEXT_AXIS]
    assert [axis.labels for axis in labelled.keys or []] == [["x", "y", "z"], IMAGE_AXIS.labels]
    assert labelled.example(0).weights.shape == (1, 3, 2, 3)
    with pytest.raises(ValueError, match="`keys` must have an axis for each of 2 examples"):
        record.with_labels(keys=[["x"]])


def test_word_is_from_memory_by_a_sentinel_gate_above_one_half():
    assert is_from_sentinel([0.0, 0.5, 0.51]).tolist() == [False, False, True]
    assert is_from_sentinel([1.0], "output").tolist() == [False]
    assert not is_from_sentinel(None)


def test_notebook_shows_the_page_of_a_record_in_a_frame():
    record = FocusRecord("attention", WEIGHTS)
    [source] = re.findall(r'^<iframe srcdoc="([^"]*)"', record._repr_html_() or "")
    page = html.unescape(source)
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>attention</title>" in page


def test_record_without_a_page_is_a_line_of_text_in_a_notebook(monkeypatch):
    for weights in (WEIGHTS[:0], np.full((1, 1, 2, 2), np.nan), -WEIGHTS):
        assert FocusRecord("attention", weights)._repr_html_() is None
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for name in [*sys.modules]:
        if name.startswith("foveal.focus.report"):
            monkeypatch.delitem(sys.modules, name)
    assert FocusRecord("attention", WEIGHTS)._repr_html_() is None


def test_text_of_a_record_is_its_layer_and_shape():
    gate = np.ones((2, 3, 4))
    assert repr(FocusRecord("encoder/attention", WEIGHTS)) == (
        "<FocusRecord of 'encoder/attention': batch 2, heads 3, queries 4, keys 5>"
    )
    assert repr(FocusRecord("a", WEIGHTS, gate=gate, gate_kind="output")).endswith("keys 5, output gate>")
