"""Train, validation, test and compositional test splits of a stream of generated samples."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol, TypeVar


class CompositionalSample(Protocol):
    """Sample with its words and the kinds of held-out compositions that it contains."""

    @property
    def held_out_kinds(self) -> frozenset[str]: ...

    def words(self) -> set[str]: ...


Sample = TypeVar("Sample", bound=CompositionalSample)


def compositional_split(
    samples: Iterator[Sample], sizes: dict[str, int], kinds: Sequence[str]
) -> dict[str, list[Sample]]:
    """Split an endless stream of samples by the compositions that train does not contain.

    Only `test_compositions` contains held-out compositions. The vocabulary of every other split is
    a subset of the vocabulary of train.

    Args:
        samples: an endless iterator of `CompositionalSample`.
        sizes: the number of samples of `train`, `validation`, `test` and `test_compositions`.
        kinds: the kinds of held-out compositions. `test_compositions` holds equally many samples of
            each kind; the last kinds get the remainder.

    Returns:
        The samples of `train`, `validation`, `test` and `test_compositions`, in this order.
    """
    train, samples = _take(samples, sizes["train"])
    vocabulary = set().union(*(sample.words() for sample in train))
    samples = (sample for sample in samples if sample.words() <= vocabulary)
    evaluation, samples = _take(samples, sizes["validation"] + sizes["test"])
    compositions: list[Sample] = []
    for index, kind in enumerate(kinds):
        count = (sizes["test_compositions"] - len(compositions)) // (len(kinds) - index)
        taken, samples = _take(samples, count, kind)
        compositions += taken
    return {
        "train": train,
        "validation": evaluation[: sizes["validation"]],
        "test": evaluation[sizes["validation"] :],
        "test_compositions": compositions,
    }


def _take(
    samples: Iterator[Sample], count: int, kind: str | None = None
) -> tuple[list[Sample], Iterator[Sample]]:
    """Take the next samples with a held-out composition of `kind`, or without any.

    The skipped samples come first in the iterator that is returned.
    """
    taken: list[Sample] = []
    skipped: list[Sample] = []
    while len(taken) < count:
        sample = next(samples)
        matches = kind in sample.held_out_kinds if kind else not sample.held_out_kinds
        (taken if matches else skipped).append(sample)
    return taken, chain(skipped, samples)
