"""Held-out compositions of `reviews`."""

from foveal.datasets.reviews.compositions import HELD_OUT_EVERY, find_held_out
from foveal.datasets.reviews.lexicon import ADJECTIVES_OF, DOMAIN_LIST, FORMS_OF, FRAME_LIST

FORMS = {form.name for forms in FORMS_OF.values() for form in forms} - {"plain"}
FRAMES = {frame.name for frame in FRAME_LIST} - {"alone"}
TRAITS = {
    "word": {
        ("word", word.text, aspect.noun)
        for domain in DOMAIN_LIST
        for aspect in domain.aspects
        for name in ("any", *aspect.classes)
        for word in ADJECTIVES_OF[name]
    },
    "domain": {("domain", domain.name, name) for domain in DOMAIN_LIST for name in FORMS | FRAMES},
    "construction": {("construction", frame, form) for frame in FRAMES for form in FORMS},
}


def test_find_held_out_fraction_of_traits():
    for kind, traits in TRAITS.items():
        fraction = sum(find_held_out({trait}) == {kind} for trait in traits) / len(traits)
        assert abs(fraction * HELD_OUT_EVERY[kind] - 1) < 0.25, (kind, fraction)


def test_every_part_occurs_in_training_traits():
    for kind, traits in TRAITS.items():
        kept = {trait for trait in traits if not find_held_out({trait})}
        for position in (1, 2):
            assert {trait[position] for trait in kept} == {trait[position] for trait in traits}, kind


def test_find_held_out_unites_kinds():
    held_out_kinds = [
        next(trait for trait in sorted(traits) if find_held_out({trait})) for traits in TRAITS.values()
    ]
    assert find_held_out(set(held_out_kinds)) == set(HELD_OUT_EVERY)
    assert find_held_out(set()) == set()
