import numpy as np
import pytest

from foveal.focus import AlignmentError, alignment_error_rate


def test_alignment_error_rate_matches_hand_computed_corpus():
    # |A| = 5, |S| = 4, |A & S| = 3, |A & P| = 4: precision 4/5, recall 3/4, error 1 - 7/9
    predicted = [{(0, 0), (1, 1), (2, 2)}, {(0, 1), (1, 0)}]
    sure = [{(0, 0), (1, 1), (2, 3)}, {(0, 1)}]
    possible = [{(2, 2)}, {(1, 2)}]
    result = alignment_error_rate(predicted, sure, possible)
    assert result == pytest.approx(AlignmentError(1 - 7 / 9, 4 / 5, 3 / 4))


def test_alignment_error_rate_without_possible_links_is_one_minus_f1():
    result = alignment_error_rate([{(0, 0), (1, 2)}], [{(0, 0), (1, 1), (2, 2)}])
    f1 = 2 * result.precision * result.recall / (result.precision + result.recall)
    assert result.error_rate == pytest.approx(1 - f1)


def test_alignment_error_rate_limits():
    gold = [{(0, 1), (1, 0)}]
    assert alignment_error_rate(gold, gold) == (0.0, 1.0, 1.0)
    assert alignment_error_rate([{(0, 0)}], gold) == (1.0, 0.0, 0.0)


def test_alignment_error_rate_accepts_arrays():
    gold = [np.array([[0, 1], [1, 0]], dtype=np.int32)]
    assert alignment_error_rate([{(0, 1), (1, 0)}], gold).error_rate == 0.0


def test_alignment_error_rate_invalid_corpus_raises():
    with pytest.raises(ValueError, match="Received: lengths 1, 2, 2"):
        alignment_error_rate([set()], [set(), set()])
    with pytest.raises(ValueError, match="at least one link"):
        alignment_error_rate([set()], [set()])
