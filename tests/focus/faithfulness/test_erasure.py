import numpy as np
import pytest

from foveal.focus import (
    TextAxis,
    compare_with_baselines,
    comprehensiveness,
    delete_text_spans,
    delete_tokens,
    mask_tokens,
    sufficiency,
)

WORD_EFFECTS = {"great": 2.0, "good": 1.0, "bad": -1.5, "awful": -3.0}


def predict(texts):
    """Logistic model of the sum of the effects of the words; records the batch sizes."""
    predict.sizes.append(len(texts))
    scores = np.array([sum(WORD_EFFECTS.get(word, 0.0) for word in text) for text in texts])
    good = 1 / (1 + np.exp(-scores))
    return np.stack([1 - good, good], axis=1)


@pytest.fixture(autouse=True)
def _reset_batch_sizes():
    predict.sizes = []


def probability(score):
    return 1 / (1 + np.exp(-score))


def test_measures_match_hand_computed_eraser_example():
    # Ten words, label "good" with p(3) = 0.9526. The map ranks great (2) first, then good (1).
    # 1, 5 and 10 % are one word of ten, 20 % two, 50 % five:
    # without them p(1), p(1), p(1), p(0), p(0) is left; of them alone p(2), p(2), p(2), p(3), p(3).
    text = ["a", "great", "cast", "in", "a", "good", "film", "by", "her", "."]
    weights = np.array([0.05, 0.4, 0.02, 0.02, 0.05, 0.3, 0.1, 0.02, 0.02, 0.02])
    comp = comprehensiveness(predict, [text], [weights], delete_tokens)
    suff = sufficiency(predict, [text], [weights], delete_tokens)
    p = probability
    np.testing.assert_allclose(comp, [[p(3) - p(1)] * 3 + [p(3) - p(0)] * 2])
    np.testing.assert_allclose(suff, [[p(3) - p(2)] * 3 + [0, 0]], atol=1e-12)
    # p(3), p(2), p(1), p(0) are 0.952574, 0.880797, 0.731059 and 0.5; the scorer's mean over the bins:
    assert comp.mean() == pytest.approx((3 * 0.221515 + 2 * 0.452574) / 5, abs=1e-6)
    assert suff.mean() == pytest.approx(3 * 0.071777 / 5, abs=1e-6)


def test_label_is_predicted_from_original_text():
    comp = comprehensiveness(predict, [["awful", "good"]], [[0.9, 0.1]], delete_tokens, bins=[0.5])
    assert comp[0, 0] == pytest.approx(probability(2) - probability(-1))


def test_mask_tokens_keeps_positions():
    calls = []

    def predict_uniform(texts):
        calls.extend(texts)
        return np.ones((len(texts), 2)) / 2

    comprehensiveness(predict_uniform, [[7, 8, 9]], [[0.1, 0.2, 0.7]], mask_tokens(0), bins=[0.3, 0.6])
    sufficiency(predict_uniform, [[7, 8, 9]], [[0.1, 0.2, 0.7]], mask_tokens(0), bins=[0.6])
    assert calls == [[7, 8, 9], [7, 8, 0], [7, 0, 0], [7, 8, 9], [0, 8, 9]]


def test_drops_are_independent_of_batch_size():
    rng = np.random.default_rng(0)
    texts = [list(rng.choice([*WORD_EFFECTS, "a", "film"], size)) for size in (2, 3, 5, 30)]
    maps = [rng.random(len(text)) for text in texts]
    batched = comprehensiveness(predict, texts, maps, delete_tokens)
    assert predict.sizes == [24]
    unbatched = comprehensiveness(predict, texts, maps, delete_tokens, batch_size=1)
    np.testing.assert_array_equal(batched, unbatched)


def test_ties_are_broken_at_random_by_seed():
    texts = [["good", "a", "film", "."]] * 2000
    drops = comprehensiveness(predict, texts, [np.ones(4)] * 2000, delete_tokens, bins=[0.25])
    expected_drop = probability(1) - probability(0)
    assert drops.mean() == pytest.approx(expected_drop / 4, rel=0.1)
    repeated = comprehensiveness(predict, texts, [np.ones(4)] * 2000, delete_tokens, bins=[0.25])
    np.testing.assert_array_equal(drops, repeated)
    reseeded = comprehensiveness(predict, texts, [np.ones(4)] * 2000, delete_tokens, bins=[0.25], seed=1)
    assert not np.array_equal(drops, reseeded)


def test_baselines_score_expected_values():
    # one word in five decides: it is erased first by the true map and by a fifth of the baseline maps
    rng = np.random.default_rng(1)
    positions = rng.integers(0, 5, 400)
    texts = [["good" if position == index else "a" for position in range(5)] for index in positions]
    truth = [np.eye(5)[index] for index in positions]
    result = compare_with_baselines(
        lambda maps: comprehensiveness(predict, texts, maps, delete_tokens, bins=[0.2])[:, 0], truth
    )
    expected_drop = probability(1) - 0.5
    assert result.value == pytest.approx((expected_drop, expected_drop, expected_drop))
    assert all(baseline.low < expected_drop / 5 < baseline.high for baseline in result.baselines.values())
    assert all(improvement.low > 0 for improvement in result.improvements.values())


def test_example_without_tokens_has_zero_drop():
    assert comprehensiveness(predict, [[]], [[]], delete_tokens, bins=[0.5]).tolist() == [[0]]
    assert sufficiency(predict, [[]], [[]], delete_tokens, bins=[0.5]).tolist() == [[0]]


def test_delete_text_spans_deletes_bytes():
    axis = TextAxis(["É", "bom", "", "!"], np.array([[0, 2], [3, 6], [6, 6], [6, 7]]), "É bom!")
    assert delete_text_spans(axis, np.array([False, True, True, False])) == "É !"
    assert delete_text_spans(axis, np.zeros(4, bool)) == axis.text
    assert delete_tokens(["a", "b"], np.array([True, False])) == ["b"]
    with pytest.raises(ValueError, match="must have a text"):
        delete_text_spans(TextAxis(["a"], np.array([[0, 1]])), np.array([True]))


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ({"importance": [[0.5, 0.5, 0.0]]}, r"each token, shapes \[\(2,\)\]"),
        ({"importance": [[0.5, np.nan]]}, "NaN"),
        ({"importance": []}, "each token"),
        ({"bins": [0.0]}, "above 0 and at most 1"),
        ({"bins": []}, "above 0 and at most 1"),
        ({"predict": lambda texts: np.ones(len(texts))}, r"\(6, classes\)"),
        ({"predict": lambda texts: np.full((len(texts), 2), np.nan)}, "12 of them NaN"),
        ({"examples": [], "importance": []}, "at least one example"),
    ],
)
def test_invalid_arguments_raise(invalid, message):
    arguments = {
        "predict": predict,
        "examples": [["a", "b"]],
        "importance": [[0.5, 0.5]],
        "erase": delete_tokens,
    }
    with pytest.raises(ValueError, match=message):
        comprehensiveness(**{**arguments, **invalid})
