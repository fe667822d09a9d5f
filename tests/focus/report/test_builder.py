"""Tests of the HTML report: its data, its colours and its independence of a network."""

import base64
import importlib
import io
import json
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.report import ReportExample, build_report
from foveal.focus.report.example_encoding import MAX_IMAGE_SIZE

KEYS = TextAxis(["o", "gato", "[END]"], np.array([[0, 1], [2, 6], [6, 6]]), "o gato")
QUERIES = TextAxis(["the", "cat"], np.array([[0, 3], [4, 7]]), "the cat")
WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(3), (1, 4, 2))
GATE = np.random.default_rng(1).random((1, 4, 2))
RECORD = FocusRecord("cross", WEIGHTS, gate=GATE, queries=[QUERIES], keys=[KEYS])
REGIONS = ImageAxis(np.array([[0, 0, 5, 10], [0, 10, 5, 20], [5, 0, 10, 10]]), (10, 20))
IMAGE_RECORD = replace(RECORD, keys=[REGIONS])
IMAGE = np.full((10, 20, 3), 200, np.uint8)


def page_data(page):
    """The JSON data of the page."""
    blocks = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert len(blocks) == 1
    return json.loads(blocks[0])


def layer_data(page, example=0, layer=0):
    return page_data(page)["examples"][example]["layers"][layer]


def decoded_weights(layer):
    """The weights (heads, queries, keys) of a layer of the page."""
    shape = layer["heads"], len(layer["queries"]["labels"]), len(layer["keys"]["labels"])
    shares = np.frombuffer(base64.b64decode(layer["weights"]), np.uint8).reshape(shape) / 255
    return shares * np.reshape(layer["maxima"], (*shape[:2], 1))


def test_encoded_weights_are_within_half_a_byte_of_the_row_maximum():
    layer = layer_data(build_report([ReportExample([RECORD], "o gato")], "t"))
    bound = WEIGHTS[0].max(-1, keepdims=True) / 510 + 1e-6
    assert (np.abs(decoded_weights(layer) - WEIGHTS[0]) <= bound).all()
    np.testing.assert_allclose(layer["gate"], GATE[0], atol=1e-4)


def test_selected_heads_queries_and_keys_have_their_weights_labels_and_gold():
    gold = {(0, 0), (1, 1), (2, 1)}
    example = ReportExample([RECORD], "t", gold=gold)
    layer = layer_data(build_report([example], "t", heads=[0, 3], queries=range(1, 2), keys=range(1, 3)))
    np.testing.assert_allclose(decoded_weights(layer), WEIGHTS[0, [0, 3], 1:2, 1:3], atol=1 / 510 + 5e-6)
    np.testing.assert_allclose(layer["gate"], GATE[0, [0, 3], 1:2], atol=1e-4)
    assert (layer["queries"]["labels"], layer["keys"]["labels"]) == (["cat"], ["gato", "[END]"])
    assert (layer["headNames"], layer["meanName"]) == (["head 1", "head 4"], "mean of 2 of 4 heads")
    assert sorted(layer["gold"]) == [[0, 0], [1, 0]]
    assert layer["opening"] == 0
    assert "heads 1, 4 of 4, queries 2 to 2 of 2, keys 2 to 3 of 3" in layer["window"]


def test_selected_queries_have_their_boxes_and_positions():
    example = ReportExample(
        [replace(IMAGE_RECORD, queries=None)], "t", image=IMAGE, boxes={1: [[0, 0, 4, 4]]}
    )
    layer = layer_data(build_report([example], "t", queries=range(1, 2)))
    assert layer["boxes"] == {"0": [[0, 0, 4, 4]]}
    assert layer["queries"]["labels"] == ["2"]
    assert len(layer["keys"]["boxes"]) == 3


def test_single_selected_head_is_named():
    layer = layer_data(build_report([ReportExample([RECORD], "t")], "t", heads=[2]))
    assert (layer["headNames"], layer["meanName"]) == (["head 3"], "head 3")


def test_page_of_12_layers_12_heads_and_1024_tokens_takes_less_than_20_megabytes():
    weights = np.random.default_rng(0).random((1, 12, 1024, 1024), "float32")
    weights[..., :512, :] *= np.tri(512, 1024, dtype="float32")  # with exact zeros
    weights /= weights.sum(-1, keepdims=True)
    words = [[f"token{position}" for position in range(1024)]]
    records = [FocusRecord(f"block_{n}", weights).with_labels(words, words) for n in range(12)]
    page = build_report([ReportExample(records, "t")], "t")
    assert 15_000_000 < len(page.encode()) < len(page._repr_html_().encode()) < 20_000_000
    for index in (0, 11):
        layer = layer_data(page, layer=index)
        shown = weights[0, :, : len(layer["queries"]["labels"])]
        decoded = decoded_weights(layer)
        assert (np.abs(decoded - shown) <= shown.max(-1, keepdims=True) * (1 / 510 + 5e-6)).all()
        assert (decoded[shown == 0] == 0).all()
        assert "queries 1 to 94 of 1,024" in layer["window"]


@pytest.mark.parametrize(
    ("record", "threshold"),
    [
        (RECORD, 0.5),
        (replace(RECORD, queries=None), 0.5),
        (replace(RECORD, gate=None), None),
        (replace(RECORD, gate_kind="output"), None),
        (replace(RECORD, queries=[TextAxis(["good 91%", "b"], np.zeros((2, 2)))]), None),  # not written
    ],
)
def test_words_of_a_sentinel_gate_alone_have_a_threshold_of_memory(record, threshold):
    assert layer_data(build_report([ReportExample([record], "t")], "t"))["memoryThreshold"] == threshold


def test_missing_labels_are_positions():
    layer = layer_data(build_report([ReportExample([FocusRecord("a", WEIGHTS)], "t")], "t"))
    assert layer["keys"]["labels"] == ["1", "2", "3"]
    assert layer["queries"]["labels"] == ["1", "2"]


def test_grid_regions_are_labelled_by_row_and_column_and_others_by_number():
    grid = ImageAxis(np.array([[r, c, r + 5, c + 5] for r in (0, 5) for c in (0, 5, 10)]), (10, 15))
    weights = np.ones((1, 1, 2, 6)) / 6
    examples = [
        ReportExample([FocusRecord("a", weights, keys=[grid])], "t", image=IMAGE),
        ReportExample([IMAGE_RECORD], "t", image=IMAGE),
    ]
    page = build_report(examples, "t")
    assert layer_data(page)["keys"]["labels"][4] == "row 2, column 2"
    assert layer_data(page, 1)["keys"]["labels"] == ["region 1", "region 2", "region 3"]


@pytest.mark.parametrize(("size", "thumbnail"), [((30, 20), (30, 20)), ((600, 1200), (240, MAX_IMAGE_SIZE))])
def test_image_is_a_jpeg_thumbnail_in_the_page(size, thumbnail):
    image = np.zeros((*size, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    page = build_report([ReportExample([IMAGE_RECORD], "t", image=image)], "t")
    encoded = page_data(page)["examples"][0]["image"]
    assert (encoded["height"], encoded["width"]) == size
    kind, content = encoded["uri"].split(",")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    assert kind == "data:image/jpeg;base64"
    assert pixels.shape[:2] == thumbnail
    np.testing.assert_allclose(pixels.mean((0, 1)), [200, 100, 50], atol=3)


def test_gold_is_kept_for_layers_with_the_axes_of_the_first_record():
    baseline = replace(RECORD, layer="baseline")
    unlabelled = replace(RECORD, layer="self", queries=None, keys=None)
    page = build_report([ReportExample([RECORD, baseline, unlabelled], "t", gold={(1, 0)})], "t")
    assert [layer_data(page, layer=index)["gold"] for index in range(3)] == [[[1, 0]], [[1, 0]], []]


def test_markup_in_any_text_is_escaped():
    hostile = "</script><script>alert(1)</script><!--"
    axis = TextAxis([hostile, " ", "\ud800"], np.zeros((3, 2)), hostile)
    record = replace(RECORD, layer=hostile, keys=[axis])
    measures = {hostile: {hostile: 1.0}}
    example = ReportExample([record], hostile, reference=hostile, measures=measures)
    page = build_report([example], hostile, measures, {hostile: hostile})
    page.encode()
    assert page.count("<script") == page.count("</script>") == 2
    assert "alert(1)" not in page.split('type="application/json"')[0].replace("alert(1)&lt;", "")
    assert layer_data(page)["keys"]["labels"] == [hostile, "' '", r"\ud800"]


def test_measures_keep_their_order_and_six_digits():
    measures = {"b": {"model": 0.123456789, "a": 2.0}, "a": {"model": 1.0}}
    page = build_report([ReportExample([RECORD], "t", measures=measures)], "t", measures, {"b": "low"})
    data = page_data(page)
    assert json.dumps(data["measures"]) == '{"b": {"model": 0.123457, "a": 2.0}, "a": {"model": 1.0}}'
    assert data["measures"] == data["examples"][0]["measures"]
    assert data["notes"] == {"b": "low"}


def test_page_of_twenty_large_examples_is_below_five_megabytes():
    rng = np.random.default_rng(0)
    regions = ImageAxis(np.tile([0.0, 0.0, 9.0, 9.0], (196, 1)), (900, 900))
    words = TextAxis(["word"] * 20, np.zeros((20, 2)))
    coarse = rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)  # more detail than a photograph has
    image = coarse.repeat(10, 0).repeat(10, 1)
    layers = [
        FocusRecord(f"{index}", rng.random((1, 8, 20, 196)), queries=[words], keys=[regions])
        for index in range(2)
    ]
    page = build_report([ReportExample(layers, "t", image=image)] * 20, "t")
    assert len(page.encode()) < 5_000_000


def test_invalid_report_arguments_raise():
    with pytest.raises(ValueError, match="`examples` must hold at least one example"):
        build_report([], "t")
    with pytest.raises(
        ValueError, match=r"`measures` must be finite. Received: measures\['a'\]\['model'\]=inf"
    ):
        build_report([ReportExample([RECORD], "t")], "t", {"a": {"model": np.inf}})


def test_page_has_no_external_resources():
    page = build_report([ReportExample([IMAGE_RECORD], "t", image=IMAGE)], "t")
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    assert [url for url in re.findall(r"https?://[^\s\"')]+", page) if "www.w3.org" not in url] == []
    assert "default-src 'none'" in page


def test_missing_jinja2_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for name in [*sys.modules]:
        if name.startswith("foveal.focus.report"):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(
        ModuleNotFoundError, match=r"`jinja2` is not installed.*pip install \"foveal\[focus\]\""
    ):
        importlib.import_module("foveal.focus.report")
