import re
from collections import Counter

import pytest

from foveal.datasets.phrases.corpus import SIZES, splits

SMALL = {"train": 6_000, "validation": 90, "test": 110, "test_compositions": 121}


@pytest.fixture(scope="module")
def corpus():
    return splits(seed=11, sizes=SMALL)


def test_splits_have_their_sizes(corpus):
    assert {name: len(pairs) for name, pairs in corpus.items()} == SMALL
    assert SIZES["train"] >= 20_000


def test_no_sentence_is_in_two_splits(corpus):
    english = [pair.en.text for pairs in corpus.values() for pair in pairs]
    assert len(set(english)) == len(english)


def test_every_word_of_the_other_splits_occurs_in_train(corpus):
    known = set().union(*(pair.words() for pair in corpus["train"]))
    for name in ("validation", "test", "test_compositions"):
        assert set().union(*(pair.words() for pair in corpus[name])) <= known


def test_unseen_compositions_are_in_their_split_alone(corpus):
    for name in ("train", "validation", "test"):
        assert not any(pair.held_out_kinds for pair in corpus[name])
    kinds = Counter(kind for pair in corpus["test_compositions"] for kind in pair.held_out_kinds)
    assert all(pair.held_out_kinds for pair in corpus["test_compositions"])
    assert min(kinds["adjective"], kinds["object"], kinds["clause"]) >= 40


def test_each_part_of_an_unseen_construction_is_in_train(corpus):
    portuguese = [pair.pt.text.lower() for pair in corpus["train"]]
    pronoun = "(me|te|nos|os?|as?|lhes?)"
    for part in (f"não {pronoun} ", "não vai ", f"vai [a-zêáí]+-l?{pronoun}", "nunca ",
                 f"quem {pronoun} ", "está a", f"pode[a-z]* [a-zêáí]+-l?{pronoun}"):  # fmt: skip
        assert sum(bool(re.search(part, text)) for text in portuguese) >= 5, part
    assert not any(re.search(f"não {pronoun} vai ", text) for text in portuguese)
    assert any(re.search(f"não {pronoun} vai ", p.pt.text) for p in corpus["test_compositions"])


def test_the_same_seed_gives_the_same_corpus(corpus):
    assert splits(seed=11, sizes=SMALL) == corpus
    assert splits(seed=12, sizes=SMALL) != corpus
