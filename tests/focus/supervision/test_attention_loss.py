import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus.supervision.attention_loss import AttentionLoss

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4)).astype("float32")


class FirstKey(AttentionLoss):
    """The weight of the first key, of the rows that count."""

    def call(self, outputs, weights, counts=True, training=None):
        self.add_masked_mean(self.chosen(weights)[..., 0], ops.convert_to_tensor(counts), training)
        return outputs


def added(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def test_it_is_of_the_heads_that_are_named_alone_or_together():
    assert added(FirstKey(), WEIGHTS) == pytest.approx(WEIGHTS[..., 0].mean())
    assert added(FirstKey(0.5, heads=[2, 0]), WEIGHTS) == pytest.approx(WEIGHTS[:, [0, 2], :, 0].mean() / 2)
    chosen = ops.convert_to_numpy(FirstKey(heads=[2, 0], average_heads=True).chosen(WEIGHTS))
    np.testing.assert_allclose(chosen, WEIGHTS[:, [0, 2]].mean(axis=1, keepdims=True), rtol=1e-6)
    assert FirstKey().chosen(WEIGHTS[:, 0]).shape == (2, 1, 4, 5)


def test_rows_that_do_not_count_change_nothing():
    counts = np.array([True, False, True, True])
    weights = WEIGHTS.copy()
    weights[:, :, 1] = np.inf
    assert added(FirstKey(), weights, counts) == pytest.approx(WEIGHTS[:, :, counts, 0].mean())
    assert added(FirstKey(), weights, ~counts & counts) == 0


def test_the_weight_follows_its_schedule_in_training_alone():
    layer = FirstKey(keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0))
    whole = WEIGHTS[..., 0].mean()
    for step in range(6):
        for training in (False, True):
            found = added(layer, WEIGHTS, training=training)
            assert found == pytest.approx(whole * max(1 - step / 4, 0), abs=1e-6)


def test_what_passes_is_unchanged():
    outputs = {"a": ops.ones((2, 3), "float16"), "b": ops.zeros((2,), "int32")}
    passed = FirstKey(dtype="mixed_float16")(outputs, WEIGHTS.astype("float16"))
    for name, tensor in outputs.items():
        assert passed[name].dtype == tensor.dtype
        np.testing.assert_array_equal(passed[name], tensor)


@pytest.mark.parametrize(("heads", "message"), [([], "at least one"), ([1, 1], "different")])
def test_heads_are_different_ones(heads, message):
    with pytest.raises(ValueError, match=message):
        FirstKey(heads=heads)


def test_heads_and_ranks_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match=r"from 0 to 2. Received: \[3\]"):
        added(FirstKey(heads=[3]), WEIGHTS)
    with pytest.raises(ValueError, match=r"queries, keys\). Received: \(2, 4\)"):
        added(FirstKey(), WEIGHTS[:, 0, :, 0])
