"""Which compositions training never sees.

Three kinds are held out, all decided before a review is drawn:

* one in fourteen pairs of a polar word and the aspect that it is said of,
* one in fourteen pairs of a domain and a construction,
* one in four pairs of a frame and a form inside it, both other than the plain ones: a negation that
  is conceded, a comparison that somebody is wrong about.

Each part of every pair is common in training by itself.
"""

from zlib import crc32

HELD_OUT_EVERY = {"word": 14, "domain": 14, "construction": 4}
Trait = tuple[str, str, str]


def find_held_out(traits: set[Trait]) -> set[str]:
    """The kinds of unseen composition among traits `(kind, part, part)`."""
    return {trait[0] for trait in traits if crc32(" ".join(trait).encode()) % HELD_OUT_EVERY[trait[0]] == 0}
