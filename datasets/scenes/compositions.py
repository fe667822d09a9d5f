"""Compositions that are held out of training images and captions (compositional generalization).

Three kinds are held out. All are fixed before an image is sampled, and each part of them is common
in training by itself:

* `colour`: one colour of every shape; no circle is orange,
* `texture`: one texture of every shape; no square is striped,
* `relation`: for every shape, one shape that is never right of it, one that is never below it and
  one that is never behind it.
"""

from collections.abc import Iterable, Sequence

from .captions import Caption
from .relations import INVERSE_RELATIONS, holds
from .scene_objects import SceneObject
from .sprites import Sprite
from .vocabulary import COLOURS, SHAPES, TEXTURES

_SHAPES, _COLOURS = tuple(SHAPES), tuple(COLOURS)
HELD_OUT_COLOURS = {(_COLOURS[(3 * index + 1) % len(_COLOURS)], shape) for index, shape in enumerate(_SHAPES)}
HELD_OUT_TEXTURES = {(TEXTURES[index % len(TEXTURES)], shape) for index, shape in enumerate(_SHAPES)}
HELD_OUT_RELATIONS = {
    (relation, shape, _SHAPES[(5 * index + shift) % len(_SHAPES)])
    for shift, relation in enumerate(INVERSE_RELATIONS, 1)
    for index, shape in enumerate(_SHAPES)
}
KINDS = ("colour", "texture", "relation")


def held_out_attributes(scene: Iterable[SceneObject | Sprite]) -> set[str]:
    """Return the kinds of held-out composition in the attributes of objects: colour, texture."""
    kinds = set()
    for scene_object in scene:
        if (scene_object.colour, scene_object.shape) in HELD_OUT_COLOURS:
            kinds.add("colour")
        if (scene_object.texture, scene_object.shape) in HELD_OUT_TEXTURES:
            kinds.add("texture")
    return kinds


def held_out_relations(scene: Sequence[SceneObject]) -> list[tuple[str, int, int]]:
    """Return the held-out relations of an image: each relation and the indices of its objects."""
    return [
        (relation, a, b)
        for relation in INVERSE_RELATIONS
        for a, first in enumerate(scene)
        for b, second in enumerate(scene)
        if a != b
        and (relation, first.shape, second.shape) in HELD_OUT_RELATIONS
        and holds(relation, scene, a, b)
    ]


def held_out_in_caption(scene: Sequence[SceneObject], caption: Caption) -> set[str]:
    """Return the kinds of held-out composition that a caption states in words."""
    kinds = set()
    for phrase in caption.phrases:
        _, texture, colour, shape = phrase.description
        if (colour, shape) in HELD_OUT_COLOURS:
            kinds.add("colour")
        if (texture, shape) in HELD_OUT_TEXTURES:
            kinds.add("texture")
    stated = {
        (claim[0], a, b) for claim in caption.claims if len(claim) == 3 for a in claim[1] for b in claim[2]
    }
    for relation, a, b in held_out_relations(scene):
        if stated & {(relation, a, b), (INVERSE_RELATIONS[relation], b, a)}:
            kinds.add("relation")
    return kinds
