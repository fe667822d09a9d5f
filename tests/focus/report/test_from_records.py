"""Tests of reports from records and from models."""

import json
import re

import keras
import numpy as np
import pytest

from foveal.focus import FocusHistory, FocusRecord, ImageAxis, TextAxis, build_report, record
from foveal.focus.report import report_examples, report_model
from foveal.layers import SelfAttention

TOKENS = [["a", "big", "cat"], ["two", "dogs"], ["x"]]
IDS = np.array([[1, 2, 3, 0], [4, 5, 0, 0], [6, 0, 0, 0]])


def page_data(page):
    [block] = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(9, 8)(inputs)
    states = SelfAttention(2, 4, name="first")(embedded)
    grouped = keras.layers.GroupQueryAttention(4, 6, 3, name="grouped")(states, states)
    return keras.Model(inputs, grouped, name="my_model")


def test_report_of_a_model_has_every_layer_and_example_without_padding(model):
    data = page_data(report_model(model, IDS, TOKENS))
    assert [example["title"] for example in data["examples"]] == ["a big cat", "two dogs", "x"]
    for example, tokens in zip(data["examples"], TOKENS, strict=True):
        assert [(layer["name"], layer["heads"]) for layer in example["layers"]] == [
            ("first", 2),
            ("grouped", 6),
        ]
        for layer in example["layers"]:
            assert layer["queries"]["labels"] == layer["keys"]["labels"] == tokens
    assert data["opening"] == 0


def test_title_of_the_report_of_a_model(model):
    assert "<title>my_model</title>" in report_model(model, IDS, TOKENS)
    assert "<title>Mine</title>" in report_model(model, IDS, TOKENS, title="Mine")


def test_report_of_a_model_has_the_selected_layers_heads_queries_and_keys(model):
    selection = {"layers": ["grouped"], "heads": [1, 4], "queries": range(1, 3), "keys": range(1)}
    [layer] = page_data(report_model(model, IDS[:1], TOKENS[:1], **selection))["examples"][0]["layers"]
    assert (layer["name"], layer["headNames"]) == ("grouped", ["head 2", "head 5"])
    assert (layer["queries"]["labels"], layer["keys"]["labels"]) == (["big", "cat"], ["a"])
    for layers in ([], ["first", "second"]):
        with pytest.raises(ValueError, match=r"`layers` must be names of the layers \['first', 'grouped'\]"):
            report_model(model, IDS, layers=layers)


def test_report_of_a_model_without_labels_numbers_the_positions(model):
    data = page_data(report_model(model, IDS))
    assert [example["title"] for example in data["examples"]] == ["example 1", "example 2", "example 3"]
    assert data["examples"][0]["layers"][0]["keys"]["labels"] == ["1", "2", "3", "4"]


def test_report_of_image_regions_shows_the_inputs():
    inputs = keras.Input((4, 6, 3))
    cells = keras.layers.Reshape((6, 12))(inputs)
    model = keras.Model(inputs, keras.layers.MultiHeadAttention(2, 4)(cells, cells))
    grid = ImageAxis.from_grid(2, 3, (4, 6))
    pixels = np.random.default_rng(0).random((2, 4, 6, 3), "float32")
    [first, second] = page_data(report_model(model, pixels, [grid, grid]))["examples"]
    assert first["image"]["uri"] != second["image"]["uri"]
    assert first["layers"][0]["queries"]["labels"] == first["layers"][0]["keys"]["labels"] == grid.labels
    with pytest.raises(ValueError, match="`image` must be from 0 to 255, or floats from 0 to 1"):
        report_model(model, 2 * pixels - 1, [grid, grid])
    page = report_model(model, 2 * pixels - 1, [grid, grid], images=pixels)
    assert page_data(page)["examples"][0]["image"] == first["image"]


def test_report_examples_take_the_details_of_each_example(model):
    records = record(model, IDS, labels=TOKENS)
    examples = report_examples(
        records, references=["1", "2", "3"], gold=[{(1, 0)}, (), ()], errors=[0, 0.5, 1]
    )
    assert [example.reference for example in examples] == ["1", "2", "3"]
    assert [example.gold for example in examples] == [{(1, 0)}, (), ()]
    assert [example["error"] for example in page_data(build_report(examples, "t"))["examples"]] == [0, 0.5, 1]


def test_titles_are_the_texts_of_the_keys_or_of_the_queries():
    focus = FocusRecord("a", np.ones((1, 1, 2, 2)) / 2)
    words = TextAxis(["o", "gato"], np.array([[0, 1], [2, 6]]), "o  gato")
    assert report_examples([focus.with_labels(keys=[words])])[0].title == "o  gato"
    assert report_examples([focus.with_labels(queries=[["the", "cat"]])])[0].title == "the cat"
    assert report_examples([focus.with_labels(keys=[["", " "]])])[0].title == "example 1"


def test_records_of_different_numbers_of_examples_raise():
    records = [FocusRecord("a", np.ones((2, 1, 1, 1))), FocusRecord("b", np.ones((4, 1, 1, 1)))]
    with pytest.raises(
        ValueError, match=r"same number of examples.* {\"record of 'a'\": 2, \"record of 'b'\": 4}"
    ):
        report_examples(records)
    with pytest.raises(ValueError, match="`reference`': 1"):
        report_examples(records[:1], references=["x"])
    with pytest.raises(ValueError, match="at least one record"):
        report_examples([])


def test_history_is_of_the_layers_of_the_report(model):
    model.compile(loss="mse")
    history = FocusHistory(IDS)
    model.fit(IDS, np.zeros((3, 4, 8)), verbose=0, callbacks=[history])
    layers = page_data(report_model(model, IDS, TOKENS))["examples"][0]["layers"]
    assert list(history.history["entropy"]) == [layer["name"] for layer in layers]
