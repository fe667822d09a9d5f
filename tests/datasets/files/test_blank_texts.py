"""Blank texts of files, against what normalization in the graph leaves of them."""

import pytest
import tensorflow as tf

from foveal.datasets.files.blank_texts import is_blank
from foveal.datasets.files.labelled_texts import read_labelled_texts
from foveal.datasets.files.sentence_pairs import read_pairs
from foveal.pipelines.text import normalization

CODE_POINTS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def test_every_text_that_normalization_empties_is_blank():
    emptied = normalization.is_blank(tf.constant(CODE_POINTS)).numpy()
    assert all(map(is_blank, (c for c, is_emptied in zip(CODE_POINTS, emptied, strict=True) if is_emptied)))


def test_no_letter_number_or_symbol_is_blank():
    fillers = {"\u115f", "\u1160", "\u3164", "\uffa0"}  # of Hangul, letters without a shape
    assert {c for c in CODE_POINTS if c.isalnum() and is_blank(c)} == fillers
    assert not any(map(is_blank, ("€", "🙂", "-", "\u200ba", "a\n")))


@pytest.mark.parametrize("blank", ["\u200b", "\u00ad", "\u2060\u3000", "\u202e"])
def test_readers_refuse_invisible_texts(blank, tmp_path):
    pairs, texts = tmp_path / "pairs.tsv", tmp_path / "texts.tsv"
    pairs.write_text(f"a\tb\nc\t{blank}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a blank target \(line 2"):
        read_pairs(str(pairs), "train", ("en", "de"))
    texts.write_text(f"a\tx\n{blank}\ty\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a blank text \(line 2"):
        read_labelled_texts(str(texts), "train")
