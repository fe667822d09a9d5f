"""Noun phrases: `a small striped red star`, `three hearts`, `two big blue shapes`.

A phrase is said of a set of objects only if it fits them and no other, so that it always names
exactly what it means: the number is how many there are in the picture.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from typing import NamedTuple

from .scene_objects import SceneObject
from .vocabulary import GENERIC_NOUNS, NUMBERS, SHAPES, SIZE_WORDS

# How often a word is said where it need not be.
MENTION_PROBABILITY = {"size": 0.35, "texture": 0.35, "colour": 0.85, "shape": 0.95}


class Description(NamedTuple):
    """Attributes that are said; None is not."""

    size: str | None = None
    texture: str | None = None
    colour: str | None = None
    shape: str | None = None

    def fits(self, item: SceneObject) -> bool:
        """Whether an object has all that is said."""
        return (
            self.size in (None, item.size)
            and self.texture in (None, item.texture)
            and self.colour in (None, item.colour)
            and self.shape in (None, item.shape)
        )

    def weight(self) -> float:
        """How readily it is said."""
        product_ = 1.0
        for name, said in self._asdict().items():
            share = MENTION_PROBABILITY[name] / 3 if said == "plain" else MENTION_PROBABILITY[name]
            product_ *= share if said else 1 - share
        return product_

    def named(self, scene: Sequence[SceneObject]) -> tuple[int, ...]:
        """The indices of the objects that it fits."""
        return tuple(i for i, item in enumerate(scene) if self.fits(item))


class NounPhrase(NamedTuple):
    """The words for the objects with these indices, without a determiner."""

    words: str
    objects: tuple[int, ...]
    description: Description

    @property
    def a(self) -> str:
        """Named for the first time: `a red star`, `an arrow`, `two red stars`."""
        if len(self.objects) > 1:
            return f"{NUMBERS[len(self.objects)]} {self.words}"
        return f"{'an' if self.words[0] in 'aeiou' else 'a'} {self.words}"

    @property
    def the(self) -> str:
        """Known already: `the red star`, `the two red stars`."""
        return f"the {self.a}" if len(self.objects) > 1 else f"the {self.words}"

    @property
    def one(self) -> str:
        """Counted: `one red star`, `two red stars`."""
        return f"{NUMBERS[len(self.objects)]} {self.words}"

    @property
    def be(self) -> str:
        return "are" if len(self.objects) > 1 else "is"


Names = dict[tuple[int, ...], list[Description]]


def names(scene: Sequence[SceneObject]) -> Names:
    """Every set of objects that can be named, with the descriptions that fit it and nothing else."""
    found: Names = {}
    for description in dict.fromkeys(_descriptions(scene)):
        found.setdefault(description.named(scene), []).append(description)
    return found


def say(random: Random, objects: tuple[int, ...], descriptions: list[Description]) -> NounPhrase:
    """Draws one of the descriptions and words for it."""
    description = random.choices(descriptions, [d.weight() for d in descriptions])[0]
    nouns = SHAPES if description.shape else GENERIC_NOUNS
    noun = description.shape or random.choice(list(GENERIC_NOUNS))
    size = random.choice(SIZE_WORDS[description.size]) if description.size else None
    words = [size, description.texture, description.colour, nouns[noun] if len(objects) > 1 else noun]
    return NounPhrase(" ".join(word for word in words if word), objects, description)


def _descriptions(scene: Sequence[SceneObject]) -> Iterator[Description]:
    for item in scene:
        options = ((None, item.size), (None, item.texture), (None, item.colour), (None, item.shape))
        described = (Description(*chosen) for chosen in product(*options))
        yield from (d for d in described if d.colour or d.shape or not any(d))
