import numpy as np
import pytest

from foveal.focus import (
    blur,
    character_noise,
    clutter,
    distractors,
    image_noise,
    occlusion,
    unicode_noise,
    word_axis,
    word_dropout,
    word_swaps,
)

TEXT = "It rained , but the film was good . Not bad !"
IMAGE = np.random.default_rng(0).random((8, 10, 3))
DISTRACTORS = distractors(["A dog barked .", "So what ?"])
TEXT_PERTURBATIONS = [character_noise, unicode_noise, word_dropout, word_swaps, DISTRACTORS]
IMAGE_PERTURBATIONS = [image_noise, blur, occlusion, clutter([np.random.default_rng(1).random((5, 6, 3))])]


def name(perturb):
    return perturb.__qualname__.split(".")[0]


@pytest.mark.parametrize("perturb", TEXT_PERTURBATIONS + IMAGE_PERTURBATIONS, ids=name)
def test_zero_severity_is_identity_and_seed_determines_noise(perturb):
    example = TEXT if perturb in TEXT_PERTURBATIONS else IMAGE
    np.testing.assert_array_equal(perturb(example, 0.0, 1).example, example)
    first = perturb(example, 0.4, 1).example
    np.testing.assert_array_equal(first, perturb(example, 0.4, 1).example)
    assert not np.array_equal(first, example)
    if perturb is not blur:
        assert any(not np.array_equal(first, perturb(example, 0.4, seed).example) for seed in range(2, 6))


@pytest.mark.parametrize("perturb", TEXT_PERTURBATIONS, ids=name)
@pytest.mark.parametrize("severity", [0.2, 0.7, 1.0])
@pytest.mark.parametrize(
    "text", [TEXT, "这部电影很好。用Python写Go！\n我不喜欢", "यह अच्छी फिल्म है। क्‍या?", "テレビとラジオ😀🇵🇹"]
)
def test_kept_positions_match_words(perturb, severity, text):
    before = word_axis(text).labels
    for seed in range(20):
        perturbed, kept = perturb(text, severity, seed)
        after = word_axis(perturbed).labels
        if kept is None:
            assert len(after) == len(before)
            continue
        assert kept.dtype.kind == "i"
        assert [before[old] for old, _ in kept] == [after[new] for _, new in kept]
        for positions in kept.T:
            assert len(set(positions)) == len(kept)
        assert (np.diff(kept[:, 0]) > 0).all()


@pytest.mark.parametrize("perturb", TEXT_PERTURBATIONS + IMAGE_PERTURBATIONS, ids=name)
@pytest.mark.parametrize("severity", [-0.1, 1.1, np.nan])
def test_invalid_severity_raises(perturb, severity):
    with pytest.raises(ValueError, match="`severity` must be from 0 to 1"):
        perturb(TEXT if perturb in TEXT_PERTURBATIONS else IMAGE, severity, 0)


@pytest.mark.parametrize("perturb", TEXT_PERTURBATIONS[:3], ids=name)
@pytest.mark.parametrize("text", ["", "one"])
def test_empty_and_single_word_texts_are_kept(perturb, text):
    perturbed, kept = perturb(text, 1.0, 0)
    assert len(perturbed.split()) == len(text.split())
    assert kept is None or len(kept) == len(text.split())
