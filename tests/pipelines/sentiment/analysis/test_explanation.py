import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.analysis.explanation import explain

# "not bad, as such": pieces and their bytes, the space before the text being one of them
OFFSETS = [(0, 0), (0, 3), (4, 5), (5, 7), (7, 8), (9, 11), (0, 0)]
ATTENTION = [0.1, 0.4, 0.1, 0.2, 0.0, 0.2, 0.0]


def signature(text):
    """Always the same answer: the first eleven bytes were read."""
    told = {
        "label": np.array([b"good"], object),
        "classes": np.array([[b"bad", b"good"]], object),
        "probabilities": np.array([[0.3, 0.7]], np.float32),
        "attention": np.array([ATTENTION], np.float32),
        "source_offsets": np.array([OFFSETS], np.int32),
        "gate": np.array([0.25], np.float32),
        "bytes_read": np.array([11], np.int32),
    }
    return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in told.items()}


def test_attention_is_told_for_the_words_that_were_read():
    told = explain(signature, "not bad, as such")
    assert told.words == ["not", "bad", ",", "as"]
    np.testing.assert_allclose(told.attention, [0.4, 0.3, 0, 0.2], atol=1e-6)
    assert told.probabilities == pytest.approx({"bad": 0.3, "good": 0.7})
    assert (told.label, told.gate, told.bytes_read) == ("good", 0.25, 11)


def test_the_table_starts_with_the_words_that_got_most():
    lines = explain(signature, "not bad, as such").table().splitlines()
    assert lines == [
        "good (bad 30.0%, good 70.0%)",
        "",
        "not   40%",
        "bad   30%",
        "as    20%",
        "",
        "gate 0.25",
        "read up to byte 11 of 16",
    ]
    assert "read up to" not in explain(signature, "not bad, as").table()


def test_the_figure_shows_the_words_the_label_and_the_gate():
    figure = explain(signature, "not bad, as such").figure()
    shown = {text.get_text() for text in figure.axes[0].texts}
    assert shown == {"not", "bad", ",", "as", "good 70%", "gate 0.25"}
