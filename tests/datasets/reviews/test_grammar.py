"""Sampler of reviews."""

import re
from random import Random

from foveal.datasets.reviews.grammar import MAX_SENTENCES, Grammar

REVIEWS = [grammar.sample_review(number % 3 > 0) for grammar in [Grammar(Random(8))] for number in range(600)]


def test_sample_review_has_bounded_length_and_given_label():
    assert {len(review.sentences) for review in REVIEWS} == set(range(1, MAX_SENTENCES + 1))
    assert [review.positive for review in REVIEWS] == [number % 3 > 0 for number in range(600)]


def test_reviews_have_rationales_and_distractors_have_none():
    distractors = 0
    for review in REVIEWS:
        assert any("[" in sentence for sentence in review.sentences)
        for sentence in review.sentences:
            if re.match("the (weather|traffic|news|queue|football)", sentence):
                distractors += 1
                assert "[" not in sentence
    assert distractors > 50


def test_sentences_are_punctuated_and_slots_filled():
    for review in REVIEWS:
        assert all(sentence[-1] in ".?!" for sentence in review.sentences)
        assert not any("{" in sentence for sentence in review.sentences)


def test_distractor_phenomenon_matches_distractor_traits():
    for review in REVIEWS:
        assert ("distractor" in review.phenomena) == bool(review.distractor_traits)
    assert 200 < sum("distractor" in review.phenomena for review in REVIEWS) < 400
