"""Held-out compositions of `scenes`."""

from collections import Counter
from random import Random

from foveal.datasets.scenes.captions import CaptionSampler, fill_template
from foveal.datasets.scenes.compositions import (
    HELD_OUT_COLOURS,
    HELD_OUT_RELATIONS,
    HELD_OUT_TEXTURES,
    held_out_attributes,
    held_out_in_caption,
    held_out_relations,
)
from foveal.datasets.scenes.descriptions import Description, NounPhrase
from foveal.datasets.scenes.scene_objects import Box, SceneObject
from foveal.datasets.scenes.vocabulary import COLOURS, SHAPES, TEXTURES


def make_object(shape, colour="red", texture="plain", left=10, hidden_by=-1):
    return SceneObject(shape, colour, "small", texture, Box(10, left, 30, left + 20), 1.0, hidden_by)


def test_held_out_attributes_leave_other_combinations():
    assert set(Counter(shape for _, shape in HELD_OUT_COLOURS).values()) == {1}
    assert set(Counter(shape for _, shape in HELD_OUT_TEXTURES).values()) == {1}
    assert set(Counter(colour for colour, _ in HELD_OUT_COLOURS).values()) <= {1, 2}
    assert Counter(texture for texture, _ in HELD_OUT_TEXTURES) == dict.fromkeys(TEXTURES, 3)
    assert {colour for colour, _ in HELD_OUT_COLOURS} <= set(COLOURS)


def test_held_out_relations_use_every_shape_on_both_sides():
    for relation in ("left", "above", "in front"):
        pairs = [(a, b) for name, a, b in HELD_OUT_RELATIONS if name == relation]
        assert sorted(a for a, _ in pairs) == sorted(b for _, b in pairs) == sorted(SHAPES)
        assert all(a != b for a, b in pairs)


def test_held_out_attributes_detects_colour_and_texture():
    colour, shape = sorted(HELD_OUT_COLOURS)[0]
    texture = next(t for t in TEXTURES if (t, shape) not in HELD_OUT_TEXTURES)
    assert held_out_attributes([make_object(shape, colour, texture)]) == {"colour"}
    held_out_texture = next(t for t, s in HELD_OUT_TEXTURES if s == shape)
    assert held_out_attributes([make_object(shape, colour, held_out_texture)]) == {"colour", "texture"}
    assert held_out_attributes([]) == set()


def test_held_out_relations_is_independent_of_object_order():
    relation, left, right = sorted(fact for fact in HELD_OUT_RELATIONS if fact[0] == "left")[0]
    assert held_out_relations([make_object(left, left=10), make_object(right, left=60)]) == [(relation, 0, 1)]
    assert held_out_relations([make_object(right, left=60), make_object(left, left=10)]) == [(relation, 1, 0)]
    assert held_out_relations([make_object(right, left=10), make_object(left, left=60)]) == [
        fact for fact in [("left", 0, 1)] if ("left", right, left) in HELD_OUT_RELATIONS
    ]
    front, back = next((a, b) for name, a, b in HELD_OUT_RELATIONS if name == "in front")
    assert ("in front", 1, 0) in held_out_relations([make_object(back, hidden_by=1), make_object(front)])


def test_held_out_in_caption_requires_mention():
    colour, shape = sorted(HELD_OUT_COLOURS)[0]
    scene = [make_object(shape, colour)]
    explicit = NounPhrase(f"{colour} {shape}", (0,), Description(colour=colour, shape=shape))
    implicit = NounPhrase(shape, (0,), Description(shape=shape))
    assert held_out_in_caption(scene, fill_template("{a.a}", {"a": explicit}, [])) == {"colour"}
    assert held_out_in_caption(scene, fill_template("{a.a}", {"a": implicit}, [])) == set()
    left, right = next((a, b) for name, a, b in sorted(HELD_OUT_RELATIONS) if name == "left")
    pair = [make_object(left, left=10), make_object(right, left=60)]
    related = [CaptionSampler(Random(seed), pair).sample_caption("r a b") for seed in range(30)]
    directional = [caption for caption in related if caption and caption.claims[0][0] in ("left", "right")]
    assert directional
    assert all("relation" in held_out_in_caption(pair, caption) for caption in directional)
