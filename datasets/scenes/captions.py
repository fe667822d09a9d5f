"""Sampler of captions that are clearly true of an image and refer to objects unambiguously."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from random import Random
from typing import NamedTuple

from ..weighted_choice import weighted_choice
from .caption_templates import REGIONS, RELATIONS, TEMPLATE_WEIGHTS, TEMPLATES
from .descriptions import (
    Description,
    NounPhrase,
    ObjectIndices,
    nameable_objects,
    sample_noun_phrase,
)
from .relations import BINARY_RELATIONS, CLEAR_THRESHOLDS, holds
from .scene_objects import SceneObject

SLOT = re.compile(r"\{(\w)(?:\.(\w+))?\}")
SINGLE_OBJECT_RELATIONS = ("in front", "behind", "near")
REUSE_FACTOR = 0.1  # of the weight of a kind of template, after each use in an image
TRIES_PER_CAPTION = 20

Claim = tuple  # a relation or region, then the object indices of each noun phrase


class Phrase(NamedTuple):
    """A grounded noun phrase: its `start` and `end` byte, its objects and its description."""

    start: int
    end: int
    objects: ObjectIndices
    description: Description


class Caption(NamedTuple):
    """A caption with its noun phrases in order, and its claims besides existence."""

    text: str
    phrases: list[Phrase]
    claims: list[Claim]


class CaptionSampler:
    """Sampler of the captions of one image.

    Args:
        random: the random generator.
        scene: the objects of the image.
    """

    def __init__(self, random: Random, scene: Sequence[SceneObject]):
        self.random = random
        self.scene = scene
        self.descriptions = nameable_objects(scene)
        self.single_objects = [objects for objects in self.descriptions if len(objects) == 1]
        self.facts: dict[str, list[Claim]] = {
            "r": list(self._binary_facts()),
            "p": list(self._region_facts()),
            "between": list(self._between_facts()),
        }

    def sample_captions(self, count: int) -> list[Caption] | None:
        """Sample different captions of varied kinds; None if the tries are exhausted."""
        weights, captions = dict(TEMPLATE_WEIGHTS), {}
        for _ in range(TRIES_PER_CAPTION * count):
            kind = weighted_choice(self.random, weights)
            caption = self.sample_caption(kind)
            if caption and caption.text not in captions:
                captions[caption.text] = caption
                weights[kind] *= REUSE_FACTOR
            if len(captions) == count:
                return list(captions.values())
        return None

    def sample_caption(self, kind: str) -> Caption | None:
        """Sample a caption from the templates of a kind; None if the sampled claims are invalid."""
        claims = self._sample_claims(kind)
        if claims is None:
            return None
        slots: dict[str, NounPhrase | str] = {}
        for part, claim in zip(kind.split("; "), claims, strict=True):
            relation, *letters = part.split()
            if len(relation) == 1:
                slots[relation] = self.random.choice((RELATIONS | REGIONS)[claim[0]])
            for letter, objects in zip(letters, claim[1:], strict=True):
                slots.setdefault(letter, self._sample_noun_phrase(objects))
        stated = [claim for claim in claims if claim[0] != "count"]
        return fill_template(self.random.choice(TEMPLATES[kind]), slots, stated)

    def _sample_noun_phrase(self, objects: ObjectIndices) -> NounPhrase:
        return sample_noun_phrase(self.random, objects, self.descriptions[objects])

    def _sample_claims(self, kind: str) -> list[Claim] | None:
        """Sample the claims of a kind of template; different noun phrases have different objects."""
        claims, objects_of = [], {}
        for part in kind.split("; "):
            relation, *letters = part.split()
            claim = self._sample_claim(relation, letters, objects_of)
            if claim is None:
                return None
            objects_of |= dict(zip(letters, claim[1:], strict=True))
            claims.append(claim)
        indices = [index for objects in objects_of.values() for index in objects]
        return claims if len(set(indices)) == len(indices) or "among" in kind else None

    def _sample_claim(
        self, relation: str, letters: list[str], objects_of: dict[str, ObjectIndices]
    ) -> Claim | None:
        """Sample a claim that agrees with the objects of the letters that are bound already."""
        if relation == "count":
            if len(self.descriptions) < len(letters):
                return None
            return ("count", *self.random.sample(list(self.descriptions), len(letters)))
        if relation == "among":
            return self._sample_among()
        facts = self.facts[{"s": "r", "q": "p"}.get(relation, relation)]
        consistent = [
            fact
            for fact in facts
            if all(
                objects_of.get(letter, objects) == objects
                for letter, objects in zip(letters, fact[1:], strict=True)
            )
        ]
        return self.random.choice(consistent) if consistent else None

    def _sample_among(self) -> Claim | None:
        """Sample a single object and a larger set of objects that contains it."""
        pairs = [
            (single, group)
            for single in self.single_objects
            for group in self.descriptions
            if len(group) > 1 and single[0] in group
        ]
        return ("among", *self.random.choice(pairs)) if pairs else None

    def _holds_clearly(self, relation: str, *indices: int) -> bool:
        return holds(relation, self.scene, *indices, thresholds=CLEAR_THRESHOLDS)

    def _binary_facts(self) -> Iterator[Claim]:
        for a, b in permutations(self.descriptions, 2):
            if set(a) & set(b):
                continue
            for relation in BINARY_RELATIONS:
                single = len(a) == len(b) == 1
                if (single or relation not in SINGLE_OBJECT_RELATIONS) and all(
                    self._holds_clearly(relation, i, j) for i, j in product(a, b)
                ):
                    yield relation, a, b

    def _region_facts(self) -> Iterator[Claim]:
        for objects, region in product(self.descriptions, REGIONS):
            if all(self._holds_clearly(region, index) for index in objects):
                yield region, objects

    def _between_facts(self) -> Iterator[Claim]:
        for a, b, c in permutations(self.single_objects, 3):
            if self._holds_clearly("between", *a, *b, *c):
                yield "between", a, b, c


def fill_template(template: str, slots: dict[str, NounPhrase | str], claims: list[Claim]) -> Caption:
    """Fill the slots of a template and record the bytes of each noun phrase.

    Args:
        template: see `caption_templates`.
        slots: the noun phrase or the words of each letter.
        claims: of the caption.

    Returns:
        The caption, with an initial capital and a full stop.
    """
    text, phrases, last = "", [], 0
    for slot in SLOT.finditer(template):
        text += template[last : slot.start()]
        last = slot.end()
        filler, form = slots[slot[1]], slot[2]
        words = filler if isinstance(filler, str) else getattr(filler, form)
        if isinstance(filler, NounPhrase) and form != "be":
            start = len(text.encode())
            phrases.append(Phrase(start, start + len(words.encode()), filler.objects, filler.description))
        text += words
    text += template[last:] + "."
    return Caption(text[0].upper() + text[1:], phrases, claims)
