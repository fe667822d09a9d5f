"""Tests of the page of one record."""

import json
import re

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis
from foveal.focus.report.record_page import MAX_EXAMPLES, record_page


def page_data(page):
    [block] = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)


def test_page_has_the_examples_of_the_record_without_padding():
    weights = np.full((2, 3, 4, 4), 0.25)
    page = record_page(FocusRecord("attention", weights).with_labels([["a", "cat"], ["x"]], [["y"], ["z"]]))
    examples = page_data(page)["examples"]
    assert "<title>attention</title>" in page
    assert [[layer["keys"]["labels"] for layer in example["layers"]] for example in examples] == [
        [["y"]],
        [["z"]],
    ]


def test_page_of_a_large_batch_has_its_first_examples():
    page = record_page(FocusRecord("attention", np.ones((1200, 1, 1, 1))))
    assert f"<title>attention: {MAX_EXAMPLES} of 1,200 examples</title>" in page
    assert [example["title"] for example in page_data(page)["examples"]][-1] == f"example {MAX_EXAMPLES}"


def test_image_regions_lie_over_a_blank_image():
    grid = ImageAxis.from_grid(1, 2, (4, 6))
    page = record_page(FocusRecord("image", np.ones((1, 1, 3, 2)) / 2, keys=[grid]))
    [example] = page_data(page)["examples"]
    assert (example["image"]["height"], example["image"]["width"]) == (4, 6)
    assert example["layers"][0]["keys"]["labels"] == grid.labels


def test_record_without_examples_raises():
    with pytest.raises(ValueError, match="at least one example"):
        record_page(FocusRecord("attention", np.ones((0, 1, 2, 3))))
