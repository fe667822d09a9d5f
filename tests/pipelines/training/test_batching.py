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


def test_columns_go_with_their_examples_and_are_zero_where_a_batch_is_not_full():
    data, number = sequences(), np.arange(1, 201)
    batches = TokenBatches(data, 256, shapes=3, columns={"number": number, "pair": np.stack([number] * 2, 1)})
    for batch in [*map(batches.at, range(batches.steps_per_epoch)), *batches.padding_batches()]:
        np.testing.assert_array_equal(batch["number"], batch["source"].max(1))
        np.testing.assert_array_equal(batch["pair"], np.stack([batch["number"]] * 2, 1))


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


def test_the_blanks_have_the_shapes_of_all_batches_and_no_token():
    batches = TokenBatches(sequences(), batch_tokens=256, shapes=3)
    padding_batches = batches.padding_batches()
    shapes = [tuple(x.shape for x in blank.values()) for blank in padding_batches]
    seen = {tuple(x.shape for x in batches.at(n).values()) for n in range(2 * batches.steps_per_epoch)}
    assert len(set(shapes)) == len(shapes)
    assert set(shapes) == seen
    assert not any(x.any() for blank in padding_batches for x in blank.values())


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


def positions(lengths, shapes):
    """Of the smallest shape that holds each example, all together."""
    return sum(min(sum(shape) for shape in shapes if (row <= shape).all()) for row in lengths)


@pytest.mark.parametrize("seed", range(5))
def test_shapes_waste_hardly_more_than_the_best_of_all(seed):
    random = np.random.default_rng(seed)
    source = random.integers(1, 8, 40)
    lengths = np.stack([source, np.maximum(source + random.integers(-2, 3, 40), 1)], 1)
    largest = lengths.max(0)
    every = itertools.product(range(1, largest[0] + 1), range(1, largest[1] + 1))
    best = min(
        positions(lengths, [*pair, largest]) for pair in itertools.combinations(map(np.array, every), 2)
    )
    found = positions(lengths, choose_bucket_shapes(lengths, count=3, multiple=1))
    assert best <= found <= 1.02 * best


def test_a_shape_for_each_of_a_few_examples_wastes_only_the_rounding():
    lengths = np.array([[4, 4]] * 5 + [[4, 7]] * 3 + [[15, 16]] * 2)
    assert choose_bucket_shapes(lengths, count=3).tolist() == [[4, 4], [4, 8], [16, 16]]


def test_what_does_not_fill_a_batch_moves_up_instead_of_being_filled_with_padding():
    lengths = [3] * 5 + [5] * 6  # of length 4 there are 4 in a batch, of length 6 there are 2
    batches = TokenBatches({"source": [np.ones(n, int) for n in lengths]}, batch_tokens=16, shapes=2)
    found = sorted(batches.at(step)["source"].shape for step in range(batches.steps_per_epoch))
    assert found == [(2, 6)] * 4 + [(4, 4)]


def test_a_budget_below_the_longest_example_raises():
    with pytest.raises(ValueError, match=r"longest example, \d+ positions; received batch_tokens=16"):
        TokenBatches(sequences(), batch_tokens=16)


def test_no_example_raises():
    with pytest.raises(ValueError, match="at least one example"):
        TokenBatches({"source": [], "target": []}, batch_tokens=16)
