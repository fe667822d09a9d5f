"""Splits of a set that is drawn one example after the other."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Protocol


class CompositionalSample(Protocol):
    """What a split is made of: it knows its words, and the kinds of compositions that train lacks."""

    @property
    def held_out_kinds(self) -> frozenset[str]: ...

    def words(self) -> set[str]: ...


def split(drawn: Iterator[Any], sizes: dict[str, int], kinds: Sequence[str]) -> dict[str, list]:
    """Takes train, validation, test and test_compositions from an endless run of `CompositionalSample`.

    Only the last holds unseen compositions, as many of each kind. All words of the others occur in
    train.
    """
    drawn, train = _take(drawn, sizes["train"], "")
    known = set().union(*(example.words() for example in train))
    drawn = (example for example in drawn if example.words() <= known)
    drawn, later = _take(drawn, sizes["validation"] + sizes["test"], "")
    held_out_kinds = []
    for done, kind in enumerate(kinds):
        share = (sizes["test_compositions"] - len(held_out_kinds)) // (len(kinds) - done)
        drawn, found = _take(drawn, share, kind)
        held_out_kinds += found
    return {
        "train": train,
        "validation": later[: sizes["validation"]],
        "test": later[sizes["validation"] :],
        "test_compositions": held_out_kinds,
    }


def _take(
    drawn: Iterator[CompositionalSample], count: int, kind: str
) -> tuple[Iterator[CompositionalSample], list[CompositionalSample]]:
    """The next examples with an unseen composition of a kind, or ("") without any.

    The examples between them come first in what is left to draw.
    """
    taken, others = [], []
    while len(taken) < count:
        example = next(drawn)
        fits = kind in example.held_out_kinds if kind else not example.held_out_kinds
        (taken if fits else others).append(example)
    return chain(others, drawn), taken
