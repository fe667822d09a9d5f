import numpy as np
import pytest

from foveal.focus import (
    blur,
    character_noise,
    clutter,
    distractors,
    image_noise,
    occlusion,
    word_dropout,
    word_swaps,
)

TEXT = "It rained , but the film was good . Not bad !"
IMAGE = np.random.default_rng(0).random((8, 10, 3))
OF_TEXTS = [character_noise, word_dropout, word_swaps, distractors(["A dog barked .", "So what ?"])]
OF_IMAGES = [image_noise, blur, occlusion, clutter([np.random.default_rng(1).random((5, 6, 3))])]


def name(perturb):
    return perturb.__qualname__.split(".")[0]


@pytest.mark.parametrize("perturb", OF_TEXTS + OF_IMAGES, ids=name)
def test_no_dose_changes_nothing_and_the_seed_decides(perturb):
    example = TEXT if perturb in OF_TEXTS else IMAGE
    np.testing.assert_array_equal(perturb(example, 0.0, 1).example, example)
    first = perturb(example, 0.4, 1).example
    np.testing.assert_array_equal(first, perturb(example, 0.4, 1).example)
    assert not np.array_equal(first, example)
    if perturb is not blur:
        assert any(not np.array_equal(first, perturb(example, 0.4, seed).example) for seed in range(2, 6))


@pytest.mark.parametrize("perturb", OF_TEXTS, ids=name)
@pytest.mark.parametrize("severity", [0.2, 0.7, 1.0])
def test_kept_words_are_told_where_they_are(perturb, severity):
    before = TEXT.split()
    for seed in range(20):
        text, kept = perturb(TEXT, severity, seed)
        after = text.split()
        if kept is None:
            assert len(after) == len(before)
            continue
        assert kept.dtype.kind == "i"
        assert [before[was] for was, _ in kept] == [after[now] for _, now in kept]
        for places in kept.T:
            assert len(set(places)) == len(kept)
        assert (np.diff(kept[:, 0]) > 0).all()


@pytest.mark.parametrize("perturb", OF_TEXTS + OF_IMAGES, ids=name)
@pytest.mark.parametrize("severity", [-0.1, 1.1, np.nan])
def test_doses_are_from_0_to_1(perturb, severity):
    with pytest.raises(ValueError, match="dose from 0 to 1"):
        perturb(TEXT if perturb in OF_TEXTS else IMAGE, severity, 0)


@pytest.mark.parametrize("perturb", OF_TEXTS[:3], ids=name)
@pytest.mark.parametrize("text", ["", "one"])
def test_the_shortest_texts_survive(perturb, text):
    changed, kept = perturb(text, 1.0, 0)
    assert len(changed.split()) == len(text.split())
    assert kept is None or len(kept) == len(text.split())
