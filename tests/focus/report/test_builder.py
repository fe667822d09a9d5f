import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.figures.alignment import ATTENTION_COLORMAP
from foveal.focus.report.builder import DARK_COLORMAP, LONGEST, NUM_COLORS, report
from foveal.focus.report.example import ReportExample

KEYS = TextAxis(["o", "gato", "[END]"], np.array([[0, 1], [2, 6], [6, 6]]), "o gato")
QUERIES = TextAxis(["the", "cat"], np.array([[0, 3], [4, 7]]), "the cat")
WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(3), (1, 4, 2))
GATE = np.random.default_rng(1).random((1, 4, 2))
RECORD = FocusRecord("cross", WEIGHTS, gate=GATE, queries=[QUERIES], keys=[KEYS])
CELLS = ImageAxis(np.array([[0, 0, 5, 10], [0, 10, 5, 20], [5, 0, 10, 10]]), (10, 20))
LOOKED = replace(RECORD, keys=[CELLS])
PICTURE = np.full((10, 20, 3), 200, np.uint8)


def data_of(page):
    """What the page knows, as a browser reads it."""
    blocks = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert len(blocks) == 1
    return json.loads(blocks[0])


def layer_of(page, example=0, layer=0):
    return data_of(page)["examples"][example]["layers"][layer]


def test_weights_come_back_within_a_byte_of_their_row():
    layer = layer_of(report([ReportExample([RECORD], "o gato")], "t"))
    shares = np.frombuffer(base64.b64decode(layer["weights"]), np.uint8).reshape(4, 2, 3) / 255
    found = shares * np.reshape(layer["largest"], (4, 2, 1))
    bound = WEIGHTS[0].max(-1, keepdims=True) / 255
    assert (np.abs(found - WEIGHTS[0]) <= bound).all()
    np.testing.assert_allclose(layer["gate"], GATE[0], atol=1e-4)


def test_a_row_of_zeros_stays_one():
    layer = layer_of(report([ReportExample([replace(RECORD, weights=np.zeros((1, 4, 2, 3)))], "t")], "t"))
    assert set(base64.b64decode(layer["weights"])) == {0}


def test_a_label_is_spaced_as_it_is_in_the_text():
    text = "não-sei 你好"
    pieces = ["não", "-", "sei", "你", "好", "[END]"]
    offsets = np.array([[0, 4], [4, 5], [5, 8], [9, 12], [12, 15], [15, 15]])
    record = FocusRecord("a", np.ones((1, 1, 1, 6)) / 6, keys=[TextAxis(pieces, offsets, text)])
    keys = layer_of(report([ReportExample([record], text)], "t"))["keys"]
    assert keys["labels"] == pieces
    assert keys["spaced"] == [True, False, False, True, False, True]


def test_without_labels_places_are_counted():
    layer = layer_of(report([ReportExample([FocusRecord("a", WEIGHTS)], "t")], "t"))
    assert layer["keys"]["labels"] == ["1", "2", "3"]
    assert layer["queries"]["labels"] == ["1", "2"]


def test_regions_of_a_grid_are_named_by_row_and_column_others_counted():
    grid = ImageAxis(np.array([[r, c, r + 5, c + 5] for r in (0, 5) for c in (0, 5, 10)]), (10, 15))
    weights = np.ones((1, 1, 2, 6)) / 6
    examples = [
        ReportExample([FocusRecord("a", weights, keys=[grid])], "t", picture=PICTURE),
        ReportExample([LOOKED], "t", picture=PICTURE),
    ]
    page = report(examples, "t")
    assert layer_of(page)["keys"]["labels"][4] == "row 2, column 2"
    assert layer_of(page, 1)["keys"]["labels"] == ["region 1", "region 2", "region 3"]


@pytest.mark.parametrize(("size", "shown"), [((30, 20), (30, 20)), ((600, 1200), (240, LONGEST))])
def test_a_picture_is_a_small_jpeg_in_the_page(size, shown):
    picture = np.zeros((*size, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    told = data_of(report([ReportExample([LOOKED], "t", picture=picture)], "t"))["examples"][0]["picture"]
    assert (told["height"], told["width"]) == size
    kind, encoded = told["uri"].split(",")
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
    assert kind == "data:image/jpeg;base64"
    assert image.shape[:2] == shown
    np.testing.assert_allclose(image.mean((0, 1)), [200, 100, 50], atol=3)


def test_gold_is_shown_on_the_axes_that_it_speaks_of():
    other = replace(RECORD, layer="self", queries=None, keys=None)
    page = report([ReportExample([RECORD, replace(RECORD, layer="control"), other], "t", gold={(1, 0)})], "t")
    assert [layer_of(page, layer=place)["gold"] for place in range(3)] == [[[1, 0]], [[1, 0]], []]


def test_any_text_is_escaped():
    hostile = "</script><script>alert(1)</script><!--"
    axis = TextAxis([hostile, " ", "\ud800"], np.zeros((3, 2)), hostile)
    record = replace(RECORD, layer=hostile, keys=[axis])
    numbers = {hostile: {hostile: 1.0}}
    example = ReportExample([record], hostile, reference=hostile, numbers=numbers)
    page = report([example], hostile, numbers, {hostile: hostile})
    page.encode()
    assert page.count("<script") == page.count("</script>") == 2
    assert "alert(1)" not in page.split('type="application/json"')[0].replace("alert(1)&lt;", "")
    assert layer_of(page)["keys"]["labels"] == [hostile, "' '", r"\ud800"]


def test_numbers_keep_their_order():
    numbers = {"b": {"model": 0.123456789, "a": 2.0}, "a": {"model": 1.0}}
    told = data_of(report([ReportExample([RECORD], "t", numbers=numbers)], "t", numbers, {"b": "low"}))
    assert json.dumps(told["numbers"]) == '{"b": {"model": 0.123457, "a": 2.0}, "a": {"model": 1.0}}'
    assert told["numbers"] == told["examples"][0]["numbers"]
    assert told["notes"] == {"b": "low"}


def test_twenty_examples_of_everything_are_small():
    rng = np.random.default_rng(0)
    cells = ImageAxis(np.tile([0.0, 0.0, 9.0, 9.0], (196, 1)), (900, 900))
    words = TextAxis(["word"] * 20, np.zeros((20, 2)))
    coarse = rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)  # more detail than a photograph has
    picture = coarse.repeat(10, 0).repeat(10, 1)
    layers = [
        FocusRecord(f"{place}", rng.random((1, 8, 20, 196)), queries=[words], keys=[cells])
        for place in range(2)
    ]
    page = report([ReportExample(layers, "t", picture=picture)] * 20, "t")
    assert len(page.encode()) < 5_000_000


def test_a_report_needs_an_example_and_finite_numbers():
    with pytest.raises(ValueError, match="at least one example"):
        report([], "t")
    with pytest.raises(ValueError, match="finite number for 'a'"):
        report([ReportExample([RECORD], "t")], "t", {"a": {"model": np.inf}})


def luminance(colour):
    return ((np.asarray(to_rgb(colour)) + 0.055) / 1.055) ** 2.4 @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("scale", ["light", "dark"])
def test_letters_can_be_read_on_every_colour(scale):
    pairs = data_of(report([ReportExample([RECORD], "t")], "t"))["scales"][scale]
    assert len(pairs) == NUM_COLORS
    for ground, ink in pairs:
        low, high = sorted((luminance(ground), luminance(ink)))
        assert (high + 0.05) / (low + 0.05) > 4.5  # WCAG 2, level AA


def test_by_night_too_equal_steps_of_attention_are_equal_steps_of_lightness():
    lightness = np.array(
        [116 * np.cbrt(luminance(colour)) - 16 for colour in DARK_COLORMAP(np.linspace(0, 1, 65))]
    )
    steps = np.diff(lightness)
    assert steps.min() > 0.8
    assert steps.max() < 1.8
    assert lightness[0] < 15 < 85 < lightness[-1]


def test_by_day_the_colours_are_those_of_the_figures():
    scale = data_of(report([ReportExample([RECORD], "t")], "t"))["scales"]["light"]
    for share, (ground, _) in zip(np.linspace(0, 1, NUM_COLORS), scale, strict=True):
        np.testing.assert_allclose(to_rgb(ground), ATTENTION_COLORMAP(share)[:3], atol=1 / 255)


def test_the_page_asks_nobody():
    page = report([ReportExample([LOOKED], "t", picture=PICTURE)], "t")
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    assert [url for url in re.findall(r"https?://[^\s\"')]+", page) if "www.w3.org" not in url] == []
    assert "default-src 'none'" in page
