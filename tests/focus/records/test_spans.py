import numpy as np
import pytest

from foveal.focus import spans_from_mask, tokens_in_spans, words_from_pieces
from foveal.focus.records import span_membership


def words_from_pieces_brute_force(attention, source_offsets, target_offsets, source_words, target_words):
    """Word by word and piece by piece, for pieces that lie within words."""

    def inside(piece, word):
        return word[0] <= piece[0] < piece[1] <= word[1]

    out = np.zeros((len(target_words), len(source_words)))
    for t, target_word in enumerate(target_words):
        rows = [i for i, piece in enumerate(target_offsets) if inside(piece, target_word)]
        for s, source_word in enumerate(source_words):
            columns = [j for j, piece in enumerate(source_offsets) if inside(piece, source_word)]
            sums = [sum(attention[i, j] for j in columns) for i in rows]
            out[t, s] = np.mean(sums) if sums else 0.0
    return out


SOURCE_PIECES = [(0, 2), (2, 5), (6, 9), (10, 11), (11, 12)]
SOURCE_WORDS = [(0, 5), (6, 9), (10, 12)]
TARGET_PIECES = [(0, 4), (5, 6), (6, 8), (8, 9)]
TARGET_WORDS = [(0, 4), (5, 9)]


def test_words_from_pieces_matches_brute_force():
    weights = np.random.default_rng(0).dirichlet(np.ones(5), 4)
    arguments = (weights, SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    words = words_from_pieces(*arguments)
    np.testing.assert_allclose(words, words_from_pieces_brute_force(*arguments), atol=1e-12)
    np.testing.assert_allclose(words.sum(axis=1), 1.0)


def test_words_from_pieces_of_single_piece_words_is_identity():
    weights = np.random.default_rng(1).dirichlet(np.ones(3), 2)
    words = words_from_pieces(weights, SOURCE_WORDS, TARGET_WORDS, SOURCE_WORDS, TARGET_WORDS)
    np.testing.assert_allclose(words, weights)


def test_words_from_pieces_ignores_empty_pieces():
    weights = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    words = words_from_pieces(weights, [(0, 0), (0, 3), (3, 3)], [(0, 4), (4, 4)], [(0, 3)], [(0, 4)])
    np.testing.assert_allclose(words, [[0.3]])


def test_words_from_pieces_assigns_piece_by_overlap():
    # the second piece holds the space and one letter of "ab", and all of "cde"
    words = words_from_pieces(
        np.array([[0.25, 0.75]]), [(0, 1), (1, 6)], [(0, 1)], [(0, 2), (3, 6)], [(0, 1)]
    )
    np.testing.assert_allclose(words, [[0.25, 0.75]])


def test_words_from_pieces_word_without_pieces_is_zero():
    words = words_from_pieces(np.ones((1, 1)), [(0, 2)], [(0, 2)], [(0, 2), (3, 4)], [(0, 2), (3, 5)])
    np.testing.assert_allclose(words, [[1, 0], [0, 0]])


def test_words_from_pieces_accepts_empty_spans():
    assert words_from_pieces(np.ones((1, 1)), [(0, 2)], [(0, 2)], [], [(0, 2)]).shape == (1, 0)
    assert words_from_pieces(np.ones((0, 1)), [(0, 2)], [], [(0, 2)], [(0, 2)]).tolist() == [[0.0]]


def test_words_from_pieces_accepts_arrays():
    weights = np.random.default_rng(2).random((4, 5))
    lists = (SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    from_arrays = words_from_pieces(weights, *map(np.array, lists))
    np.testing.assert_array_equal(from_arrays, words_from_pieces(weights, *lists))


def test_words_from_pieces_broadcasts_over_leading_axes():
    weights = np.random.default_rng(3).random((2, 3, 4, 5))
    spans = (SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    words = words_from_pieces(weights, *spans)
    assert words.shape == (2, 3, 2, 3)
    np.testing.assert_allclose(words[1, 2], words_from_pieces(weights[1, 2], *spans))


def test_words_from_pieces_invalid_shape_raises():
    with pytest.raises(ValueError, match=r"\(4, 5\)\. Received: attention.shape=\(5, 4\)"):
        words_from_pieces(np.ones((5, 4)), SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)


def test_tokens_in_spans_selects_overlapping_tokens():
    offsets = [(0, 0), (0, 4), (5, 7), (7, 9), (9, 9)]  # marks without length before and behind
    assert tokens_in_spans([(0, 9)], offsets).tolist() == [False, True, True, True, False]
    assert tokens_in_spans([(2, 5), (8, 30)], offsets).tolist() == [False, True, False, True, False]
    assert tokens_in_spans([], offsets).tolist() == [False] * 5
    assert tokens_in_spans([], []).tolist() == []


@pytest.mark.parametrize("span", [(9, 12), (4, 5), (7, 5), (-3, 0)])
def test_tokens_in_spans_invalid_span_raises(span):
    with pytest.raises(ValueError, match=r"bytes 0 to 9. Received: span=\("):
        tokens_in_spans([(0, 4), span], [(0, 4), (5, 7), (7, 9)])


def test_spans_from_mask_inverts_mask():
    assert spans_from_mask(np.isin(np.arange(10), [0, 1, 2, 5, 8, 9])) == [(0, 3), (5, 6), (8, 10)]
    assert spans_from_mask([]) == spans_from_mask([False, False]) == []


def test_span_membership_shares_a_piece_between_the_words_that_it_contains():
    matrix = span_membership([(0, 12), (12, 15), (14, 19)], [(0, 3), (3, 9), (9, 12), (12, 18), (18, 19)])
    np.testing.assert_allclose(matrix, [[0.25, 0.5, 0.25, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])


def test_words_from_pieces_of_a_shared_piece_keeps_the_sum():
    weights = np.array([[0.8, 0.2], [0.4, 0.6]])
    # the first source piece is two words; the first target piece is two words, the second one is a third
    words = words_from_pieces(
        weights, [(0, 6), (6, 9)], [(0, 4), (4, 6)], [(0, 3), (3, 6), (6, 9)], [(0, 2), (2, 4), (4, 6)]
    )
    np.testing.assert_allclose(words, [[0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [0.2, 0.2, 0.6]])


def test_span_membership_assigns_each_piece_to_one_word():
    matrix = span_membership([(0, 2), (1, 6), (6, 6)], [(0, 2), (3, 6)])
    assert matrix.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert span_membership([], [(0, 1)]).shape == (0, 1)
