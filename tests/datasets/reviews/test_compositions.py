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


def test_the_share_held_out_is_as_announced():
    for kind, traits in TRAITS.items():
        share = sum(find_held_out({trait}) == {kind} for trait in traits) / len(traits)
        assert abs(share * HELD_OUT_EVERY[kind] - 1) < 0.25, (kind, share)


def test_no_part_is_held_out_altogether():
    for kind, traits in TRAITS.items():
        kept = {trait for trait in traits if not find_held_out({trait})}
        for place in (1, 2):
            assert {trait[place] for trait in kept} == {trait[place] for trait in traits}, kind


def test_kinds_of_several_traits_are_joined():
    held_out_kinds = [
        next(trait for trait in sorted(traits) if find_held_out({trait})) for traits in TRAITS.values()
    ]
    assert find_held_out(set(held_out_kinds)) == set(HELD_OUT_EVERY)
    assert find_held_out(set()) == set()
