"""Descriptions of objects and their noun phrases: `a small striped red star`, `three hearts`.

A description is used for a set of objects only if it matches them and no other object. So the
numeral of a noun phrase is the number of matching objects in the image.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from random import Random
from typing import NamedTuple

from .scene_objects import SceneObject
from .vocabulary import GENERIC_NOUNS, NUMBERS, SHAPES, SIZE_WORDS

# Probability of mentioning an attribute that is not needed.
MENTION_PROBABILITY = {"size": 0.35, "texture": 0.35, "colour": 0.85, "shape": 0.95}

ObjectIndices = tuple[int, ...]


class Description(NamedTuple):
    """Mentioned attributes of an object; None is not mentioned."""

    size: str | None = None
    texture: str | None = None
    colour: str | None = None
    shape: str | None = None

    def matches(self, scene_object: SceneObject) -> bool:
        """Return whether an object has all mentioned attributes."""
        return (
            self.size in (None, scene_object.size)
            and self.texture in (None, scene_object.texture)
            and self.colour in (None, scene_object.colour)
            and self.shape in (None, scene_object.shape)
        )

    def weight(self) -> float:
        """Return the sampling weight, the product of the mention probabilities."""
        return prod(map(self._probability, self._fields))

    def matching_indices(self, scene: Sequence[SceneObject]) -> ObjectIndices:
        """Return the indices of the matching objects of an image."""
        return tuple(index for index, scene_object in enumerate(scene) if self.matches(scene_object))

    def _probability(self, attribute: str) -> float:
        probability, value = MENTION_PROBABILITY[attribute], getattr(self, attribute)
        if value == "plain":
            probability /= 3
        return probability if value else 1 - probability


class NounPhrase(NamedTuple):
    """Words for the objects with these indices, without a determiner.

    The names of the properties are the forms of a slot in `caption_templates`.
    """

    words: str
    objects: ObjectIndices
    description: Description

    @property
    def a(self) -> str:
        """Indefinite form: `a red star`, `an arrow`, `two red stars`."""
        if len(self.objects) > 1:
            return f"{NUMBERS[len(self.objects)]} {self.words}"
        return f"{'an' if self.words[0] in 'aeiou' else 'a'} {self.words}"

    @property
    def the(self) -> str:
        """Definite form: `the red star`, `the two red stars`."""
        return f"the {self.a}" if len(self.objects) > 1 else f"the {self.words}"

    @property
    def numeral(self) -> str:
        """Form with a numeral: `one red star`, `two red stars`."""
        return f"{NUMBERS[len(self.objects)]} {self.words}"

    @property
    def be(self) -> str:
        """Copula that agrees in number: is, are."""
        return "are" if len(self.objects) > 1 else "is"


Descriptions = dict[ObjectIndices, list[Description]]


def nameable_objects(scene: Sequence[SceneObject]) -> Descriptions:
    """Return every set of objects with a description, and all descriptions that match exactly it."""
    descriptions: Descriptions = {}
    for description in dict.fromkeys(_candidates(scene)):
        descriptions.setdefault(description.matching_indices(scene), []).append(description)
    return descriptions


def sample_noun_phrase(random: Random, objects: ObjectIndices, descriptions: list[Description]) -> NounPhrase:
    """Sample a description of objects, by weight, and words for it."""
    description = random.choices(descriptions, [option.weight() for option in descriptions])[0]
    nouns = SHAPES if description.shape else GENERIC_NOUNS
    noun = description.shape or random.choice(list(GENERIC_NOUNS))
    size = random.choice(SIZE_WORDS[description.size]) if description.size else None
    words = [size, description.texture, description.colour, nouns[noun] if len(objects) > 1 else noun]
    return NounPhrase(" ".join(word for word in words if word), objects, description)


def _candidates(scene: Sequence[SceneObject]) -> Iterator[Description]:
    """Yield all descriptions of each object that mention its colour or shape, or nothing."""
    for scene_object in scene:
        attributes = scene_object.size, scene_object.texture, scene_object.colour, scene_object.shape
        for mentioned in product(*((None, attribute) for attribute in attributes)):
            description = Description(*mentioned)
            if description.colour or description.shape or not any(description):
                yield description
