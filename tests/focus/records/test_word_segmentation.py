"""Tests of the words of a text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.focus import TextAxis, join_words, word_axis, word_offsets, word_spans
from foveal.focus.records import spans_from_mask

TEXTS = [
    "The (old) don't-care 'x' at&t, 10/10 - ... «olá» ¿qué? 3.5",
    "यह एक बहुत अच्छी फिल्म है। क्‍या?",
    "这部“电影”很好。《红楼梦》用Python写Go程序 5个",
    "テレビとラジオ。カメラはここ",
    "ภาษาไทยน้ำดี ครับ",
    "이 영화는 정말 좋다.",
    'הסרט "טוב", צה"ל می‌خواهم کتاب‌ها را',
    "great😀👍🏽! ❤️ 🇺🇸🇬🇧🇫 🇷a 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👨‍👩‍👧‍👦1️⃣",
    "e\u0301te\u0301\r\nn\u0303\tb\u00a0c\u3000d\u2028e \u200b\x1b[31m\x00",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't can’t rock-and-roll", ["don't", "can’t", "rock-and-roll"]),
        ("3.5, 1,000 U.S. 10/10 -5", ["3.5", ",", "1,000", "U.S", ".", "10", "/", "10", "-", "5"]),
        ("यह अच्छी फिल्म है।", ["यह", "अच्छी", "फिल्म", "है", "।"]),
        ("ಕನ್ನಡ தமிழ் বাংলা తెలుగు", ["ಕನ್ನಡ", "தமிழ்", "বাংলা", "తెలుగు"]),
        ("电影很好。iPhone手机𠀀𠀁", [*"电影很好。", "iPhone", *"手机𠀀𠀁"]),
        ("カメラとテレビ", ["カメラ", "と", "テレビ"]),
        ("น้ำดี", ["น้ำ", "ดี"]),  # no part of a character
        ("영화는 좋다", ["영화는", "좋다"]),
        ('צה"ל שלום', ['צה"ל', "שלום"]),
        ("می‌خواهم کتاب", ["می‌خواهم", "کتاب"]),
        ("👨‍👩‍👧‍👦👍🏽🇺🇸🇬🇧🇫 1️⃣", ["👨‍👩‍👧‍👦", "👍🏽", "🇺🇸", "🇬🇧", "🇫", "1️⃣"]),
        ("\ufeffe\u0301te\u0301\r\n\u00a0a\u200bb", ["e\u0301te\u0301", "a", "b"]),
        ("a\x00\x1b[", ["a", "\x00", "\x1b", "["]),
        ("\u093f a \u0301b", ["\u093f", "a", "\u0301", "b"]),  # marks without a letter
        (" \u3000\u200b\n", []),
        ("", []),
    ],
)
def test_word_spans_are_words_of_unicode(text, words):
    labels, spans = word_spans(text)
    assert labels == words
    assert [text.encode()[start:end].decode() for start, end in spans] == words


@pytest.mark.parametrize(
    "text", ["Não,  é (bom) – don't\tgo\n", "O João-ninguém disse: «não»! ...", " a ", ""]
)
def test_word_offsets_of_spaced_text_are_words_between_spaces(text):
    words = [text.encode()[start:end].decode() for start, end in word_offsets(text)]
    assert words == text.split()
    assert word_offsets(text).shape == (len(words), 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("这部“电影”很好。", ["这", "部", "“电", "影”", "很", "好。"]),
        ("great😀👍🏽!", ["great", "😀", "👍🏽!"]),
        ("f(x) and/or", ["f", "(x)", "and/", "or"]),
        ("यह है।", ["यह", "है।"]),
    ],
)
def test_punctuation_belongs_to_the_adjoining_word(text, words):
    assert word_axis(text).labels == words


@pytest.mark.parametrize("text", TEXTS)
def test_word_offsets_cover_the_tokens_in_order(text):
    """Every token of `word_spans` lies in one word, and between words is nothing visible."""
    offsets, tokens = word_offsets(text), word_spans(text)[1]
    assert all(sum(start <= first and last <= end for start, end in offsets) == 1 for first, last in tokens)
    covered = np.zeros(len(text.encode()) + 1, bool)
    for start, end in offsets:
        assert not covered[start:end].any()
        covered[start:end] = True
    between = [text.encode()[start:end].decode() for start, end in spans_from_mask(~covered[:-1])]
    assert all(re.fullmatch(r"[\s\u200b]+", space) for space in between)


@pytest.mark.parametrize("text", TEXTS)
def test_join_words_keeps_the_words_in_any_order(text):
    axis, rng = word_axis(text), np.random.default_rng(0)
    assert join_words(axis, range(len(axis))) == text.strip(" \r\n")
    for _ in range(100):
        order = rng.permutation(len(axis))[: rng.integers(len(axis) + 1)]
        for positions in (order, np.sort(order)):
            joined = word_axis(join_words(axis, positions))
            assert joined.labels == [axis.labels[index] for index in positions]


CHARACTERS = "aZ5,.-'’(“»_ \n\u200b\ufeff\u00ad\u0301\x1bयि्。好ーテとาי\"\u200d👍\U0001f3fd🇵🇹½°"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(CHARACTERS), max_size=12), st.randoms(use_true_random=False))
def test_join_words_keeps_the_words_of_any_characters(characters, random):
    axis = word_axis("".join(characters))
    order = random.sample(range(len(axis)), random.randint(0, len(axis)))
    assert word_axis(join_words(axis, order)).labels == [axis.labels[index] for index in order]


@pytest.mark.parametrize(
    ("text", "order", "joined"),
    [
        ("one  big\ndog", [0, 2], "one  dog"),
        ("one big dog", [2, 0], "dog one"),
        ("电影很好。", [0, 1, 3], "电影好。"),
        ("I love 中国 food", [0, 1, 3, 4], "I love 国 food"),
        ("テレビとラジオ", [0, 2], "テレビ ラジオ"),  # one word without the space
        ("a b", [], ""),
    ],
)
def test_join_words_has_the_spaces_of_the_text(text, order, joined):
    assert join_words(word_axis(text), order) == joined


def test_join_words_without_a_text_raises():
    with pytest.raises(ValueError, match=r"`axis` must have a text. Received: axis.text=None"):
        join_words(TextAxis(["a"], np.zeros((1, 2), int)), [0])
