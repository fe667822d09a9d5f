"""Which compositions training never sees.

Three kinds are held out, all decided before a sentence is drawn:

* one in twelve pairs of an adjective and the noun that it describes,
* one in twelve pairs of a verb and the noun that is its object,
* four ways of building a clause, each of whose parts is common in training by itself.
"""

from zlib import crc32

CONSTRUCTIONS = (
    frozenset({"negation", "pronoun", "future"}),  # won't see him: não o vai ver
    frozenset({"question", "pronoun", "progressive"}),  # is she seeing him?: está a vê-lo?
    frozenset({"attraction", "pronoun", "can"}),  # who can see him?: quem o pode ver?
    frozenset({"adverb", "pronoun", "past"}),  # never saw him: nunca o viu
)


def find_held_out(traits: set) -> set[str]:
    """The kinds of unseen composition among a sentence's traits: adjective, object, clause."""
    kinds = set()
    for trait in traits:
        if isinstance(trait, frozenset):
            if any(construction <= trait for construction in CONSTRUCTIONS):
                kinds.add("clause")
        elif crc32(" ".join(trait).encode()) % 12 == 0:
            kinds.add(trait[0])
    return kinds
