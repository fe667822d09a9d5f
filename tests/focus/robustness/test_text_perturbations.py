import numpy as np
import pytest

from foveal.focus import character_noise, distractors, word_dropout, word_offsets, word_swaps

TEXT = " ".join(f"word{place}" for place in range(400))


def changed_words(text):
    return {place for place, word in enumerate(text.split()) if word != f"word{place}"}


def test_offsets_are_of_the_words_in_bytes():
    text = " Não,  é bom é\tbom\n"
    words = [text.encode()[start:end].decode() for start, end in word_offsets(text)]
    assert words == text.split()
    assert word_offsets("").shape == (0, 2)


@pytest.mark.parametrize("severity", [0.05, 0.1, 0.3])
def test_the_dose_is_the_share_of_letters_that_are_wrong(severity):
    words = changed_words(character_noise(TEXT, severity, seed=0).example)
    letters = np.mean([len(word) for word in TEXT.split()])
    assert len(words) / 400 == pytest.approx(1 - (1 - severity) ** letters, abs=0.1)
    lengths = [len(character_noise("x" * 1000, severity, seed).example) for seed in range(20)]
    assert np.mean(lengths) == pytest.approx(1000, abs=20 * severity + 2)  # as many go as come twice


def test_all_four_ways_to_misspell_happen():
    found = {character_noise("abc", 0.4, seed).example for seed in range(300)}
    assert {"bac", "acb", "ac", "ab", "aabc", "abbc", "abcc", "aac", "cbc"} <= found
    assert all(set(word) <= set("abc") for word in found)


@pytest.mark.parametrize("perturb", [character_noise, word_dropout, word_swaps])
def test_a_larger_dose_holds_the_smaller(perturb):
    small, large = (perturb(TEXT, severity, 3).example for severity in (0.05, 0.2))
    if perturb is word_dropout:
        assert set(large.split()) < set(small.split())
    elif perturb is character_noise:
        assert changed_words(small) < changed_words(large)
    else:
        assert 0 < len(changed_words(small)) < len(changed_words(large))


@pytest.mark.parametrize("severity", [0.1, 0.5, 0.9])
def test_the_dose_is_the_share_of_words_that_go(severity):
    text, kept = word_dropout(TEXT, severity, seed=0)
    assert kept is not None
    assert len(kept) == len(text.split()) == pytest.approx(400 * (1 - severity), abs=40)


def test_the_last_word_stays():
    for seed in range(10):
        text, kept = word_dropout("one two three", 1.0, seed)
        assert kept is not None
        assert len(text.split()) == len(kept) == 1


def test_the_dose_is_the_share_of_neighbours_that_change_places():
    text, kept = word_swaps(TEXT, 0.1, seed=0)
    assert kept is not None
    assert sorted(text.split()) == sorted(TEXT.split())
    assert (kept[:, 0] > kept[:, 1]).sum() == pytest.approx(40, abs=15)  # each pair carries one back
    assert word_swaps("a b c d", 1.0, 0).example == "b c d a"


def test_distractors_stand_between_sentences_and_no_word_of_the_text_is_lost():
    text = "A good film . Well played ! Go and see it"
    pool = ["it rained today .", "dogs bark ."]
    texts = [distractors(pool)(text, 0.5, seed) for seed in range(40)]
    for changed, kept in texts:
        assert kept is not None
        before, after = text.split(), changed.split()
        assert len(after) >= 1.5 * len(before)
        assert len(after) < 1.5 * len(before) + 4
        assert len(kept) == len(before)
        assert (np.diff(kept[:, 1]) > 0).all()
        for sentence in ("A good film .", "Well played !", "Go and see it"):
            assert sentence in changed
    places = {changed.split().index("bark") for changed, _ in texts if "bark" in changed}
    assert len(places) > 2


def test_an_empty_pool_is_refused_and_an_empty_text_stays_so():
    with pytest.raises(ValueError, match="none with a word"):
        distractors(["", " "])
    assert distractors(["It rained ."])("", 1.0, 0).example == ""
