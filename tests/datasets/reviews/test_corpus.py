import re
from collections import Counter
from math import log

import pytest

from foveal.datasets.reviews.corpus import SIZES, splits

SMALL = {"train": 3_000, "validation": 60, "test": 400, "test_compositions": 300}


@pytest.fixture(scope="module")
def corpus():
    return splits(seed=11, sizes=SMALL)


def words(review):
    return re.findall(r"\w+", review.text.lower())


def test_splits_have_their_sizes(corpus):
    assert {name: len(reviews) for name, reviews in corpus.items()} == SMALL
    assert SIZES["train"] >= 10_000


def test_no_review_is_in_two_splits(corpus):
    texts = [review.text for reviews in corpus.values() for review in reviews]
    assert len(set(texts)) == len(texts)


def test_every_word_of_the_other_splits_occurs_in_train(corpus):
    known = set().union(*(review.words() for review in corpus["train"]))
    assert len(known) > 700
    for name in ("validation", "test", "test_compositions"):
        assert set().union(*(review.words() for review in corpus[name])) <= known


def test_unseen_compositions_are_in_their_split_alone(corpus):
    for name in ("train", "validation", "test"):
        assert not any(review.held_out_kinds for review in corpus[name])
    kinds = Counter(kind for review in corpus["test_compositions"] for kind in review.held_out_kinds)
    assert all(review.held_out_kinds for review in corpus["test_compositions"])
    assert min(kinds["word"], kinds["domain"], kinds["construction"]) >= 100


def test_labels_are_balanced_in_every_split_and_phenomenon(corpus):
    for name, reviews in corpus.items():
        assert 0.42 < sum(review.positive for review in reviews) / len(reviews) < 0.58, name
    counts = Counter((p, review.positive) for review in corpus["train"] for p in review.phenomena)
    assert len(counts) == 24
    for phenomenon in {p for p, _ in counts}:
        good, bad = counts[phenomenon, True], counts[phenomenon, False]
        assert abs(good - bad) < 4 * (good + bad) ** 0.5, phenomenon  # four standard deviations


def test_no_single_word_decides(corpus):
    """Naive Bayes, which sees every word and no order, is poor."""
    counts = {label: Counter() for label in (True, False)}
    for review in corpus["train"]:
        counts[review.positive].update(set(words(review)))
    for split, limit in (("test", 0.75), ("test_compositions", 0.7)):
        correct = 0
        for review in corpus[split]:
            odds = sum(log((counts[True][w] + 1) / (counts[False][w] + 1)) for w in set(words(review)))
            correct += (odds > 0) == review.positive
        assert correct / SMALL[split] < limit, split


def test_rationales_are_words_of_the_text_in_order(corpus):
    for review in corpus["test"]:
        content, end = review.text.encode(), -1
        for start, stop in review.rationales:
            assert end < start < stop <= len(content)
            assert content[start:stop].strip() == content[start:stop]
            end = stop
        assert any(review.rationales)


def test_the_same_seed_gives_the_same_corpus(corpus):
    small = {**SMALL, "train": 900}
    assert splits(seed=11, sizes=small) == splits(seed=11, sizes=small)
    assert splits(seed=12, sizes=small)["train"][0] != corpus["train"][0]
