"""Writes captions that are clearly true of a picture and name its objects without doubt."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from random import Random
from typing import NamedTuple

from .caption_templates import REGIONS, RELATIONS, TEMPLATE_WEIGHTS, TEMPLATES
from .descriptions import Description, NounPhrase, names, say
from .relations import BINARY_RELATIONS, CLEAR_THRESHOLDS, holds
from .scene_objects import SceneObject

SLOT = re.compile(r"\{(\w)(?:\.(\w+))?\}")
SINGLE_OBJECT_RELATIONS = ("in front", "behind", "near")
Objects = tuple[int, ...]
Claim = tuple  # a relation or place, then the indices of the objects of each phrase
REUSE_FACTOR = 0.1  # how readily a kind of sentence is used once more


class Phrase(NamedTuple):
    """From which byte of a caption to which a noun phrase goes, what it names and how."""

    start: int
    end: int
    objects: Objects
    description: Description


class Caption(NamedTuple):
    """A sentence, its noun phrases in order, and what it claims besides that they exist."""

    text: str
    phrases: list[Phrase]
    claims: list[Claim]


class CaptionSampler:
    """Draws captions of one picture."""

    def __init__(self, random: Random, scene: Sequence[SceneObject]):
        self.random = random
        self.scene = scene
        self.names = names(scene)
        self.alone = [objects for objects in self.names if len(objects) == 1]
        self.facts = {"r": list(self._related()), "p": list(self._placed()), "between": list(self._between())}

    def captions(self, count: int) -> list[Caption] | None:
        """Different sentences, of as many kinds as there is something to say; None if there is too little."""
        weights, found = dict(TEMPLATE_WEIGHTS), {}
        for _ in range(20 * count):
            kind = self.random.choices(list(weights), list(weights.values()))[0]
            caption = self.caption(kind)
            if caption and caption.text not in found:
                found[caption.text] = caption
                weights[kind] *= REUSE_FACTOR
            if len(found) == count:
                return list(found.values())
        return None

    def caption(self, kind: str) -> Caption | None:
        """A sentence of a kind, or None where chance found nothing to say."""
        chosen = self._choose(kind)
        if chosen is None:
            return None
        slots: dict[str, NounPhrase | str] = {}
        claims = []
        for names_, claim in zip(kind.split("; "), chosen, strict=True):
            word, *letters = names_.split()
            if len(word) == 1:
                slots[word] = self.random.choice((RELATIONS | REGIONS)[claim[0]])
            for letter, objects in zip(letters, claim[1:], strict=True):
                slots.setdefault(letter, self._phrase(objects))
            if word != "count":
                claims.append(claim)
        return write(self.random.choice(TEMPLATES[kind]), slots, claims)

    def _phrase(self, objects: Objects) -> NounPhrase:
        return say(self.random, objects, self.names[objects])

    def _choose(self, kind: str) -> list[Claim] | None:
        """Claims of a kind, whose phrases name different objects."""
        chosen, bound = [], {}
        for part in kind.split("; "):
            word, *letters = part.split()
            claim = self._draw(word, letters, bound)
            if claim is None:
                return None
            bound |= dict(zip(letters, claim[1:], strict=True))
            chosen.append(claim)
        named = [i for objects in bound.values() for i in objects]
        return chosen if len(set(named)) == len(named) or "among" in kind else None

    def _draw(self, word: str, letters: list[str], bound: dict[str, Objects]) -> Claim | None:
        if word == "count":
            if len(self.names) < len(letters):
                return None
            return ("count", *self.random.sample(list(self.names), len(letters)))
        if word == "among":
            return self._among()
        facts = self.facts[{"s": "r", "q": "p"}.get(word, word)]
        fitting = [
            fact
            for fact in facts
            if all(
                bound.get(letter, objects) == objects
                for letter, objects in zip(letters, fact[1:], strict=True)
            )
        ]
        return self.random.choice(fitting) if fitting else None

    def _among(self) -> Claim | None:
        """One of a larger number."""
        pairs = [(one, many) for one in self.alone for many in self.names if len(many) > 1 and one[0] in many]
        return ("among", *self.random.choice(pairs)) if pairs else None

    def _related(self) -> Iterator[Claim]:
        for a, b in permutations(self.names, 2):
            if set(a) & set(b):
                continue
            for relation in BINARY_RELATIONS:
                few = len(a) == len(b) == 1
                if (few or relation not in SINGLE_OBJECT_RELATIONS) and all(
                    holds(relation, self.scene, i, j, thresholds=CLEAR_THRESHOLDS) for i, j in product(a, b)
                ):
                    yield relation, a, b

    def _placed(self) -> Iterator[Claim]:
        for objects, place in product(self.names, REGIONS):
            if all(holds(place, self.scene, i, thresholds=CLEAR_THRESHOLDS) for i in objects):
                yield place, objects

    def _between(self) -> Iterator[Claim]:
        for a, b, c in permutations(self.alone, 3):
            if holds("between", self.scene, *a, *b, *c, thresholds=CLEAR_THRESHOLDS):
                yield "between", a, b, c


def write(pattern: str, slots: dict[str, NounPhrase | str], claims: list[Claim]) -> Caption:
    """Fills a pattern: a capital first, a full stop last, and the bytes of each noun phrase noted."""
    text, phrases, last = "", [], 0
    for slot in SLOT.finditer(pattern):
        text += pattern[last : slot.start()]
        last = slot.end()
        filler, form = slots[slot[1]], slot[2]
        words = filler if isinstance(filler, str) else getattr(filler, form)
        if isinstance(filler, NounPhrase) and form != "be":
            start = len(text.encode())
            phrases.append(Phrase(start, start + len(words.encode()), filler.objects, filler.description))
        text += words
    text += pattern[last:] + "."
    return Caption(text[0].upper() + text[1:], phrases, claims)
