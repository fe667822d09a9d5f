"""Tests of the classes of characters against Python's `str.isspace` and `unicodedata`."""

import unicodedata

import pytest
import tensorflow as tf

from foveal.pipelines.text.character_classes import (
    INVISIBLE,
    JOINED,
    JOINERS,
    OTHER_SPACES,
    SPACES,
    composition_classes,
)

CHARACTERS = [chr(code) for code in [*range(0xD800), *range(0xF900, 0x12000), *range(0x1D100, 0x1D200)]]


def members(characters):
    is_member = tf.strings.regex_full_match(CHARACTERS, f"[{characters}]").numpy()
    return {character for character, member in zip(CHARACTERS, is_member, strict=True) if member}


def test_spaces_are_those_of_python():
    expected = {character for character in CHARACTERS if character.isspace()}
    assert members(SPACES) == expected
    assert members(OTHER_SPACES) == expected - {" "}


def test_invisible_characters_contain_controls_and_no_letter_of_a_word():
    invisible = members(INVISIBLE)
    controls = {character for character in CHARACTERS if unicodedata.category(character) == "Cc"}
    assert controls - members(SPACES) < invisible
    assert {"\u00ad", "\u200b", "\u2060", "\ufeff", "\u200e", "\u202e"} < invisible
    others = {sign for sign in invisible if unicodedata.category(sign) not in ("Cc", "Cf", "Cn")}
    assert others == {"\u034f", "\u3164", "\uffa0"}  # grapheme joiner and fillers


def test_classes_of_blanks_and_joined_characters_are_disjoint():
    classes = [members(part) for part in (SPACES, INVISIBLE, JOINERS, JOINED)]
    assert sum(map(len, classes)) == len(set().union(*classes))


@pytest.mark.parametrize("name", ["singles", "first", "second"])
def test_composition_classes_contain_all_changes(name):
    characters = members(getattr(composition_classes(), name))
    for character in CHARACTERS:
        nfc = unicodedata.normalize("NFC", character)
        if name == "singles" and not character.isspace():
            assert (nfc != character) == (character in characters)
        elif name == "second" and unicodedata.combining(character):
            assert character in characters
        decomposed = unicodedata.normalize("NFD", character)
        if name != "singles" and nfc == character and len(decomposed) > 1:
            first, second = unicodedata.normalize("NFC", decomposed[:-1]), decomposed[-1]
            if unicodedata.normalize("NFC", first + second) == character and len(first) == 1:
                assert (first if name == "first" else second) in characters
