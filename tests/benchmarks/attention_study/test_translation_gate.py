"""Settings of the gate of a translator."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.benchmarks.attention_study.translation_gate import SETTINGS, _Losses, set_sentinel_bias
from foveal.pipelines.training.losses import FROM_INPUT, FROM_SENTINEL, NO_GOLD, gate_loss
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.model import build

BATCH = {
    "source": tf.constant([[5, 6, 2], [7, 2, 0]]),
    "target": tf.constant([[1, 5, 6, 2], [1, 7, 2, 0]]),
    "gate_gold": tf.constant([[FROM_INPUT, FROM_SENTINEL, NO_GOLD], [FROM_INPUT, NO_GOLD, NO_GOLD]]),
}


@pytest.fixture(scope="module")
def config():
    config = TranslationConfig()
    sizes = {"hidden_dim": 8, "num_heads": 2, "intermediate_dim": 12}
    return dataclasses.replace(config, model=dataclasses.replace(config.model, **sizes))


@pytest.fixture(scope="module")
def model(config):
    return build(config.model, 300).model


def loss_of(name, model, config):
    return _Losses(model, config, SETTINGS[name])


def gate_part(name, model, config):
    losses = loss_of(name, model, config)
    without = float(
        loss_of("unsupervised", model, config)({key: BATCH[key] for key in ("source", "target")})["loss"]
    )
    return [float(losses(BATCH)["loss"]) - without for _ in range(2)]


@pytest.mark.parametrize(
    ("name", "gold", "shares"),
    [
        ("supervised", BATCH["gate_gold"], [1, 1]),
        ("prior .1", [[FROM_SENTINEL] * 3, [FROM_SENTINEL] * 2 + [NO_GOLD]], [1, 1]),
        ("annealed", BATCH["gate_gold"], [1 - 1 / 2200, 1 - 2 / 2200]),
    ],
)
def test_gate_loss_of_a_setting(name, gold, shares, model, config):
    gate = model({"source": BATCH["source"], "target": BATCH["target"][:, :-1]})["gate"]
    expected = SETTINGS[name].weight * float(gate_loss(gate, tf.constant(gold)))
    np.testing.assert_allclose(gate_part(name, model, config), np.array(shares) * expected, rtol=1e-3)


def test_bias_of_every_sentinel_is_set(config):
    model = build(config.model, 300).model
    set_sentinel_bias(model, 20.0)
    biases = [weight.numpy() for weight in model.weights if weight.path.endswith("gate/bias")]
    assert [bias.tolist() for bias in biases] == [[20.0] * 8] * 2


def test_model_without_sentinel_biases_is_refused(config):
    recurrent = dataclasses.replace(config.model, architecture="rnn")
    with pytest.raises(ValueError, match="`sentinel_bias` needs sentinels with a bias"):
        set_sentinel_bias(build(recurrent, 300).model, 4.0)
