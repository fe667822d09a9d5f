"""Tests of text for the terminal."""

import unicodedata

from foveal.pipelines.cli.printable import printable


def test_printable_leaves_no_control_character():
    characters = "".join(map(chr, range(0x3000))) + "\ud800\udfff"
    assert {unicodedata.category(c) for c in printable(characters) if c not in "\n\t"} & {"Cc", "Cs"} == set()


def test_printable_keeps_words_of_every_script():
    text = "olá\tmundo\n\u05e9\u05dc \u0939\u093f\u0928\u094d \U0001f469\u200d\U0001f680 \u00a0"
    assert printable(text) == text


def test_printable_escapes_control_characters():
    assert printable("a\x1b]0;title\x07\r\x9b\ud800") == "a\\x1b]0;title\\x07\\x0d\\x9b\\ud800"
