"""Tests of normalization against a loop over characters, and of the token ids of noisy texts."""

import unicodedata

import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.text.normalization import is_blank, normalize, normalize_with_alignment

WORDS = "a rosé , sôbre o café ; déjà vu"
FILLERS = {"\u3164", "\uffa0", "\u034f"}
DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = {*FILLERS, *DIRECTIONS, *"\u00ad\u200b\u2060\u2061\u2064\ufeff\ufff9\ufffb\0\x07\x7f"}
JOINERS = {"\u200c", "\u200d", "\u180e"}
SPACES = list(" \n\r\t\v\f\x1c\x1f\x85\u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000")
LETTERS = ["\u0301", "\u0323", "\u0344", "\u1100", "\u1161", "\u11a8", "\u212b", *"ae s日"]
JOINED = ["\u0915", "\u093c", "\u094d", "\u0645", "\u064e", "\u0f73", "\u09c7", "\u09be", "👩", "\ufe0f"]
NOISY = st.text(st.sampled_from([*LETTERS, *JOINED, *SPACES, *sorted(INVISIBLE | JOINERS)]), max_size=12)


@pytest.fixture(scope="module")
def normalize_in_graph():
    spec = tf.TensorSpec([None], tf.string)
    return tf.function(normalize_with_alignment, input_signature=[spec])


@pytest.fixture(scope="module")
def codec():
    return TextCodec.train([WORDS], 400)


def decode(texts):
    return [text.decode() for text in texts.numpy()]


def normalize_by_loop(text):
    kept, after_joined = [], False
    for character in text:
        if character in JOINERS:
            kept += [character] * after_joined
        elif character not in INVISIBLE:
            kept.append(character)
            after_joined = character in JOINED
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


@settings(deadline=None, max_examples=150)
@given(texts=st.lists(NOISY, max_size=4))
@example(texts=["\u00a0\u0301 e", "\u200d\u0301", "e\u200b\u0301 \u200b \u0301", "\u2000\u0323", "a\u3000"])
def test_normalize_matches_loop(normalize_in_graph, texts):
    normal, _ = normalize_in_graph(tf.constant(texts, tf.string))
    assert decode(normal) == [normalize_by_loop(text) for text in texts]
    assert is_blank(tf.constant(texts, tf.string)).numpy().tolist() == [not text for text in decode(normal)]


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(st.text(), min_size=1, max_size=4))
def test_normal_forms_are_composed_without_surrounding_or_repeated_spaces(normalize_in_graph, texts):
    for text in decode(normalize_in_graph(texts)[0]):
        assert text == " ".join(text.split()) == unicodedata.normalize("NFC", text)


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(NOISY.map(str.encode) | st.binary(max_size=9), min_size=2, max_size=4))
def test_normal_form_of_batch_matches_single_texts(normalize_in_graph, texts):
    alone = [normalize_in_graph([text])[0].numpy()[0].replace(b"\xff", b"\xfe") for text in texts]
    batch = normalize_in_graph(texts)[0].numpy().tolist()
    assert [text.replace(b"\xff", b"\xfe") for text in batch] == alone


def test_invalid_bytes_are_kept(normalize_in_graph):
    texts = [b"\xc3\n\xa9 \xff", b"\xed\xa0\x80\xcc\x81", b"e\xcc \xe2\x80", b"e\xcc\x81\xcc"]
    assert normalize_in_graph(texts)[0].numpy().tolist() == [
        b"\xc3 \xa9 \xfe",
        b"\xed\xa0\x80\xcc\x81",
        b"e\xcc \xe2\x80",
        b"\xc3\xa9\xcc",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian
        "क्\u200dष",  # Devanagari
        "র\u200d\u09cd\u09af",  # Bengali
        "👩\u200d👩\u200d👧 👋🏽\u200d",
        "ﬁne Ａ",  # compatibility forms
        "",
    ],
)
def test_spelling_is_kept(normalize_in_graph, text):
    assert decode(normalize_in_graph([text])[0]) == [text]


def test_empty_batch_is_normalized_as_empty_batch(normalize_in_graph):
    assert normalize_in_graph(tf.zeros([0], tf.string))[0].shape == (0,)


@pytest.mark.parametrize("space", SPACES[1:])
def test_text_of_spaces_is_blank(normalize_in_graph, space):
    assert is_blank([space, f"{space}\u200b\ufeff\u200d ", f"a{space}"]).numpy().tolist() == [
        True,
        True,
        False,
    ]
    assert decode(normalize([f"{space}a{space}{space}b\u200b{space}"])) == ["a b"]


NOISE = {
    "line breaks": lambda text: text.replace(" ", "\n"),
    "line breaks of Windows": lambda text: text.replace(" ", "\r\n"),
    "tabs": lambda text: text.replace(" ", "\t"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "runs of spaces": lambda text: text.replace(" ", "   "),
    "byte order mark": lambda text: "\ufeff" + text,
    "surrounding spaces": lambda text: f"\n {text} \u2028",
    "zero width spaces": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "zero width joiners": "\u200d".join,
    "decomposed letters": lambda text: unicodedata.normalize("NFD", text),
}


@pytest.mark.parametrize("noise", NOISE)
def test_noisy_text_has_ids_of_clean_text(codec, noise):
    noisy = normalize(tf.constant([NOISE[noise](WORDS)]))
    assert codec.encode(noisy).to_list() == codec.encode(tf.constant([WORDS])).to_list()
