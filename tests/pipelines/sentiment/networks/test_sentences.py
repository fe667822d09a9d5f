"""Tests of sentence segmentation against a regular expression."""

import re

import numpy as np
from keras import ops

from foveal.pipelines.sentiment.networks.sentences import sentence_ends, sentence_mask

VOCABULARY = ["[PAD]", "a", "b", "c", ".", "!"]


def encode(text):
    return np.array([[VOCABULARY.index(letter) for letter in text]])


def split_by_mask(text, max_sentences):
    """Return the text of each sentence of `sentence_mask`."""
    mask = ops.convert_to_numpy(sentence_mask(encode(text), sentence_ends(VOCABULARY), max_sentences))[0]
    return ["".join(np.array(list(text))[row]) for row in mask]


def test_sentence_includes_all_of_its_final_marks():
    text = "ab.c!!.ba..a"
    sentences = re.findall(r"[^.!]+[.!]*", text)
    assert split_by_mask(text, 6) == [*sentences, "", ""]


def test_last_sentence_holds_all_later_tokens():
    assert split_by_mask("a.b.c.a", 2) == ["a.", "b.c.a"]


def test_leading_marks_are_a_sentence():
    assert split_by_mask("..ab.", 3) == ["..", "ab.", ""]


def test_padding_belongs_to_no_sentence():
    padded = np.pad(encode("ab.c"), [(0, 0), (0, 3)])
    mask = ops.convert_to_numpy(sentence_mask(padded, sentence_ends(VOCABULARY), 3))
    assert mask[0, :, :4].sum() == 4
    assert not mask[0, :, 4:].any()


def test_sentence_ends_include_suffix_and_spaced_marks():
    vocabulary = ["[PAD]", ".", "##!", " ?", "a.", "…", ",", "。"]
    assert sentence_ends(vocabulary) == [1, 2, 3, 5, 7]
