import numpy as np
import pytest

from foveal.focus import Perturbed, distractors, image_noise, jensen_shannon, stress, word_dropout, word_swaps

TEXTS = ["a good film", "good and long and good", "so good", "one good word more"] * 5


def by_word(texts):
    """Looks at each word by its length, wherever it stands; right where it sees "good"."""
    maps = [np.array([len(word) for word in text.split()], float) for text in texts]
    return [float("good" in text) for text in texts], maps


def by_place(texts):
    """Looks at the first word alone."""
    return [1.0] * len(texts), [np.eye(len(text.split()))[0] for text in texts]


def test_quality_falls_with_the_dose_and_is_beside_what_it_was():
    rows = stress(by_word, TEXTS, word_dropout, severities=[0.2, 0.5, 0.9])
    assert [row.severity for row in rows] == [0.2, 0.5, 0.9]
    assert rows[0].drop.value < rows[1].drop.value < rows[2].drop.value
    for row in rows:
        assert row.drop.value == pytest.approx(1 - row.quality.value)
        assert row.drop.low <= row.drop.value <= row.drop.high


@pytest.mark.parametrize("perturb", [word_dropout, word_swaps, distractors(["a dog barked loudly ."])])
def test_a_map_that_follows_the_words_does_not_drift(perturb):
    assert stress(by_word, TEXTS, perturb, severities=[0.5])[0].divergence == pytest.approx(
        (0, 0, 0), abs=1e-12
    )


def test_a_map_that_follows_the_places_drifts_when_the_words_move():
    (row,) = stress(by_place, ["a b"] * 4, word_swaps, severities=[1.0])
    assert row.divergence == pytest.approx((np.log(2),) * 3)
    assert row.drop == (0, 0, 0)


def test_the_drift_is_the_divergence_on_what_was_kept():
    weights = {"a b c": [0.5, 0.3, 0.2], "c x a": [0.1, 0.8, 0.1]}

    def perturb(text, severity, seed):
        return Perturbed("c x a", np.array([[0, 2], [2, 0]]))

    (row,) = stress(lambda texts: ([1, 1], [weights[text] for text in texts]), ["a b c"] * 2, perturb, [1.0])
    assert row.divergence.value == pytest.approx(jensen_shannon([0.5, 0.2], [0.1, 0.1]))


def test_texts_of_which_nothing_is_left_do_not_count():
    def perturb(text, severity, seed):
        return (
            Perturbed("x", np.zeros((0, 2), int)) if text == "a b" else Perturbed("c", np.zeros((1, 2), int))
        )

    (row,) = stress(by_word, ["a b", "c"], perturb, [1.0])
    assert row.divergence.value == 0


def test_each_example_has_its_own_noise_and_each_dose_the_same():
    seeds = []

    def perturb(text, severity, seed):
        seeds.append(seed)
        return Perturbed(text)

    stress(by_word, TEXTS[:3], perturb, severities=[0.1, 0.2], seed=7)
    assert seeds == [7, 8, 9, 7, 8, 9]


def test_regions_of_pictures_keep_their_places():
    def look(images):
        maps = [image.mean(axis=-1).reshape(2, 2, 2, 2).mean(axis=(1, 3)).ravel() for image in images]
        return [1.0] * len(images), maps

    images = list(np.random.default_rng(0).random((6, 4, 4, 3)))
    small, large = stress(look, images, image_noise, severities=[0.01, 1.0])
    assert 0 < small.divergence.value < 0.1 * large.divergence.value


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (([1.0], [[0.5, 0.5]]), r"2 examples. Received: quality \(1,\), 1 maps"),
        (([1.0, 1.0], [[0.5, 0.5], [1.0, 0.0, 0.0]]), r"each word, \(2,\). Received: \(3,\)"),
    ],
)
def test_what_does_not_fit_is_refused(told, message):
    with pytest.raises(ValueError, match=message):
        stress(lambda texts: told, ["a b", "c d"], word_swaps)
