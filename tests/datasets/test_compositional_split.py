from collections.abc import Iterator
from itertools import chain, count
from typing import NamedTuple

from foveal.datasets.compositional_split import split

SIZES = {"train": 5, "validation": 2, "test": 3, "test_compositions": 4}


class Example(NamedTuple):
    number: int
    word: str
    held_out_kinds: frozenset[str]

    def words(self):
        return {self.word}


def draw() -> Iterator[Example]:
    """Three of four are plain, the fourth of one kind and the other in turn; the words are a and b."""
    for number in count():
        kind = {3: {"colour"}, 7: {"shape"}}.get(number % 8, set())
        yield Example(number, "ab"[number % 2], frozenset(kind))


def numbers(splits):
    return {name: [example.number for example in examples] for name, examples in splits.items()}


def test_each_split_takes_what_comes_first_of_its_kind():
    assert numbers(split(draw(), SIZES, ["colour", "shape"])) == {
        "train": [0, 1, 2, 4, 5],
        "validation": [6, 8],
        "test": [9, 10, 12],
        "test_compositions": [3, 11, 7, 15],
    }


def test_an_odd_one_goes_to_the_last_kind():
    found = split(draw(), {**SIZES, "test_compositions": 3}, ["colour", "shape"])["test_compositions"]
    assert [sorted(example.held_out_kinds) for example in found] == [["colour"], ["shape"], ["shape"]]


def test_a_word_that_train_lacks_stands_nowhere():
    train = (Example(-1, "a", frozenset()) for _ in range(SIZES["train"]))
    splits = split(chain(train, draw()), SIZES, [])
    assert {example.word for examples in splits.values() for example in examples} == {"a"}
