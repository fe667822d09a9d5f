"""Tests of the captions of flipped images."""

import numpy as np
import pytest

from foveal.pipelines.captioning.caption_flip import flip_caption, flip_offsets, is_english

DIRECTIONS = """
a dog on the left | a man to the right of a car | the left side of the street | he raises his left hand
on the left-hand side | the leftmost house | in the upper left | at top left of the picture | turns left
the car makes a left turn | a star left of a ring | the star is right of the ring | a cup in her right hand
the second from the right | a bird facing left | the man on the far right watches | his padded left arm
on the boy's right | the right lane | looking to left with a smile | a left-handed batter | the left dog barks
licking its left front paw | a woman on right | the bottom right corner | a person in the lower right.
Left of the door is a cat | a high right kick | the truck's left wheel
the chair on left | a bike to the right | holds her right arm up
the dog jumps left on the snow | to the left a dog runs | near the left edge | to their right while he waits
the stage is on the audience's left | looks left down the street | ON THE LEFT
"""
NO_DIRECTIONS = """
the girl left the room | she has left the room | a dog right behind a man | right now it rains | all right
food left over | the right moment | on the right track | looking right at the camera
a skier has left a trail | the water left behind | a boat right next to a pier | what is left of a house
the player is left alone
right in front of a house | he left his hat on a bench | the right of way | to right the boat
a lefty pitcher
all that's left of a cake | the team left the field on the left | they run clockwise
walking right into a wall
in the right direction | his right to vote | two cookies left | a man who left hand prints on a wall
the shirt is right side up | she just left work | nobody is left | a chair of the right height
at the right height | a plane flies right over a house | the women left with their bags | to the right people
a bald head left uncovered | she left happy while he stayed on the right
"""


def phrases(text):
    return [phrase.strip() for line in text.strip().splitlines() for phrase in line.split("|")]


def swap(text):
    """Swap `left` and `right` wherever they occur in lower case or capitals."""
    pairs = [("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT")]
    for left, right in pairs:
        text = text.replace(left, "\0").replace(right, left).replace("\0", right)
    return text


@pytest.mark.parametrize("caption", phrases(DIRECTIONS))
def test_directions_are_swapped(caption):
    assert flip_caption(caption) == swap(caption) != caption
    assert flip_caption(swap(caption)) in {caption, None}  # `the right dog` may be the correct one


@pytest.mark.parametrize("caption", phrases(NO_DIRECTIONS))
def test_captions_with_another_meaning_have_no_flip(caption):
    assert flip_caption(caption) is None


@pytest.mark.parametrize(
    ("caption", "flip"),
    [
        ("from left to right", "from right to left"),
        ("looks left and right", "looks right and left"),
        ("the left half and the right half", "the right half and the left half"),
        ("a bright upright lamp with leftovers", "a bright upright lamp with leftovers"),
        ("", ""),
    ],
)
def test_captions_with_both_or_neither_direction(caption, flip):
    assert flip_caption(caption) == flip


def test_offsets_of_a_flip_mark_the_same_words():
    caption = "maçã left of a star, the dog on the right side. a ring left of it"
    flip = flip_caption(caption) or ""
    words, encoded = caption.split(), caption.encode()
    starts = np.cumsum([0, *(len(word.encode()) + 1 for word in words[:-1])])
    spans = np.stack([starts, starts + [len(word.encode()) for word in words]], axis=1)
    assert [encoded[start:end].decode() for start, end in spans] == words
    flipped = [flip.encode()[start:end].decode() for start, end in flip_offsets(caption, spans)]
    assert flipped == flip.split()


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("a dog runs on the grass", True),
        ("red star left of a blue ring", True),
        ("ein Hund läuft links neben dem Mann im Park", False),
        ("um cão corre à esquerda de um homem", False),
        ("un chien court à gauche de la dame", False),
        ("un perro corre a la izquierda de un hombre", False),
        ("een hond loopt links van een man in het park", False),
        ("左边有一只狗", False),
        ("बाईं ओर एक कुत्ता", False),
        ("", False),
    ],
)
def test_english_is_recognized_by_its_function_words(caption, expected):
    assert is_english([caption] * 3) == expected
