"""Lexicon of `reviews`, parsed from the tables."""

from foveal.datasets.reviews.lexicon import (
    ADJECTIVES_OF,
    DOMAIN_LIST,
    EFFECTS_OF,
    FORMS_OF,
    FRAME_LIST,
    Aspect,
    Word,
)

DOMAINS = {domain.name: domain for domain in DOMAIN_LIST}


def test_words_have_polarity_and_inflection():
    assert Word("dull", "adjective", -1, "duller") in ADJECTIVES_OF["story"]
    assert Word("superb", "adjective", 1, extreme=True) in ADJECTIVES_OF["any"]
    assert Word("bore", "effect", -1, "bored") in EFFECTS_OF["art"]


def test_aspects_have_number_and_classes():
    film = DOMAINS["film"]
    assert Aspect("special effects", ("picture",), plural=True) in film.aspects
    assert Aspect("acting", ("performance",), mass=True) in film.aspects
    assert Aspect("screen", ("picture", "device")) in DOMAINS["phone"].aspects
    assert Aspect("movie", ("story",), is_entity=True) in film.entities
    assert film.plurals == {"film": "films", "movie": "movies"}


def test_domain_fields():
    phone = DOMAINS["phone"]
    assert (phone.comparison_preposition, phone.distractor_preposition, phone.participle) == (
        "on",
        "with",
        "owned",
    )
    assert "my old phone" in phone.references
    assert "the battery died before noon" in phone.events[-1]


def test_constructions_have_sign_and_requirements():
    form = next(form for form in FORMS_OF["adjective"] if form.name == "never-more")
    assert (form.sign, form.phenomenon, form.needs) == (
        1,
        "emphasis",
        {"gradable", "entity", "finite", "own"},
    )
    disagree = next(frame for frame in FRAME_LIST if frame.name == "disagree")
    assert (disagree.sign, disagree.phenomenon, disagree.needs) == (-1, "quotation", {"claim"})
