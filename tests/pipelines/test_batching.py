import numpy as np
import pytest

from foveal.pipelines.batching import TokenBatches, choose_shapes


def sequences(count=200, seed=0):
    random = np.random.default_rng(seed)
    lengths = random.integers(2, 30, (count, 2))
    return {
        name: [np.full(length, row + 1) for row, length in enumerate(lengths[:, axis])]
        for axis, name in enumerate(("source", "target"))
    }


def rows_of(batch, name):
    return [row[row > 0] for row in batch[name]]


def test_an_epoch_holds_every_example_once_and_whole():
    data = sequences()
    batches = TokenBatches(data, batch_tokens=256, shapes=3)
    for name, feature in data.items():
        found = [
            row
            for step in range(batches.steps_per_epoch)
            for row in rows_of(batches.at(step), name)
            if len(row)
        ]
        assert sorted(map(tuple, found)) == sorted(map(tuple, feature))


def test_the_sides_of_an_example_stay_together():
    batches = TokenBatches(sequences(), batch_tokens=256)
    for step in range(batches.steps_per_epoch):
        batch = batches.at(step)
        np.testing.assert_array_equal(batch["source"].max(1), batch["target"].max(1))


def test_there_are_no_more_shapes_than_asked_for_and_none_exceeds_the_budget():
    batches = TokenBatches(sequences(), batch_tokens=256, shapes=3)
    shapes = {
        (batch["source"].shape, batch["target"].shape)
        for batch in map(batches.at, range(batches.steps_per_epoch))
    }
    assert len(shapes) <= 3
    for (rows, source), (_, target) in shapes:
        assert rows * (source + target) <= 256


def test_a_batch_depends_on_seed_and_step_alone():
    one, other = (TokenBatches(sequences(), 256, seed=5) for _ in range(2))
    later = one.steps_per_epoch + 3
    one.at(0)
    for step in (later, 2, later):
        np.testing.assert_array_equal(one.at(step)["source"], other.at(step)["source"])
    reseeded = TokenBatches(sequences(), 256, seed=6)
    assert any(one.at(step)["source"].tolist() != reseeded.at(step)["source"].tolist() for step in range(3))


def test_epochs_differ_in_order():
    batches = TokenBatches(sequences(), 256, shapes=1)
    first, second = (batches.at(epoch * batches.steps_per_epoch)["source"] for epoch in (0, 1))
    assert first.tolist() != second.tolist()


def test_padding_is_what_counting_zeros_gives():
    batches = TokenBatches(sequences(), 256, shapes=4)
    epoch = [batches.at(step) for step in range(batches.steps_per_epoch)]
    positions = sum(x.size for batch in epoch for x in batch.values())
    tokens = sum(np.count_nonzero(x) for batch in epoch for x in batch.values())
    assert batches.padding == pytest.approx(1 - tokens / positions)


def test_one_shape_per_cell_wastes_only_the_rounding():
    lengths = np.array([[3, 4], [4, 4], [9, 7], [10, 8], [30, 2]])
    shapes = choose_shapes(lengths, count=9, multiple=1)
    assert sorted(map(tuple, shapes)) == sorted({tuple(row) for row in lengths})


def test_merging_loses_as_little_as_brute_force_on_a_small_case():
    lengths = np.array([[4, 4]] * 5 + [[4, 8]] * 3 + [[16, 16]] * 2)
    shapes = choose_shapes(lengths, count=2)  # 4x4 with 4x8: 5 * 4 positions lost, any other more
    assert shapes.tolist() == [[4, 8], [16, 16]]


def test_a_budget_below_the_longest_example_raises():
    with pytest.raises(ValueError, match=r"longest example, \d+ positions; received batch_tokens=16"):
        TokenBatches(sequences(), batch_tokens=16)


def test_no_example_raises():
    with pytest.raises(ValueError, match="at least one example"):
        TokenBatches({"source": [], "target": []}, batch_tokens=16)
