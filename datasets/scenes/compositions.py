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
from .items import Item
from .relations import REVERSED, holds
from .sprites import Sprite
from .vocabulary import COLOURS, SHAPES, TEXTURES

_SHAPES, _COLOURS = tuple(SHAPES), tuple(COLOURS)
COLOURED = {(_COLOURS[(3 * i + 1) % len(_COLOURS)], shape) for i, shape in enumerate(_SHAPES)}
TEXTURED = {(TEXTURES[i % len(TEXTURES)], shape) for i, shape in enumerate(_SHAPES)}
RELATED = {
    (relation, shape, _SHAPES[(5 * i + shift) % len(_SHAPES)])
    for shift, relation in enumerate(REVERSED, 1)
    for i, shape in enumerate(_SHAPES)
}
KINDS = ("colour", "texture", "relation")


def odd(scene: Iterable[Item | Sprite]) -> set[str]:
    """The kinds of unseen composition in the attributes of objects: colour, texture."""
    kinds = set()
    for item in scene:
        kinds |= {"colour"} if (item.colour, item.shape) in COLOURED else set()
        kinds |= {"texture"} if (item.texture, item.shape) in TEXTURED else set()
    return kinds


def oddly_placed(scene: Sequence[Item]) -> list[tuple[str, int, int]]:
    """The unseen relations of a picture: the relation and the indices of its two objects."""
    return [
        (relation, a, b)
        for relation in REVERSED
        for a, first in enumerate(scene)
        for b, second in enumerate(scene)
        if a != b and (relation, first.shape, second.shape) in RELATED and holds(relation, scene, a, b)
    ]


def said(scene: Sequence[Item], caption: Caption) -> set[str]:
    """The kinds of unseen composition that a caption says in words."""
    kinds = set()
    for phrase in caption.phrases:
        _, texture, colour, shape = phrase.description
        kinds |= {"colour"} if (colour, shape) in COLOURED else set()
        kinds |= {"texture"} if (texture, shape) in TEXTURED else set()
    related = {
        (*fact[:1], a, b) for fact in caption.claims if len(fact) == 3 for a in fact[1] for b in fact[2]
    }
    for relation, a, b in oddly_placed(scene):
        kinds |= {"relation"} if {(relation, a, b), (REVERSED[relation], b, a)} & related else set()
    return kinds
