from typing import Any

import numpy as np
import pytest

from foveal.focus import records_from_signature

RANDOM = np.random.default_rng(0)
TEXTS = ["o gato", "não"]
TARGET = {
    "text": np.array([b"the cat", b"no"], object),
    "target_tokens": np.array([[b"the", b"\xe2\x96\x81cat", b"[END]"], [b"no", b"[END]", b"[PAD]"]], object),
    "target_offsets": np.array([[[0, 3], [4, 7], [7, 7]], [[0, 2], [2, 2], [2, 2]]]),
}
SOURCE = {
    "source_tokens": np.array(
        [[b"o", b"\xe2\x96\x81gato", b"[END]", b"[PAD]"], [b"n\xc3\xa3o", b"[END]"] + [b"[PAD]"] * 2],
        object,
    ),
    "source_offsets": np.array([[[0, 1], [2, 6], [6, 6], [6, 6]], [[0, 4], [4, 4], [4, 4], [4, 4]]]),
}


def records_from(*args) -> list[Any]:
    return records_from_signature(*args)


def test_translation_outputs_give_one_record_per_block():
    heads, gates = RANDOM.random((2, 3, 2, 5, 4)), RANDOM.random((2, 3, 2, 5))
    outputs = {
        "attention": heads.mean((2, 3)),
        "attention_heads": heads,
        "gate_heads": gates,
        **TARGET,
        **SOURCE,
    }
    first, second = records_from(outputs, TEXTS)
    assert [first.layer, second.layer] == ["block_1", "block_2"]
    for block, focus in enumerate((first, second)):
        for example, head, query in np.ndindex(2, 5, 3):
            np.testing.assert_array_equal(
                focus.weights[example, head, query], heads[example, query, block, head]
            )
            assert focus.gate[example, head, query] == gates[example, query, block, head]
    assert first.queries[0].labels == ["the", "▁cat", "[END]"]
    assert first.queries[1].text == "no"
    assert first.keys[1].labels == ["não", "[END]"]
    assert first.keys[1].text == "não"
    assert first.keys[1].offsets.tolist() == [[0, 4], [4, 4]]
    assert first.mask[1, 0].tolist() == [[True, True, False, False]] * 2 + [[False] * 4]
    assert first.example(1).weights.shape == (1, 5, 2, 2)


def test_captioning_outputs_have_image_regions_as_keys():
    heads, gates = RANDOM.random((2, 3, 1, 5, 2, 2)), RANDOM.random((2, 3, 1, 5))
    unit_boxes = np.array([[[0, 0, 1, 1], [0, 1, 1, 2]], [[1, 0, 2, 1], [1, 1, 2, 2]]])
    regions = np.stack([unit_boxes * [20, 40, 20, 40], unit_boxes * 0]).astype("float32")
    outputs = {
        "attention": heads.mean((2, 3)),
        "attention_heads": heads,
        "gate_heads": gates,
        "regions": regions,
    }
    [focus] = records_from(outputs | TARGET)
    np.testing.assert_array_equal(focus.weights[1, 4, 2], heads[1, 2, 0, 4].ravel())
    assert focus.keys[0].size == (40, 80)
    assert focus.keys[0].boxes[1].tolist() == [0, 40, 20, 80]
    assert focus.keys[1].size == (0, 0)


def test_classification_outputs_have_single_query():
    words, sentences, gate = RANDOM.random((2, 4)), RANDOM.random((2, 3)), RANDOM.random(2)
    offsets = np.array([[[0, 1], [2, 6], [0, 0]], [[0, 4], [0, 0], [0, 0]]])
    outputs = {"attention": words, "gate": gate, "sentence_attention": sentences, "sentence_offsets": offsets}
    word_focus, sentence_focus = records_from(outputs | SOURCE, TEXTS)
    np.testing.assert_array_equal(word_focus.weights[:, 0, 0], words)
    np.testing.assert_array_equal(word_focus.gate[:, 0, 0], gate)
    assert word_focus.queries is None
    assert word_focus.mask[:, 0, 0].tolist() == [[True, True, True, False], [True, True, False, False]]
    np.testing.assert_array_equal(sentence_focus.weights[:, 0, 0], sentences)
    assert [axis.labels for axis in sentence_focus.keys] == [["o", "gato"], ["não"]]
    assert records_from(outputs | SOURCE)[1].keys[0].labels == ["1", "2"]
    assert len(records_from({"attention": words, "gate": gate} | SOURCE)) == 1


def test_invalid_signature_outputs_raise():
    with pytest.raises(ValueError, match=r"`explain` signature. Received: outputs=\['text'\]"):
        records_from_signature({"text": TEXTS})
    with pytest.raises(ValueError, match=r"a text for each of 2 rows. Received: len\(texts\)=1"):
        records_from_signature({"attention": np.ones((2, 4)), "gate": np.ones(2), **SOURCE}, TEXTS[:1])
