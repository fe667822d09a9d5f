import numpy as np
import pytest

from foveal.focus import AlignmentError, align, alignment_error_rate, words_from_pieces


def brute_force_words(attention, source_offsets, target_offsets, source_words, target_words):
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


def test_source_pieces_are_summed_and_target_pieces_averaged():
    weights = np.random.default_rng(0).dirichlet(np.ones(5), 4)
    arguments = (weights, SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    words = words_from_pieces(*arguments)
    np.testing.assert_allclose(words, brute_force_words(*arguments), atol=1e-12)
    np.testing.assert_allclose(words.sum(axis=1), 1.0)


def test_words_of_one_piece_each_keep_the_weights():
    weights = np.random.default_rng(1).dirichlet(np.ones(3), 2)
    words = words_from_pieces(weights, SOURCE_WORDS, TARGET_WORDS, SOURCE_WORDS, TARGET_WORDS)
    np.testing.assert_allclose(words, weights)


def test_marks_of_no_length_belong_to_no_word():
    weights = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    words = words_from_pieces(weights, [(0, 0), (0, 3), (3, 3)], [(0, 4), (4, 4)], [(0, 3)], [(0, 4)])
    np.testing.assert_allclose(words, [[0.3]])


def test_a_piece_counts_for_the_word_that_it_overlaps_most():
    # the second piece holds the space and one letter of "ab", and all of "cde"
    words = words_from_pieces(
        np.array([[0.25, 0.75]]), [(0, 1), (1, 6)], [(0, 1)], [(0, 2), (3, 6)], [(0, 1)]
    )
    np.testing.assert_allclose(words, [[0.25, 0.75]])


def test_a_word_without_pieces_has_zeros():
    words = words_from_pieces(np.ones((1, 1)), [(0, 2)], [(0, 2)], [(0, 2), (3, 4)], [(0, 2), (3, 5)])
    np.testing.assert_allclose(words, [[1, 0], [0, 0]])


def test_no_words_or_no_pieces_give_an_empty_map():
    assert words_from_pieces(np.ones((1, 1)), [(0, 2)], [(0, 2)], [], [(0, 2)]).shape == (1, 0)
    assert words_from_pieces(np.ones((0, 1)), [(0, 2)], [], [(0, 2)], [(0, 2)]).tolist() == [[0.0]]


def test_offsets_may_be_arrays():
    weights = np.random.default_rng(2).random((4, 5))
    lists = (SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)
    from_arrays = words_from_pieces(weights, *map(np.array, lists))
    np.testing.assert_array_equal(from_arrays, words_from_pieces(weights, *lists))


def test_weights_that_do_not_fit_the_pieces_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 5\)\. Received: \(5, 4\)"):
        words_from_pieces(np.ones((5, 4)), SOURCE_PIECES, TARGET_PIECES, SOURCE_WORDS, TARGET_WORDS)


def test_each_target_word_is_linked_to_where_it_looked_most():
    attention = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0, 0, 0], [0.2, 0.3, 0.5]])
    assert align(attention) == {(1, 0), (0, 1), (2, 3)}


def test_error_rate_of_a_hand_computed_corpus():
    # |A| = 5, |S| = 4, |A & S| = 3, |A & P| = 4: precision 4/5, recall 3/4, error 1 - 7/9
    predicted = [{(0, 0), (1, 1), (2, 2)}, {(0, 1), (1, 0)}]
    sure = [{(0, 0), (1, 1), (2, 3)}, {(0, 1)}]
    possible = [{(2, 2)}, {(1, 2)}]
    result = alignment_error_rate(predicted, sure, possible)
    assert result == pytest.approx(AlignmentError(1 - 7 / 9, 4 / 5, 3 / 4))


def test_with_sure_links_alone_the_error_is_one_minus_f1():
    result = alignment_error_rate([{(0, 0), (1, 2)}], [{(0, 0), (1, 1), (2, 2)}])
    f1 = 2 * result.precision * result.recall / (result.precision + result.recall)
    assert result.error_rate == pytest.approx(1 - f1)


def test_a_perfect_alignment_has_no_error_and_a_disjoint_one_has_nothing_else():
    gold = [{(0, 1), (1, 0)}]
    assert alignment_error_rate(gold, gold) == (0.0, 1.0, 1.0)
    assert alignment_error_rate([{(0, 0)}], gold) == (1.0, 0.0, 0.0)


def test_links_may_be_rows_of_an_array():
    gold = [np.array([[0, 1], [1, 0]], dtype=np.int32)]
    assert alignment_error_rate([{(0, 1), (1, 0)}], gold).error_rate == 0.0


def test_unequal_or_empty_corpora_are_refused():
    with pytest.raises(ValueError, match="Received: 1, 2 sure, 2 possible"):
        alignment_error_rate([set()], [set(), set()])
    with pytest.raises(ValueError, match="at least one link"):
        alignment_error_rate([set()], [set()])
