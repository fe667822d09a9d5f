from collections import Counter
from random import Random

from foveal.datasets.scenes.captions import Writer, write
from foveal.datasets.scenes.compositions import COLOURED, RELATED, TEXTURED, odd, oddly_placed, said
from foveal.datasets.scenes.describing import Description, NounPhrase
from foveal.datasets.scenes.items import Box, Item
from foveal.datasets.scenes.vocabulary import COLOURS, SHAPES, TEXTURES


def item(shape, colour="red", texture="plain", left=10, hidden_by=-1):
    return Item(shape, colour, "small", texture, Box(10, left, 30, left + 20), 1.0, hidden_by)


def test_every_part_of_what_is_held_out_is_left_in_most_company():
    assert set(Counter(shape for _, shape in COLOURED).values()) == {1}
    assert set(Counter(shape for _, shape in TEXTURED).values()) == {1}
    assert set(Counter(colour for colour, _ in COLOURED).values()) <= {1, 2}
    assert Counter(texture for texture, _ in TEXTURED) == dict.fromkeys(TEXTURES, 3)
    assert {colour for colour, _ in COLOURED} <= set(COLOURS)


def test_every_shape_is_on_either_side_of_one_held_out_relation():
    for relation in ("left", "above", "in front"):
        pairs = [(a, b) for name, a, b in RELATED if name == relation]
        assert sorted(a for a, _ in pairs) == sorted(b for _, b in pairs) == sorted(SHAPES)
        assert all(a != b for a, b in pairs)


def test_odd_attributes():
    colour, shape = sorted(COLOURED)[0]
    texture = next(t for t in TEXTURES if (t, shape) not in TEXTURED)
    assert odd([item(shape, colour, texture)]) == {"colour"}
    odd_texture = next(t for t, s in TEXTURED if s == shape)
    assert odd([item(shape, colour, odd_texture)]) == {"colour", "texture"}
    assert odd([]) == set()


def test_odd_relations_are_found_whichever_object_comes_first():
    relation, left, right = sorted(fact for fact in RELATED if fact[0] == "left")[0]
    assert oddly_placed([item(left, left=10), item(right, left=60)]) == [(relation, 0, 1)]
    assert oddly_placed([item(right, left=60), item(left, left=10)]) == [(relation, 1, 0)]
    assert oddly_placed([item(right, left=10), item(left, left=60)]) == [
        fact for fact in [("left", 0, 1)] if ("left", right, left) in RELATED
    ]
    front, back = next((a, b) for name, a, b in RELATED if name == "in front")
    assert ("in front", 1, 0) in oddly_placed([item(back, hidden_by=1), item(front)])


def test_a_caption_says_it_only_where_its_words_do():
    colour, shape = sorted(COLOURED)[0]
    scene = [item(shape, colour)]
    loud = NounPhrase(f"{colour} {shape}", (0,), Description(colour=colour, shape=shape))
    quiet = NounPhrase(shape, (0,), Description(shape=shape))
    assert said(scene, write("{a.a}", {"a": loud}, [])) == {"colour"}
    assert said(scene, write("{a.a}", {"a": quiet}, [])) == set()
    left, right = next((a, b) for name, a, b in sorted(RELATED) if name == "left")
    pair = [item(left, left=10), item(right, left=60)]
    related = [Writer(Random(seed), pair).caption("r a b") for seed in range(30)]
    told = [caption for caption in related if caption and caption.claims[0][0] in ("left", "right")]
    assert told
    assert all("relation" in said(pair, caption) for caption in told)
