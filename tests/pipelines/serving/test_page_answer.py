"""Tests of the answers of the page: predictions, truncation, examples without words."""

import numpy as np
import pytest

from foveal.pipelines.serving.page_answer import build_answer
from foveal.pipelines.serving.page_task import Task
from foveal.pipelines.serving.request_error import RequestError

LABEL = {
    "label": np.array(b"good", object),
    "score": np.array(0.75, np.float32),
    "classes": np.array([b"bad", b"good"], object),
    "probabilities": np.array([0.25, 0.75], np.float32),
    "bytes_read": np.array(7),
    "attention": np.array([0.3, 0.7]),
    "attention_heads": np.array([[0.5, 0.5], [0.1, 0.9]]),
    "gate_heads": np.array([0.2, 0.4]),
    "source_offsets": np.array([[0, 3], [4, 7]]),
}


def test_label_has_probabilities_attention_and_baselines():
    answer = build_answer(Task.CLASSIFY, LABEL, b"not bad", True)
    assert answer["prediction"] == {
        "label": "good",
        "score": 0.75,
        "probabilities": {"bad": 0.25, "good": 0.75},
    }
    assert answer["note"] == ""
    layers = answer["example"]["layers"]
    assert [layer["heads"] for layer in layers] == [2, 1, 1]
    assert layers[0]["keys"]["labels"] == ["not", "bad"]
    entropy = answer["example"]["measures"]["entropy, in bits"]
    expected = -(0.3 * np.log2(0.3) + 0.7 * np.log2(0.7))
    assert entropy["model"] == pytest.approx(expected, abs=1e-5)
    assert entropy["uniform"] == 1


def test_truncated_text_is_noted():
    note = build_answer(Task.CLASSIFY, LABEL, b"not bad at all", True)["note"]
    assert "the first 7 of 14 bytes" in note


def test_answer_without_attention_or_words_has_no_example():
    assert build_answer(Task.CLASSIFY, LABEL, b"not bad", False)["example"] is None
    blank = LABEL | {"label": np.array(b"", object)}
    assert build_answer(Task.CLASSIFY, blank, b"not bad", True)["example"] is None
    empty = {"text": np.array(b"", object), "score": np.array(0.0)}
    assert build_answer(Task.TRANSLATE, empty, b"a", True) == {
        "prediction": {"text": "", "score": 0.0}, "note": "", "example": None,
    }  # fmt: skip


def test_caption_has_the_size_of_the_image_and_its_boxes():
    regions = np.array([[[0, 0, 20, 15], [0, 15, 20, 30]]], np.float32)
    weights = np.array([0.25, 0.75]).reshape(1, 1, 1, 1, 2)
    outputs = {
        "text": np.array(b"cat", object),
        "valid": np.array(True),
        "attention": weights[:, 0, 0],
        "attention_heads": weights,
        "gate_heads": np.zeros((1, 1, 1)),
        "target_offsets": np.array([[0, 3]]),
        "regions": regions,
    }
    example = build_answer(Task.DESCRIBE, outputs, b"", True)["example"]
    assert example["image"] == {"uri": "", "height": 20, "width": 30}
    assert example["layers"][0]["keys"]["boxes"] == regions[0].tolist()
    with pytest.raises(RequestError, match="must be a complete JPEG"):
        build_answer(Task.DESCRIBE, outputs | {"valid": np.array(False)}, b"", True)
