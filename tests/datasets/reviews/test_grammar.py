import re
from random import Random

from foveal.datasets.reviews.grammar import MAX_SENTENCES, Grammar

REVIEWS = [grammar.review(number % 3 > 0) for grammar in [Grammar(Random(8))] for number in range(600)]


def test_reviews_have_one_to_six_sentences_and_the_label_that_was_asked_for():
    assert {len(review.sentences) for review in REVIEWS} == set(range(1, MAX_SENTENCES + 1))
    assert [review.positive for review in REVIEWS] == [number % 3 > 0 for number in range(600)]


def test_every_review_has_a_rationale_and_a_distractor_has_none():
    distractors = 0
    for review in REVIEWS:
        assert any("[" in sentence for sentence in review.sentences)
        for sentence in review.sentences:
            if re.match("the (weather|traffic|news|queue|football)", sentence):
                distractors += 1
                assert "[" not in sentence
    assert distractors > 50


def test_every_sentence_ends_and_every_name_is_filled_in():
    for review in REVIEWS:
        assert all(sentence[-1] in ".?!" for sentence in review.sentences)
        assert not any("{" in sentence for sentence in review.sentences)


def test_distractors_are_told_by_their_phenomenon_and_their_own_traits():
    for review in REVIEWS:
        assert ("distractor" in review.phenomena) == bool(review.others)
    assert 200 < sum("distractor" in review.phenomena for review in REVIEWS) < 400
