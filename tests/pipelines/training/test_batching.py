"""Tests of length-bucketed batches: completeness, shapes, token budget, padding."""

import itertools

import numpy as np
import pytest

from foveal.pipelines.training.batching import TokenBatches, choose_bucket_shapes


def sequences(count=200, seed=0):
    random = np.random.default_rng(seed)
    lengths = random.integers(2, 30, (count, 2))
    return {
        name: [np.full(length, row + 1) for row, length in enumerate(lengths[:, axis])]
        for axis, name in enumerate(("source", "target"))
    }


def sequences_of(batch, name):
    return [row[row > 0] for row in batch[name]]


def test_epoch_contains_every_example_once():
    data = sequences()
    batches = TokenBatches(data, batch_tokens=256, num_buckets=3)
    for name, feature in data.items():
        result = [
            row
            for step in range(batches.steps_per_epoch)
            for row in sequences_of(batches.get_batch(step), name)
            if len(row)
        ]
        assert sorted(map(tuple, result)) == sorted(map(tuple, feature))


def test_batch_keeps_features_of_an_example_in_one_row():
    batches = TokenBatches(sequences(), batch_tokens=256)
    for step in range(batches.steps_per_epoch):
        batch = batches.get_batch(step)
        np.testing.assert_array_equal(batch["source"].max(1), batch["target"].max(1))


def test_columns_match_their_examples_and_are_padded_with_zeros():
    data, number = sequences(), np.arange(1, 201)
    batches = TokenBatches(
        data, 256, num_buckets=3, columns={"number": number, "pair": np.stack([number] * 2, 1)}
    )
    for batch in [*map(batches.get_batch, range(batches.steps_per_epoch)), *batches.padding_batches()]:
        np.testing.assert_array_equal(batch["number"], batch["source"].max(1))
        np.testing.assert_array_equal(batch["pair"], np.stack([batch["number"]] * 2, 1))


def test_batches_respect_num_buckets_and_batch_tokens():
    batches = TokenBatches(sequences(), batch_tokens=256, num_buckets=3)
    shapes = {
        (batch["source"].shape, batch["target"].shape)
        for batch in map(batches.get_batch, range(batches.steps_per_epoch))
    }
    assert len(shapes) <= 3
    for (rows, source), (_, target) in shapes:
        assert rows * (source + target) <= 256


def test_get_batch_depends_on_seed_and_step_only():
    first, second = (TokenBatches(sequences(), 256, seed=5) for _ in range(2))
    later = first.steps_per_epoch + 3
    first.get_batch(0)
    for step in (later, 2, later):
        np.testing.assert_array_equal(first.get_batch(step)["source"], second.get_batch(step)["source"])
    reseeded = TokenBatches(sequences(), 256, seed=6)
    assert any(
        first.get_batch(step)["source"].tolist() != reseeded.get_batch(step)["source"].tolist()
        for step in range(3)
    )


def test_padding_batches_have_all_shapes_and_no_token():
    batches = TokenBatches(sequences(), batch_tokens=256, num_buckets=3)
    padding_batches = batches.padding_batches()
    shapes = [tuple(x.shape for x in batch.values()) for batch in padding_batches]
    expected = {
        tuple(x.shape for x in batches.get_batch(n).values()) for n in range(2 * batches.steps_per_epoch)
    }
    assert len(set(shapes)) == len(shapes)
    assert set(shapes) == expected
    assert not any(x.any() for batch in padding_batches for x in batch.values())


def test_epochs_differ_in_order():
    batches = TokenBatches(sequences(), 256, num_buckets=1)
    first, second = (batches.get_batch(epoch * batches.steps_per_epoch)["source"] for epoch in (0, 1))
    assert first.tolist() != second.tolist()


def test_padding_ratio_matches_count_of_zeros():
    batches = TokenBatches(sequences(), 256, num_buckets=4)
    epoch = [batches.get_batch(step) for step in range(batches.steps_per_epoch)]
    positions = sum(x.size for batch in epoch for x in batch.values())
    tokens = sum(np.count_nonzero(x) for batch in epoch for x in batch.values())
    assert batches.padding_ratio == pytest.approx(1 - tokens / positions)


def count_positions(lengths, shapes):
    """Sum the sizes of the smallest shape that holds each example."""
    return sum(min(sum(shape) for shape in shapes if (row <= shape).all()) for row in lengths)


@pytest.mark.parametrize("seed", range(5))
def test_choose_bucket_shapes_is_close_to_exhaustive_search(seed):
    random = np.random.default_rng(seed)
    source = random.integers(1, 8, 40)
    lengths = np.stack([source, np.maximum(source + random.integers(-2, 3, 40), 1)], 1)
    largest = lengths.max(0)
    candidates = itertools.product(range(1, largest[0] + 1), range(1, largest[1] + 1))
    best = min(
        count_positions(lengths, [*pair, largest])
        for pair in itertools.combinations(map(np.array, candidates), 2)
    )
    result = count_positions(lengths, choose_bucket_shapes(lengths, count=3, multiple=1))
    assert best <= result <= 1.02 * best


def test_choose_bucket_shapes_rounds_up_distinct_shapes():
    lengths = np.array([[4, 4]] * 5 + [[4, 7]] * 3 + [[15, 16]] * 2)
    assert choose_bucket_shapes(lengths, count=3).tolist() == [[4, 4], [4, 8], [16, 16]]


def test_incomplete_batch_moves_to_larger_bucket():
    lengths = [3] * 5 + [5] * 6  # a batch holds 4 of length 4, or 2 of length 6
    batches = TokenBatches({"source": [np.ones(n, int) for n in lengths]}, batch_tokens=16, num_buckets=2)
    result = sorted(batches.get_batch(step)["source"].shape for step in range(batches.steps_per_epoch))
    assert result == [(2, 6)] * 4 + [(4, 4)]


def test_batch_tokens_below_longest_example_raises():
    with pytest.raises(ValueError, match=r"longest example, \d+ positions\. Received: batch_tokens=16"):
        TokenBatches(sequences(), batch_tokens=16)


def test_empty_sequences_raise():
    with pytest.raises(ValueError, match="at least one example"):
        TokenBatches({"source": [], "target": []}, batch_tokens=16)
