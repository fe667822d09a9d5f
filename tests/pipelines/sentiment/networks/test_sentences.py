import re

import numpy as np
from keras import ops

from foveal.pipelines.sentiment.networks.sentences import sentence_ends, sentence_mask

WORDS = ["[PAD]", "a", "b", "c", ".", "!"]


def ids(text):
    return np.array([[WORDS.index(letter) for letter in text]])


def sentences(text, count):
    """What `sentence_mask` finds, as texts."""
    members = ops.convert_to_numpy(sentence_mask(ids(text), sentence_ends(WORDS), count))[0]
    return ["".join(np.array(list(text))[row]) for row in members]


def test_a_sentence_ends_with_all_of_its_marks():
    text = "ab.c!!.ba..a"
    found = re.findall(r"[^.!]+[.!]*", text)
    assert sentences(text, 6) == [*found, "", ""]


def test_the_last_one_holds_all_that_follow():
    assert sentences("a.b.c.a", 2) == ["a.", "b.c.a"]


def test_marks_at_the_start_are_a_sentence_of_their_own():
    assert sentences("..ab.", 3) == ["..", "ab.", ""]


def test_padding_belongs_to_none():
    padded = np.pad(ids("ab.c"), [(0, 0), (0, 3)])
    members = ops.convert_to_numpy(sentence_mask(padded, sentence_ends(WORDS), 3))
    assert members[0, :, :4].sum() == 4
    assert not members[0, :, 4:].any()


def test_marks_are_found_alone_and_joined_to_a_word_or_a_space():
    vocabulary = ["[PAD]", ".", "##!", " ?", "a.", "…", ",", "。"]
    assert sentence_ends(vocabulary) == [1, 2, 3, 5, 7]
