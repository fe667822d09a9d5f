import numpy as np
import pytest

from foveal.focus import (
    auprc,
    iou_f1,
    span_precision_recall,
    spans_from_mask,
    token_f1,
    token_precision_recall,
    tokens_in_spans,
)

# Three texts of ten tokens, as a person marked them and as a model did: spans from one token to another,
# the end not in it. Of the third the person marked nothing.
GOLD = [[(1, 5), (8, 10)], [(0, 2)], []]
CHOSEN = [[(1, 4), (5, 8)], [(1, 3), (6, 7)], [(2, 3)]]


def mask(spans, length=10):
    return tokens_in_spans(spans, [(at, at + 1) for at in range(length)])


def test_erasers_scorer_on_an_example_computed_on_paper():
    gold, chosen = [mask(spans) for spans in GOLD], [mask(spans) for spans in CHOSEN]
    # Tokens. First text: gold 1 2 3 4 8 9, chosen 1 2 3 5 6 7, both 1 2 3: P = 3/6, R = 3/6, F1 = 1/2.
    # Second: gold 0 1, chosen 1 2 6, both 1: P = 1/3, R = 1/2, F1 = 2/5. Third: gold none: 0, 0, 0.
    # The scorer's instance_macro takes the means.
    found = token_precision_recall(chosen, gold)
    np.testing.assert_allclose(found.precision, [1 / 2, 1 / 3, 0])
    np.testing.assert_allclose(found.recall, [1 / 2, 1 / 2, 0])
    np.testing.assert_allclose(found.f1, [1 / 2, 2 / 5, 0])
    assert token_f1(chosen, gold).value == pytest.approx(0.3)
    # Spans, near enough from an IOU of 0.5. First text: (1, 4) and (1, 5) share 3 of 4: right; (5, 8)
    # shares nothing: P = 1/2, R = 1/2. Second: (1, 3) and (0, 2) share 1 of 3, (6, 7) nothing: P = 0, R = 0.
    # Third: P = 0, and no gold to be recalled. The scorer takes the mean of P over texts with a prediction,
    # (1/2 + 0 + 0) / 3 = 1/6, of R over texts with gold, (1/2 + 0) / 2 = 1/4, and the F1 of these two:
    # 2 * 1/6 * 1/4 / (1/6 + 1/4) = 1/5.
    spans = span_precision_recall(CHOSEN, GOLD)
    np.testing.assert_allclose(spans.precision, [1 / 2, 0, 0])
    np.testing.assert_allclose(spans.recall, [1 / 2, 0, np.nan])
    assert iou_f1(CHOSEN, GOLD).value == pytest.approx(1 / 5)
    # Weights of a text of four tokens, the first and third gold: 0.4 gold, 0.3 not, 0.2 gold, 0.1 not.
    # From the highest threshold on, (R, P) = (1/2, 1), (1/2, 1/2), (1, 2/3), and (1, 1/2) at the lowest;
    # (0, 1) closes the curve. Its area by trapezoids: 1/2 * 1 + 1/2 * (1/2 + 2/3) / 2 = 19/24.
    weights = [[0.4, 0.3, 0.2, 0.1]]
    np.testing.assert_allclose(auprc(weights, [[True, False, True, False]]), [19 / 24])


def test_tokens_that_a_span_touches_lie_in_it():
    offsets = [(0, 0), (0, 4), (5, 7), (7, 9), (9, 9)]  # marks without length before and behind
    assert tokens_in_spans([(0, 9)], offsets).tolist() == [False, True, True, True, False]
    assert tokens_in_spans([(2, 5), (8, 30)], offsets).tolist() == [False, True, False, True, False]
    assert tokens_in_spans([], offsets).tolist() == [False] * 5
    assert tokens_in_spans([], []).tolist() == []


@pytest.mark.parametrize("span", [(9, 12), (4, 5), (7, 5), (-3, 0)])
def test_gold_outside_of_the_text_is_refused(span):
    with pytest.raises(ValueError, match=r"bytes 0 to 9. Received: \("):
        tokens_in_spans([(0, 4), span], [(0, 4), (5, 7), (7, 9)])


def test_runs_are_the_spans_of_a_mask():
    assert spans_from_mask(mask([(0, 3), (5, 6), (8, 10)])) == [(0, 3), (5, 6), (8, 10)]
    assert spans_from_mask([]) == spans_from_mask([False, False]) == []


def test_neither_is_no_value_and_one_alone_is_a_zero():
    nothing, something = np.zeros(3, bool), np.array([True, False, False])
    found = token_precision_recall([nothing, something, nothing], [nothing, nothing, something])
    np.testing.assert_array_equal(found, [[np.nan, 0, 0]] * 3)
    assert token_f1([nothing, something], [nothing, something]).value == 1
    found = span_precision_recall([[], [(0, 1)], []], [[], [], [(0, 1)]])
    np.testing.assert_array_equal(found.precision, [np.nan, 0, np.nan])
    np.testing.assert_array_equal(found.recall, [np.nan, np.nan, 0])
    assert iou_f1([[], [(0, 1)]], [[(5, 9)], []]).value == 0
    with pytest.raises(ValueError, match="at least one chosen and one gold"):
        iou_f1([[]], [[(0, 1)]])


def test_a_span_is_right_from_the_threshold_on():
    assert span_precision_recall([[(0, 2)]], [[(0, 4)]]).f1 == [1]
    assert span_precision_recall([[(0, 2)]], [[(0, 4)]], threshold=0.51).f1 == [0]
    np.testing.assert_allclose(span_precision_recall([[(0, 4), (0, 4)]], [[(0, 4), (6, 9)]]).recall, 1 / 2)


def test_bytes_count_as_tokens_do():
    tokens = span_precision_recall([[(1, 4)]], [[(1, 5)]])
    np.testing.assert_array_equal(tokens, span_precision_recall([[(10, 40)]], [[(10, 50)]]))


def test_agreement_with_oneself_is_perfect_and_surely_so():
    gold = [mask(spans) for spans in GOLD]
    assert token_f1(gold, gold) == (1, 1, 1)
    assert iou_f1(GOLD * 4, GOLD * 4) == (1, 1, 1)


def test_intervals_hold_the_values():
    rng = np.random.default_rng(0)
    gold = list(rng.random((60, 9)) < 0.4)
    chosen = [one ^ (rng.random(9) < 0.3) for one in gold]
    for found in (
        token_f1(chosen, gold),
        iou_f1([spans_from_mask(a) for a in chosen], [spans_from_mask(b) for b in gold]),
    ):
        assert 0 < found.low < found.value < found.high < 1


@pytest.mark.parametrize(
    ("chosen", "gold", "message"),
    [
        ([[True]], [], "1 and 0"),
        ([[True]], [[True, False]], r"\(1,\) and bool \(2,\)"),
        ([[0.7, 0.3]], [[True, False]], "float64"),
    ],
)
def test_what_are_no_marks_of_the_same_tokens_is_refused(chosen, gold, message):
    with pytest.raises(ValueError, match=message):
        token_precision_recall(chosen, gold)


def test_what_are_no_spans_is_refused():
    with pytest.raises(ValueError, match=r"end after it. Received: \[\[3, 2\]\]"):
        span_precision_recall([[(3, 2)]], [[(0, 1)]])
    with pytest.raises(ValueError, match="of the same examples"):
        span_precision_recall([[(3, 4)]], [])
