import numpy as np
import pytest

from foveal.focus import (
    ImageAxis,
    gold_from_boxes,
    gold_from_links,
    gold_from_spans,
    pad_gold,
    words_from_pieces,
)

SOURCE_PIECES, SOURCE_WORDS = [(0, 2), (2, 5), (6, 9), (10, 11), (11, 12)], [(0, 5), (6, 9), (10, 12)]
TARGET_PIECES, TARGET_WORDS = [(0, 4), (5, 6), (6, 8), (8, 8)], [(0, 4), (5, 8)]


def test_gold_from_links_distributes_over_pieces():
    gold = gold_from_links([(0, 1), (1, 1), (2, 0)], SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    third = 1 / 3
    np.testing.assert_allclose(
        gold,
        [[0, 0, 0, 0.5, 0.5], [third, third, third, 0, 0], [third, third, third, 0, 0], [0] * 5],
        rtol=1e-6,
    )
    word_weights = words_from_pieces(gold, SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    np.testing.assert_allclose(word_weights, [[0, 0, 1], [2 / 3, 1 / 3, 0]], rtol=1e-6)


def test_gold_from_links_without_words_links_pieces():
    gold = gold_from_links(np.array([[1, 0], [4, 2]]), SOURCE_PIECES, TARGET_PIECES)
    assert [tuple(map(int, link)) for link in np.argwhere(gold)] == [(0, 1), (2, 4)]
    assert gold_from_links([], SOURCE_PIECES, TARGET_PIECES).tolist() == np.zeros((4, 5)).tolist()


def test_gold_from_links_invalid_link_raises():
    with pytest.raises(ValueError, match=r"3 source and 2 target words. Received: link=\(0, 2\)"):
        gold_from_links([(0, 2)], SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)


def test_gold_from_spans_is_uniform_over_tokens():
    np.testing.assert_allclose(
        gold_from_spans([(3, 7), (11, 12)], SOURCE_PIECES), [[0, 1 / 3, 1 / 3, 0, 1 / 3]]
    )
    assert gold_from_spans([], SOURCE_PIECES).tolist() == [[0] * 5]
    with pytest.raises(ValueError, match="must contain a token"):
        gold_from_spans([(12, 14)], SOURCE_PIECES)


def test_gold_from_boxes_is_proportional_to_covered_area():
    axis = ImageAxis(np.array([[0, 0, 4, 4], [0, 4, 4, 8], [4, 0, 8, 4]]), (8, 8))
    gold = gold_from_boxes([[(0, 2, 4, 8)], [], [(0, 0, 4, 1), (4, 0, 8, 4)]], axis)
    np.testing.assert_allclose(gold, [[1 / 3, 2 / 3, 0], [0, 0, 0], [0.2, 0, 0.8]], rtol=1e-6)
    assert gold_from_boxes([], axis).shape == (0, 3)
    with pytest.raises(ValueError, match="within the image"):
        gold_from_boxes([[(9, 9, 12, 12)]], axis)


def test_pad_gold_pads_with_zeros():
    batch = pad_gold([np.ones((2, 3)), np.ones((1, 4))])
    assert batch.shape == (2, 2, 4)
    assert batch.dtype == np.float32
    assert batch[0].tolist() == [[1, 1, 1, 0]] * 2
    assert batch[1].tolist() == [[1] * 4, [0] * 4]
    with pytest.raises(ValueError, match=r"\(queries, keys\)"):
        pad_gold([])
    with pytest.raises(ValueError, match=r"\(queries, keys\)"):
        pad_gold([np.ones(3)])
