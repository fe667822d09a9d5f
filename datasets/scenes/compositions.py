"""Which compositions training never sees, in its captions or in its pictures.

Three kinds are held out, all decided before a picture is drawn; each part of them is common in
training by itself:

* of every shape one colour: there is never an orange circle,
* of every shape one texture: there is never a striped square,
* of every shape, one other shape that is never right of it, one never below it and one never
  behind it.
"""

from collections.abc import Iterable, Sequence

from .captions import Caption
from .relations import INVERSE_RELATIONS, holds
from .scene_objects import SceneObject
from .sprites import Sprite
from .vocabulary import COLOURS, SHAPES, TEXTURES

_SHAPES, _COLOURS = tuple(SHAPES), tuple(COLOURS)
HELD_OUT_COLOURS = {(_COLOURS[(3 * i + 1) % len(_COLOURS)], shape) for i, shape in enumerate(_SHAPES)}
HELD_OUT_TEXTURES = {(TEXTURES[i % len(TEXTURES)], shape) for i, shape in enumerate(_SHAPES)}
HELD_OUT_RELATIONS = {
    (relation, shape, _SHAPES[(5 * i + shift) % len(_SHAPES)])
    for shift, relation in enumerate(INVERSE_RELATIONS, 1)
    for i, shape in enumerate(_SHAPES)
}
KINDS = ("colour", "texture", "relation")


def held_out_attributes(scene: Iterable[SceneObject | Sprite]) -> set[str]:
    """The kinds of unseen composition in the attributes of objects: colour, texture."""
    kinds = set()
    for item in scene:
        kinds |= {"colour"} if (item.colour, item.shape) in HELD_OUT_COLOURS else set()
        kinds |= {"texture"} if (item.texture, item.shape) in HELD_OUT_TEXTURES else set()
    return kinds


def held_out_relations(scene: Sequence[SceneObject]) -> list[tuple[str, int, int]]:
    """The unseen relations of a picture: the relation and the indices of its two objects."""
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
    """The kinds of unseen composition that a caption says in words."""
    kinds = set()
    for phrase in caption.phrases:
        _, texture, colour, shape = phrase.description
        kinds |= {"colour"} if (colour, shape) in HELD_OUT_COLOURS else set()
        kinds |= {"texture"} if (texture, shape) in HELD_OUT_TEXTURES else set()
    related = {
        (*fact[:1], a, b) for fact in caption.claims if len(fact) == 3 for a in fact[1] for b in fact[2]
    }
    for relation, a, b in held_out_relations(scene):
        kinds |= {"relation"} if {(relation, a, b), (INVERSE_RELATIONS[relation], b, a)} & related else set()
    return kinds
