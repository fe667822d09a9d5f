import numpy as np
import pytest

from foveal.focus import (
    average_precision,
    iou_f1,
    span_precision_recall,
    spans_from_mask,
    token_f1,
    token_precision_recall,
    tokens_in_spans,
)

# Human and predicted spans (end exclusive) of three texts of ten tokens; the third has no human rationale.
GOLD = [[(1, 5), (8, 10)], [(0, 2)], []]
PREDICTED = [[(1, 4), (5, 8)], [(1, 3), (6, 7)], [(2, 3)]]


def mask(spans, length=10):
    return tokens_in_spans(spans, [(position, position + 1) for position in range(length)])


def test_measures_match_hand_computed_eraser_example():
    gold, predicted = [mask(spans) for spans in GOLD], [mask(spans) for spans in PREDICTED]
    # Tokens. First text: gold 1 2 3 4 8 9, predicted 1 2 3 5 6 7, both 1 2 3: P = 3/6, R = 3/6, F1 = 1/2.
    # Second: gold 0 1, predicted 1 2 6, both 1: P = 1/3, R = 1/2, F1 = 2/5. Third: gold none: 0, 0, 0.
    # The scorer's instance_macro takes the means.
    result = token_precision_recall(predicted, gold)
    np.testing.assert_allclose(result.precision, [1 / 2, 1 / 3, 0])
    np.testing.assert_allclose(result.recall, [1 / 2, 1 / 2, 0])
    np.testing.assert_allclose(result.f1, [1 / 2, 2 / 5, 0])
    assert token_f1(predicted, gold).value == pytest.approx(0.3)
    # Spans, near enough from an IOU of 0.5. First text: (1, 4) and (1, 5) share 3 of 4: right; (5, 8)
    # shares nothing: P = 1/2, R = 1/2. Second: (1, 3) and (0, 2) share 1 of 3, (6, 7) nothing: P = 0, R = 0.
    # Third: P = 0, and no gold to be recalled. The scorer takes the mean of P over texts with a prediction,
    # (1/2 + 0 + 0) / 3 = 1/6, of R over texts with gold, (1/2 + 0) / 2 = 1/4, and the F1 of these two:
    # 2 * 1/6 * 1/4 / (1/6 + 1/4) = 1/5.
    spans = span_precision_recall(PREDICTED, GOLD)
    np.testing.assert_allclose(spans.precision, [1 / 2, 0, 0])
    np.testing.assert_allclose(spans.recall, [1 / 2, 0, np.nan])
    assert iou_f1(PREDICTED, GOLD).value == pytest.approx(1 / 5)
    # Weights of a text of four tokens, the first and third gold: 0.4 gold, 0.3 not, 0.2 gold, 0.1 not.
    # The precision is 1 at the first gold token and 2/3 at the second: (1 + 2/3) / 2 = 5/6.
    weights = [[0.4, 0.3, 0.2, 0.1]]
    np.testing.assert_allclose(average_precision(weights, [[True, False, True, False]]), [5 / 6])


def test_empty_rationales_are_nan_or_zero():
    empty, nonempty = np.zeros(3, bool), np.array([True, False, False])
    result = token_precision_recall([empty, nonempty, empty], [empty, empty, nonempty])
    np.testing.assert_array_equal(result, [[np.nan, 0, 0]] * 3)
    assert token_f1([empty, nonempty], [empty, nonempty]).value == 1
    result = span_precision_recall([[], [(0, 1)], []], [[], [], [(0, 1)]])
    np.testing.assert_array_equal(result.precision, [np.nan, 0, np.nan])
    np.testing.assert_array_equal(result.recall, [np.nan, np.nan, 0])
    assert iou_f1([[], [(0, 1)]], [[(5, 9)], []]).value == 0
    with pytest.raises(ValueError, match="at least one span each"):
        iou_f1([[]], [[(0, 1)]])


def test_span_precision_recall_threshold_is_inclusive():
    assert span_precision_recall([[(0, 2)]], [[(0, 4)]]).f1 == [1]
    assert span_precision_recall([[(0, 2)]], [[(0, 4)]], threshold=0.51).f1 == [0]
    np.testing.assert_allclose(span_precision_recall([[(0, 4), (0, 4)]], [[(0, 4), (6, 9)]]).recall, 1 / 2)


def test_span_precision_recall_is_unit_invariant():
    tokens = span_precision_recall([[(1, 4)]], [[(1, 5)]])
    np.testing.assert_array_equal(tokens, span_precision_recall([[(10, 40)]], [[(10, 50)]]))


def test_agreement_of_equal_rationales_is_one():
    gold = [mask(spans) for spans in GOLD]
    assert token_f1(gold, gold) == (1, 1, 1)
    assert iou_f1(GOLD * 4, GOLD * 4) == (1, 1, 1)


def test_intervals_contain_the_values():
    rng = np.random.default_rng(0)
    gold = list(rng.random((60, 9)) < 0.4)
    predicted = [mask ^ (rng.random(9) < 0.3) for mask in gold]
    for result in (
        token_f1(predicted, gold),
        iou_f1([spans_from_mask(a) for a in predicted], [spans_from_mask(b) for b in gold]),
    ):
        assert 0 < result.low < result.value < result.high < 1


@pytest.mark.parametrize(
    ("predicted", "gold", "message"),
    [
        ([[True]], [], "lengths 1 and 0"),
        ([[True]], [[True, False]], r"\(1,\) and bool \(2,\)"),
        ([[0.7, 0.3]], [[True, False]], "float64"),
    ],
)
def test_token_precision_recall_invalid_masks_raise(predicted, gold, message):
    with pytest.raises(ValueError, match=message):
        token_precision_recall(predicted, gold)


def test_span_precision_recall_invalid_spans_raise():
    with pytest.raises(ValueError, match=r"end after their start. Received: spans=\[\[3, 2\]\]"):
        span_precision_recall([[(3, 2)]], [[(0, 1)]])
    with pytest.raises(ValueError, match="one entry for each example"):
        span_precision_recall([[(3, 4)]], [])
