"""Gate supervision against Keras's binary cross-entropy and by hand."""

import keras
import numpy as np
import pytest

from foveal.focus import GateSupervision, gate_losses
from foveal.layers import MultiHeadAttention

GATE = np.random.default_rng(0).uniform(0.05, 0.95, (2, 3, 4)).astype("float32")
GOLD = np.array([[1, 0, 0, 1], [0, 1, 1, 0]])


def mean_loss(gate, gold=GOLD):
    return float(keras.ops.mean(gate_losses(gate, gold)))


def loss_of(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def test_gate_losses_match_keras():
    expected = keras.losses.BinaryCrossentropy(reduction="none", axis=())(GOLD, GATE[:, 0])
    np.testing.assert_allclose(gate_losses(GATE[:, 0], GOLD), expected, rtol=1e-5)


def test_gate_losses_are_finite_for_a_wrong_saturated_gate():
    np.testing.assert_allclose(gate_losses(np.array([0.0, 1.0]), np.array([1, 0])), -np.log(1e-6), rtol=1e-2)


def test_gate_supervision_averages_heads_or_supervises_each():
    each = np.mean([mean_loss(GATE[:, head]) for head in range(3)])
    assert loss_of(GateSupervision(0.5), GATE, GOLD) == pytest.approx(0.5 * each, rel=1e-5)
    mean = mean_loss(GATE[:, [0, 2]].mean(axis=1))
    layer = GateSupervision(heads=[0, 2], average_heads=True)
    assert loss_of(layer, GATE, GOLD) == pytest.approx(mean, rel=1e-5)
    assert loss_of(GateSupervision(), GATE[:, 1], GOLD) == pytest.approx(mean_loss(GATE[:, 1]), rel=1e-5)


def test_gate_supervision_ignores_masked_queries():
    mask = np.array([[True, True, True, False]] * 2)
    expected = loss_of(GateSupervision(), GATE[:, :, :3], GOLD[:, :3])
    assert loss_of(GateSupervision(), GATE, GOLD, query_mask=mask) == pytest.approx(expected, rel=1e-5)


def test_gate_of_wrong_rank_raises():
    with pytest.raises(ValueError, match=r"`gate` must have shape \(batch, \[heads,\] queries\)"):
        GateSupervision()(np.zeros((2, 1)), GATE[0, 0], GOLD)


def gated_model():
    query, value, gold = keras.Input((4, 5)), keras.Input((3, 5)), keras.Input((4,))
    layer = MultiHeadAttention(2, 3, gate="sentinel")
    context, decisions = layer(query, value, return_decisions=True)
    outputs = GateSupervision()(context, decisions["gate"], gold)
    gate_model = keras.Model([query, value], keras.ops.mean(decisions["gate"], axis=1))
    return keras.Model([query, value, gold], outputs), gate_model


def test_supervised_gate_learns_its_gold_in_fit():
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    query, value = rng.normal(size=(64, 4, 5)), rng.normal(size=(64, 3, 5))
    gold = (query[..., 0] > 0).astype("float32")
    model, gate_model = gated_model()
    model.compile(keras.optimizers.Adam(0.03), loss=lambda y, p: 0.0 * keras.ops.mean(p))
    model.fit([query, value, gold], np.zeros((64, 4, 5)), epochs=40, verbose=0)
    gate = gate_model.predict([query, value], verbose=0)
    assert gate[gold == 1].mean() > gate[gold == 0].mean() + 0.5


def test_constant_gold_is_a_prior():
    """With gold 1 and no task the gate closes: attention is used only where it helps."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(32, 4, 5)), rng.normal(size=(32, 3, 5)), np.ones((32, 4))]
    model, gate_model = gated_model()
    model.compile(keras.optimizers.Adam(0.03), loss=lambda y, p: 0.0 * keras.ops.mean(p))
    before = gate_model.predict(inputs[:2], verbose=0).mean()
    model.fit(inputs, np.zeros((32, 4, 5)), epochs=30, verbose=0)
    assert gate_model.predict(inputs[:2], verbose=0).mean() > before + 0.4
