"""Splits of `reviews`."""

import hashlib
import re
from collections import Counter
from math import log

import pytest

from foveal.datasets.reviews.corpus import SIZES, splits

SMALL = {"train": 3_000, "validation": 60, "test": 400, "test_compositions": 300}


@pytest.fixture(scope="module")
def corpus():
    return splits(seed=11, sizes=SMALL)


def lowercase_words(review):
    return re.findall(r"\w+", review.text.lower())


def test_splits_have_requested_sizes(corpus):
    assert {name: len(reviews) for name, reviews in corpus.items()} == SMALL
    assert SIZES["train"] >= 10_000


def test_splits_share_no_review(corpus):
    texts = [review.text for reviews in corpus.values() for review in reviews]
    assert len(set(texts)) == len(texts)


def test_train_vocabulary_covers_other_splits(corpus):
    vocabulary = set().union(*(review.words() for review in corpus["train"]))
    assert len(vocabulary) > 700
    for name in ("validation", "test", "test_compositions"):
        assert set().union(*(review.words() for review in corpus[name])) <= vocabulary


def test_held_out_compositions_only_in_test_compositions(corpus):
    for name in ("train", "validation", "test"):
        assert not any(review.held_out_kinds for review in corpus[name])
    kinds = Counter(kind for review in corpus["test_compositions"] for kind in review.held_out_kinds)
    assert all(review.held_out_kinds for review in corpus["test_compositions"])
    assert min(kinds["word"], kinds["domain"], kinds["construction"]) >= 100


def test_labels_are_balanced_per_split_and_phenomenon(corpus):
    for name, reviews in corpus.items():
        assert 0.42 < sum(review.positive for review in reviews) / len(reviews) < 0.58, name
    counts = Counter((p, review.positive) for review in corpus["train"] for p in review.phenomena)
    assert len(counts) == 24
    for phenomenon in {p for p, _ in counts}:
        positive, negative = counts[phenomenon, True], counts[phenomenon, False]
        assert abs(positive - negative) < 4 * (positive + negative) ** 0.5, (
            phenomenon
        )  # four standard deviations


def test_naive_bayes_accuracy_is_low(corpus):
    """Naive Bayes uses every word and no order; no single word determines the label."""
    counts = {label: Counter() for label in (True, False)}
    for review in corpus["train"]:
        counts[review.positive].update(set(lowercase_words(review)))
    for split, bound in (("test", 0.75), ("test_compositions", 0.7)):
        correct = 0
        for review in corpus[split]:
            odds = sum(
                log((counts[True][word] + 1) / (counts[False][word] + 1))
                for word in set(lowercase_words(review))
            )
            correct += (odds > 0) == review.positive
        assert correct / SMALL[split] < bound, split


def test_rationales_are_ordered_spans_of_words(corpus):
    for review in corpus["test"]:
        content, end = review.text.encode(), -1
        for start, stop in review.rationales:
            assert end < start < stop <= len(content)
            assert content[start:stop].strip() == content[start:stop]
            end = stop
        assert any(review.rationales)


def test_splits_are_seeded(corpus):
    small = {**SMALL, "train": 900}
    assert splits(seed=11, sizes=small) == splits(seed=11, sizes=small)
    assert splits(seed=12, sizes=small)["train"][0] != corpus["train"][0]


def test_reviews_dataset_is_unchanged():
    sizes = {"train": 300, "validation": 20, "test": 20, "test_compositions": 30}
    digest = hashlib.sha256()
    for name, reviews in splits(sizes=sizes).items():
        for review in reviews:
            row = name, review.text, review.positive, review.rationales, review.sentences, review.phenomena
            digest.update(repr(row).encode())
    assert digest.hexdigest() == "a9d5063f0525452e8e7efea778726fc79dbd3a0344e825bb7db7c8a20b196d13"
