"""Hold-out splits: disjoint, complete, seeded."""

import pytest

from foveal.datasets.holdout import MAX_HELD_OUT, split_indices, split_rows


@pytest.mark.parametrize(("count", "held_out"), [(3, 1), (9, 1), (200, 10), (100_000, MAX_HELD_OUT)])
def test_split_indices_are_disjoint_complete_and_sorted(count, held_out):
    parts = {split: split_indices(count, split) for split in ("train", "validation", "test")}
    assert sorted(index for part in parts.values() for index in part) == list(range(count))
    assert all(part == sorted(part) for part in parts.values())
    assert (len(parts["validation"]), len(parts["test"])) == (held_out, held_out)


def test_split_indices_are_the_same_in_every_call():
    assert split_indices(200, "test") == split_indices(200, "test")
    assert split_indices(40, "validation") == [11, 27]


def test_split_indices_hold_out_only_the_given_splits():
    assert split_indices(40, "train", []) == list(range(40))
    assert split_indices(40, "test", ["test"]) == split_indices(40, "validation")
    assert len(split_indices(40, "train", ["test"])) == 38


def test_split_indices_unknown_split_raises():
    message = "`split` must be one of train, validation, test. Received: split='dev'"
    with pytest.raises(ValueError, match=message):
        split_indices(40, "dev")
    with pytest.raises(ValueError, match=r"must be one of train, test\. Received: split='validation'"):
        split_indices(40, "validation", ["test"])


def test_split_rows_selects_from_a_single_file_only():
    rows = [f"row {index}" for index in range(40)]
    assert split_rows(rows, "rows.tsv", "validation") == ["row 11", "row 27"]
    assert split_rows(rows, "{split}.tsv", "dev") == rows
