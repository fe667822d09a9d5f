"""Compositions that are held out of training (compositional generalization, Keysers et al. 2020).

Three kinds are held out. All are fixed before a review is sampled:

* `word`: one in fourteen pairs of a polar word and its aspect,
* `domain`: one in fourteen pairs of a domain and a construction,
* `construction`: one in four pairs of a frame and a form inside it, both other than the plain ones:
  a concession with a negation, a refuted expectation with a comparison.

Each part of every pair is common in training by itself.
"""

from collections.abc import Iterable
from zlib import crc32

Trait = tuple[str, str, str]  # a kind and the two parts of a pair

HELD_OUT_EVERY = {"word": 14, "domain": 14, "construction": 4}


def find_held_out(traits: Iterable[Trait]) -> set[str]:
    """Return the kinds of held-out composition among the traits of a review."""
    return {trait[0] for trait in traits if crc32(" ".join(trait).encode()) % HELD_OUT_EVERY[trait[0]] == 0}
