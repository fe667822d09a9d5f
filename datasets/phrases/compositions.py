"""Compositions that are held out of training (compositional generalization, Keysers et al. 2020).

Three kinds are held out. All are fixed before a sentence is sampled:

* `adjective`: one in twelve pairs of an adjective and the noun that it modifies,
* `object`: one in twelve pairs of a verb and the noun that is its object,
* `clause`: four combinations of constructions, each of which is common in training by itself.
"""

from collections.abc import Iterable
from zlib import crc32

# ("adjective", adjective, noun), ("object", verb, noun), or the constructions of a clause.
Trait = tuple[str, str, str] | frozenset[str]

KINDS = ("clause", "adjective", "object")
CONSTRUCTIONS = (
    frozenset({"negation", "pronoun", "future"}),  # won't see him: não o vai ver
    frozenset({"question", "pronoun", "progressive"}),  # is she seeing him?: está a vê-lo?
    frozenset({"proclisis", "pronoun", "can"}),  # who can see him?: quem o pode ver?
    frozenset({"adverb", "pronoun", "past"}),  # never saw him: nunca o viu
)


def find_held_out(traits: Iterable[Trait]) -> set[str]:
    """Return the kinds of held-out composition among the traits of a sentence."""
    kinds = set()
    for trait in traits:
        if isinstance(trait, frozenset):
            if any(construction <= trait for construction in CONSTRUCTIONS):
                kinds.add("clause")
        elif crc32(" ".join(trait).encode()) % 12 == 0:
            kinds.add(trait[0])
    return kinds
