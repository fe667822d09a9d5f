"""Supervision by gold: defaults by data and model, refusals."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.config import ModelConfig
from foveal.pipelines.captioning.objectives.supervision import resolve_supervision

NO_IMAGES = tf.data.Dataset.range(1)
REFERENCES = [["a red star"]]
SCENE = {"bbox": np.zeros((1, 4)), "hidden_by": np.array([-1])}
PHRASES = {"caption": np.array([0]), "start": np.array([0]), "end": np.array([10]), "object": np.array([0])}
PHOTOGRAPHS = CaptionedImages(NO_IMAGES, REFERENCES)
BOXES = CaptionedImages(NO_IMAGES, REFERENCES, [{"bbox": np.zeros((1, 4))}])
SCENES = CaptionedImages(NO_IMAGES, REFERENCES, [SCENE], [PHRASES])


def settings_of(config, train):
    resolved = resolve_supervision(config, train, steps=8)
    return resolved.object_steps, resolved.attention_loss_weight, resolved.gate_loss_weight


@pytest.mark.parametrize(
    ("config", "train", "expected"),
    [
        (ModelConfig(), PHOTOGRAPHS, (0, 0, 0)),
        (ModelConfig(), BOXES, (8, 0, 0)),
        (ModelConfig(), SCENES, (8, 1, 0.3)),
        (ModelConfig(attention="soft"), SCENES, (8, 1, 0)),
        (ModelConfig(encoder="efficientnet_lite0"), SCENES, (0, 1, 0.3)),
        (ModelConfig(encoder="efficientnet_lite0", finetune=True), SCENES, (8, 1, 0.3)),
        (
            ModelConfig(object_steps=2, attention_loss_weight=0.0, gate_loss_weight=3.0),
            SCENES,
            (2, 0, 3),
        ),
        (
            ModelConfig(object_steps=0, attention_loss_weight=0.0, gate_loss_weight=0.0),
            BOXES,
            (0, 0, 0),
        ),
    ],
)
def test_defaults_depend_on_gold_and_model(config, train, expected):
    assert settings_of(config, train) == expected


@pytest.mark.parametrize(
    ("fields", "train", "message"),
    [
        (
            {"object_steps": 1},
            PHOTOGRAPHS,
            "`object_steps` must be 0: the data set has no gold objects",
        ),
        (
            {"object_steps": 1, "encoder": "efficientnet_lite0"},
            SCENES,
            "`object_steps` must be 0: the encoder efficientnet_lite0 is not trained",
        ),
        (
            {"attention_loss_weight": 2.0},
            BOXES,
            "`attention_loss_weight` must be 0: .* Received: attention_loss_weight=2",
        ),
        (
            {"gate_loss_weight": 1.0},
            BOXES,
            "`gate_loss_weight` must be 0: the data set has no gold of the gate",
        ),
        ({"gate_loss_weight": 1.0, "attention": "soft"}, SCENES, "soft attention has no gate"),
        ({"object_steps": -3}, SCENES, r"`object_steps` must be 0 \(none\) or positive.* object_steps=-3"),
        ({"gate_loss_weight": -0.5}, SCENES, "`gate_loss_weight` must be 0 .* gate_loss_weight=-0.5"),
    ],
)
def test_setting_without_gold_or_gate_raises(fields, train, message):
    with pytest.raises(ValueError, match=message):
        resolve_supervision(ModelConfig(**fields), train, steps=8)
