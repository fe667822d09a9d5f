import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus.supervision.attention_loss import AttentionLoss
from foveal.layers.functional.keras_compat import keras_mask

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4)).astype("float32")


class FirstKey(AttentionLoss):
    """Loss: the weight of the first key, over the rows of the mask."""

    def call(self, outputs, weights, mask=True, training=None):
        self.add_masked_mean(self.select_heads(weights)[..., 0], ops.convert_to_tensor(mask), training)
        return outputs


def loss_of(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def test_select_heads_selects_and_averages():
    assert loss_of(FirstKey(), WEIGHTS) == pytest.approx(WEIGHTS[..., 0].mean())
    assert loss_of(FirstKey(0.5, heads=[2, 0]), WEIGHTS) == pytest.approx(WEIGHTS[:, [0, 2], :, 0].mean() / 2)
    selected = ops.convert_to_numpy(FirstKey(heads=[2, 0], average_heads=True).select_heads(WEIGHTS))
    np.testing.assert_allclose(selected, WEIGHTS[:, [0, 2]].mean(axis=1, keepdims=True), rtol=1e-6)
    assert FirstKey().select_heads(WEIGHTS[:, 0]).shape == (2, 1, 4, 5)


def test_add_masked_mean_ignores_masked_rows():
    mask = np.array([True, False, True, True])
    weights = WEIGHTS.copy()
    weights[:, :, 1] = np.inf
    assert loss_of(FirstKey(), weights, mask) == pytest.approx(WEIGHTS[:, :, mask, 0].mean())
    assert loss_of(FirstKey(), weights, ~mask & mask) == 0


def test_schedule_advances_in_training_only():
    layer = FirstKey(keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0))
    mean = WEIGHTS[..., 0].mean()
    for step in range(6):
        for training in (False, True):
            loss = loss_of(layer, WEIGHTS, training=training)
            assert loss == pytest.approx(mean * max(1 - step / 4, 0), abs=1e-6)


def test_outputs_are_returned_unchanged():
    outputs = {"a": ops.ones((2, 3), "float16"), "b": ops.zeros((2,), "int32")}
    returned = FirstKey(dtype="mixed_float16")(outputs, WEIGHTS.astype("float16"))
    for name, tensor in outputs.items():
        assert returned[name].dtype == tensor.dtype
        np.testing.assert_array_equal(returned[name], tensor)


@pytest.mark.parametrize(("heads", "message"), [([], "at least one"), ([1, 1], "each head once")])
def test_invalid_heads_raise(heads, message):
    with pytest.raises(ValueError, match=message):
        FirstKey(heads=heads)


def test_missing_head_or_invalid_rank_raises():
    with pytest.raises(ValueError, match=r"from 0 to 2. Received: heads=\[3\]"):
        loss_of(FirstKey(heads=[3]), WEIGHTS)
    with pytest.raises(ValueError, match=r"queries, keys\). Received: weights.shape=\(2, 4\)"):
        loss_of(FirstKey(), WEIGHTS[:, 0, :, 0])


def test_outputs_keep_their_masks():
    embedded = keras.layers.Embedding(5, 2, mask_zero=True)(np.array([[1, 0], [2, 3]]))
    unmasked, expected = ops.ones((2, 2)), [[True, False], [True, True]]
    np.testing.assert_array_equal(keras_mask(FirstKey()(embedded, WEIGHTS)), expected)
    for outputs in ({"a": unmasked, "b": embedded}, [unmasked, embedded]):
        first, second = keras.tree.flatten(FirstKey()(outputs, WEIGHTS))
        assert keras_mask(first) is None
        np.testing.assert_array_equal(keras_mask(second), expected)


def test_outputs_of_functional_model_keep_their_masks():
    ids, weights = keras.Input((2,), dtype="int32"), keras.Input((3, 4, 5))
    outputs = FirstKey()(keras.layers.Embedding(5, 2, mask_zero=True)(ids), weights)
    mean = keras.layers.GlobalAveragePooling1D()(outputs)  # uses the mask
    embedding = keras.Model([ids, weights], [outputs, mean])
    embedded, mean = map(ops.convert_to_numpy, embedding([np.array([[1, 0], [2, 3]]), WEIGHTS]))
    np.testing.assert_allclose(mean, [embedded[0][0], (embedded[1][0] + embedded[1][1]) / 2], atol=1e-6)
