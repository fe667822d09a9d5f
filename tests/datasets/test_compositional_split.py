"""Compositional splits of a stream of samples, on a hand-computed stream."""

from collections.abc import Iterator
from itertools import chain, count
from typing import NamedTuple

from foveal.datasets.compositional_split import compositional_split

SIZES = {"train": 5, "validation": 2, "test": 3, "test_compositions": 4}


class Sample(NamedTuple):
    """Numbered sample with one word."""

    number: int
    word: str
    held_out_kinds: frozenset[str]

    def words(self) -> set[str]:
        return {self.word}


def sample_stream() -> Iterator[Sample]:
    """Three of four samples hold nothing out, every fourth one kind or the other; the words are a and b."""
    for number in count():
        kind = {3: {"colour"}, 7: {"shape"}}.get(number % 8, set())
        yield Sample(number, "ab"[number % 2], frozenset(kind))


def test_compositional_split_takes_the_first_samples_of_each_kind():
    splits = compositional_split(sample_stream(), SIZES, ["colour", "shape"])
    assert {name: [sample.number for sample in samples] for name, samples in splits.items()} == {
        "train": [0, 1, 2, 4, 5],
        "validation": [6, 8],
        "test": [9, 10, 12],
        "test_compositions": [3, 11, 7, 15],
    }


def test_compositional_split_gives_the_remainder_to_the_last_kind():
    sizes = {**SIZES, "test_compositions": 3}
    samples = compositional_split(sample_stream(), sizes, ["colour", "shape"])["test_compositions"]
    assert [sorted(sample.held_out_kinds) for sample in samples] == [["colour"], ["shape"], ["shape"]]


def test_compositional_split_has_no_word_outside_train():
    train = (Sample(-1, "a", frozenset()) for _ in range(SIZES["train"]))
    splits = compositional_split(chain(train, sample_stream()), SIZES, [])
    assert {sample.word for samples in splits.values() for sample in samples} == {"a"}
