import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.analysis.explanation import explain


def signature(valid=True):
    """Stands for a SavedModel that says `a red star` in four pieces, `re` and `d` are one word."""
    told = {
        "text": ["a red star"],
        "score": [-0.5],
        "valid": [valid],
        "target_offsets": [[(0, 1), (2, 4), (4, 5), (6, 10), (10, 10)]],
        "attention": np.zeros((1, 5, 2, 3), np.float32),
        "gate": [[0.9, 0.2, 0.4, 0.1, 0.7]],
        "regions": np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4),
    }
    told["attention"][0, 0, 0, 0] = 1
    told["attention"][0, 1, 1, 2] = 1
    told["attention"][0, 2, 1, 1] = 1
    told["attention"][0, 3, 0, 2] = 1
    return lambda image: {name: tf.constant(value) for name, value in told.items()}


def test_pieces_become_words():
    found = explain(signature(), b"")
    assert (found.caption, found.words) == ("a red star", ["a", "red", "star"])
    np.testing.assert_allclose(found.gate, [0.9, 0.3, 0.1], atol=1e-6)
    assert found.attention.shape == (3, 2, 3)
    np.testing.assert_allclose(found.attention[1], [[0, 0, 0], [0, 0.5, 0.5]])
    assert found.attention[2, 0, 2] == 1


def test_the_table_has_a_line_for_each_word_with_the_region_it_looked_at_most():
    lines = explain(signature(), b"").table().splitlines()
    assert len(lines) == 3
    assert lines[2] == "star  gate 0.10  looked most at rows 8-10, columns 9-11: 100%"


def test_the_figure_has_a_panel_for_each_word():
    figure = explain(signature(), b"").figure(np.full((20, 30, 3), 100, np.uint8))
    assert [axes.get_title() for axes in figure.axes] == ["", "a", "red", "star"]


def test_a_picture_that_cannot_be_read_is_an_error():
    with pytest.raises(ValueError, match="cannot be read"):
        explain(signature(valid=False), b"")
