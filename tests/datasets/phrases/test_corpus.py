"""Splits of `phrases`."""

import hashlib
import re
from collections import Counter

import pytest

from foveal.datasets.phrases.corpus import SIZES, sample_pairs, splits

SMALL = {"train": 6_000, "validation": 90, "test": 110, "test_compositions": 121}


@pytest.fixture(scope="module")
def corpus():
    return splits(seed=11, sizes=SMALL)


def test_splits_have_requested_sizes(corpus):
    assert {name: len(pairs) for name, pairs in corpus.items()} == SMALL
    assert SIZES["train"] >= 20_000


def test_splits_share_no_sentence(corpus):
    english = [pair.en.text for pairs in corpus.values() for pair in pairs]
    assert len(set(english)) == len(english)


def test_train_vocabulary_covers_other_splits(corpus):
    vocabulary = set().union(*(pair.words() for pair in corpus["train"]))
    for name in ("validation", "test", "test_compositions"):
        assert set().union(*(pair.words() for pair in corpus[name])) <= vocabulary


def test_held_out_compositions_only_in_test_compositions(corpus):
    for name in ("train", "validation", "test"):
        assert not any(pair.held_out_kinds for pair in corpus[name])
    kinds = Counter(kind for pair in corpus["test_compositions"] for kind in pair.held_out_kinds)
    assert all(pair.held_out_kinds for pair in corpus["test_compositions"])
    assert min(kinds["adjective"], kinds["object"], kinds["clause"]) >= 40


def test_train_contains_parts_of_held_out_constructions(corpus):
    portuguese = [pair.pt.text.lower() for pair in corpus["train"]]
    pronoun = "(me|te|nos|os?|as?|lhes?)"
    for part in (f"não {pronoun} ", "não vai ", f"vai [a-zêáí]+-l?{pronoun}", "nunca ",
                 f"quem {pronoun} ", "está a", f"pode[a-z]* [a-zêáí]+-l?{pronoun}"):  # fmt: skip
        assert sum(bool(re.search(part, text)) for text in portuguese) >= 5, part
    assert not any(re.search(f"não {pronoun} vai ", text) for text in portuguese)
    assert any(re.search(f"não {pronoun} vai ", p.pt.text) for p in corpus["test_compositions"])


def test_splits_are_seeded(corpus):
    assert splits(seed=11, sizes=SMALL) == corpus
    assert next(sample_pairs(12)) != next(sample_pairs(11))


def test_phrases_dataset_is_unchanged():
    sizes = {"train": 300, "validation": 20, "test": 20, "test_compositions": 30}
    digest = hashlib.sha256()
    for name, pairs in splits(sizes=sizes).items():
        for pair in pairs:
            row = name, pair.en.text, pair.pt.text, pair.en.spans, pair.pt.spans, pair.alignment
            digest.update(repr(row).encode())
    assert digest.hexdigest() == "477d239220b54e0135498d913e9e3143e58a732ba62f43136d7770389276e73e"
