import unicodedata

import numpy as np
import pytest

from foveal.focus import character_noise, distractors, unicode_noise, word_dropout, word_swaps

TEXT = " ".join(f"word{index}" for index in range(400))


def changed_words(text):
    return {index for index, word in enumerate(text.split()) if word != f"word{index}"}


@pytest.mark.parametrize("severity", [0.05, 0.1, 0.3])
def test_character_noise_changes_fraction_of_letters(severity):
    words = changed_words(character_noise(TEXT, severity, seed=0).example)
    letters = np.mean([len(word) for word in TEXT.split()])
    assert len(words) / 400 == pytest.approx(1 - (1 - severity) ** letters, abs=0.1)
    lengths = [len(character_noise("x" * 1000, severity, seed).example) for seed in range(20)]
    assert np.mean(lengths) == pytest.approx(1000, abs=20 * severity + 2)  # as many deletions as duplications


@pytest.mark.parametrize("severity", [0.1, 0.5, 1.0])
def test_unicode_noise_changes_fraction_of_spaces_and_words(severity):
    noisy = unicode_noise(TEXT, severity, seed=0).example
    # A quarter of the changed words has no mark to decompose, a fifth of the spaces ends in U+0020.
    assert len(changed_words(noisy)) / 400 == pytest.approx(0.75 * severity, abs=0.1)
    assert noisy.count(" word") == pytest.approx(399 * (1 - 0.8 * severity), abs=40)
    kept = noisy.translate({ord(character): None for character in "\u00ad\u2060\ufeff\u200b"})
    assert kept.split() == TEXT.split()


def test_unicode_noise_decomposes_letters():
    noisy = {unicode_noise("caf\u00e9", 1.0, seed).example for seed in range(20)}
    assert "cafe\u0301" in noisy
    assert {unicodedata.normalize("NFC", text.strip("\ufeff")) for text in noisy} >= {"caf\u00e9"}


def test_character_noise_has_four_operations():
    words = {character_noise("abc", 0.4, seed).example for seed in range(300)}
    assert {"bac", "acb", "ac", "ab", "aabc", "abbc", "abcc", "aac", "cbc"} <= words
    assert all(set(word) <= set("abc") for word in words)


@pytest.mark.parametrize("perturb", [character_noise, unicode_noise, word_dropout, word_swaps])
def test_higher_severity_includes_lower(perturb):
    small, large = (perturb(TEXT, severity, 3).example for severity in (0.05, 0.2))
    if perturb is word_dropout:
        assert set(large.split()) < set(small.split())
    elif perturb in (character_noise, unicode_noise):
        assert changed_words(small) < changed_words(large)
    else:
        assert 0 < len(changed_words(small)) < len(changed_words(large))


@pytest.mark.parametrize("severity", [0.1, 0.5, 0.9])
def test_word_dropout_deletes_fraction_of_words(severity):
    text, kept = word_dropout(TEXT, severity, seed=0)
    assert kept is not None
    assert len(kept) == len(text.split()) == pytest.approx(400 * (1 - severity), abs=40)


def test_word_dropout_keeps_one_word():
    for seed in range(10):
        text, kept = word_dropout("one two three", 1.0, seed)
        assert kept is not None
        assert len(text.split()) == len(kept) == 1


def test_word_swaps_swaps_fraction_of_neighbours():
    text, kept = word_swaps(TEXT, 0.1, seed=0)
    assert kept is not None
    assert sorted(text.split()) == sorted(TEXT.split())
    assert (kept[:, 0] > kept[:, 1]).sum() == pytest.approx(40, abs=15)  # each swap moves one word back
    assert word_swaps("a b c d", 1.0, 0).example == "b c d a"


def test_distractors_are_inserted_between_sentences():
    text = "A good film . Well played ! Go and see it"
    pool = ["it rained today .", "dogs bark ."]
    texts = [distractors(pool)(text, 0.5, seed) for seed in range(40)]
    for perturbed, kept in texts:
        assert kept is not None
        before, after = text.split(), perturbed.split()
        assert len(after) >= 1.5 * len(before)
        assert len(after) < 1.5 * len(before) + 4
        assert len(kept) == len(before)
        assert (np.diff(kept[:, 1]) > 0).all()
        for sentence in ("A good film .", "Well played !", "Go and see it"):
            assert sentence in perturbed
    positions = {perturbed.split().index("bark") for perturbed, _ in texts if "bark" in perturbed}
    assert len(positions) > 2


def test_perturbations_of_unspaced_text_insert_no_spaces():
    text = "我不喜欢这部电影。它很长。"
    assert word_dropout(text, 0.5, 0).example == "我这部电影。它很长。"
    assert set(word_swaps(text, 1.0, 0).example) == set(text)
    assert character_noise(text, 0.0, 0).example == distractors(["好。"])(text, 0.0, 0).example == text


def test_distractors_empty_pool_raises_and_empty_text_is_kept():
    with pytest.raises(ValueError, match="at least one sentence with a word"):
        distractors(["", " "])
    assert distractors(["It rained ."])("", 1.0, 0).example == ""
