import numpy as np
import pytest

from foveal.focus import (
    Perturbed,
    distractors,
    image_noise,
    jensen_shannon,
    measure_robustness,
    word_dropout,
    word_swaps,
)

TEXTS = ["a good film", "good and long and good", "so good", "one good word more"] * 5


def attend_to_length(texts):
    """Attention by the length of each word, at any position; correct if the text has "good"."""
    maps = [np.array([len(word) for word in text.split()], float) for text in texts]
    return [float("good" in text) for text in texts], maps


def attend_to_first(texts):
    """Attention to the first word only; always correct."""
    return [1.0] * len(texts), [np.eye(len(text.split()))[0] for text in texts]


def test_quality_drops_with_severity():
    rows = measure_robustness(attend_to_length, TEXTS, word_dropout, severities=[0.2, 0.5, 0.9])
    assert [row.severity for row in rows] == [0.2, 0.5, 0.9]
    assert rows[0].drop.value < rows[1].drop.value < rows[2].drop.value
    for row in rows:
        assert row.drop.value == pytest.approx(1 - row.quality.value)
        assert row.drop.low <= row.drop.value <= row.drop.high


@pytest.mark.parametrize("perturb", [word_dropout, word_swaps, distractors(["a dog barked loudly ."])])
def test_divergence_of_word_based_attention_is_zero(perturb):
    assert measure_robustness(attend_to_length, TEXTS, perturb, severities=[0.5])[
        0
    ].divergence == pytest.approx((0, 0, 0), abs=1e-12)


def test_divergence_of_position_based_attention_is_maximal():
    (row,) = measure_robustness(attend_to_first, ["a b"] * 4, word_swaps, severities=[1.0])
    assert row.divergence == pytest.approx((np.log(2),) * 3)
    assert row.drop == (0, 0, 0)


def test_divergence_is_measured_on_kept_words():
    weights = {"a b c": [0.5, 0.3, 0.2], "c x a": [0.1, 0.8, 0.1]}

    def perturb(text, severity, seed):
        return Perturbed("c x a", np.array([[0, 2], [2, 0]]))

    (row,) = measure_robustness(
        lambda texts: ([1, 1], [weights[text] for text in texts]), ["a b c"] * 2, perturb, [1.0]
    )
    assert row.divergence.value == pytest.approx(jensen_shannon([0.5, 0.2], [0.1, 0.1]))


def test_texts_without_kept_words_are_ignored():
    def perturb(text, severity, seed):
        return (
            Perturbed("x", np.zeros((0, 2), int)) if text == "a b" else Perturbed("c", np.zeros((1, 2), int))
        )

    (row,) = measure_robustness(attend_to_length, ["a b", "c"], perturb, [1.0])
    assert row.divergence.value == 0


def test_seeds_differ_by_example_and_repeat_by_severity():
    seeds = []

    def perturb(text, severity, seed):
        seeds.append(seed)
        return Perturbed(text)

    measure_robustness(attend_to_length, TEXTS[:3], perturb, severities=[0.1, 0.2], seed=7)
    assert seeds == [7, 8, 9, 7, 8, 9]


def test_image_regions_keep_positions():
    def evaluate(images):
        maps = [image.mean(axis=-1).reshape(2, 2, 2, 2).mean(axis=(1, 3)).ravel() for image in images]
        return [1.0] * len(images), maps

    images = list(np.random.default_rng(0).random((6, 4, 4, 3)))
    small, large = measure_robustness(evaluate, images, image_noise, severities=[0.01, 1.0])
    assert 0 < small.divergence.value < 0.1 * large.divergence.value


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (([1.0], [[0.5, 0.5]]), r"2 examples. Received: quality.shape=\(1,\), 1 maps"),
        (([1.0, 1.0], [[0.5, 0.5], [1.0, 0.0, 0.0]]), r"each word, \(2,\). Received: map.shape=\(3,\)"),
    ],
)
def test_invalid_evaluation_raises(outputs, message):
    with pytest.raises(ValueError, match=message):
        measure_robustness(lambda texts: outputs, ["a b", "c d"], word_swaps)
