"""Supervision by gold annotation, resolved for a data set: object detection, attention, gate."""

from dataclasses import replace

from ....datasets import CaptionedImages
from ..caption_truth import has_scene_objects
from ..config import ModelConfig
from ..networks.encoders import SMALL

ATTENTION_LOSS_WEIGHT = 1.0
GATE_LOSS_WEIGHT = 0.3


def resolve_supervision(config: ModelConfig, train: CaptionedImages, steps: int) -> ModelConfig:
    """Replace settings that are None: the default where model and data can be supervised, else 0.

    Args:
        config: the model configuration.
        train: the training split.
        steps: default of `object_steps`.

    Returns:
        The configuration with numbers.

    Raises:
        ValueError: if a setting is negative; or positive and the data lack its gold, or the model what it
            supervises.
    """
    no_phrases = None if train.phrases else "the data set has no gold phrases"
    settings = {
        "object_steps": (steps, _object_obstacle(config, train)),
        "attention_loss_weight": (ATTENTION_LOSS_WEIGHT, no_phrases),
        "gate_loss_weight": (GATE_LOSS_WEIGHT, _gate_obstacle(config, train)),
    }
    resolved = {}
    for name, (default, obstacle) in settings.items():
        value = getattr(config, name)
        if value is not None and value < 0:
            raise ValueError(f"`{name}` must be 0 (none) or positive. Received: {name}={value:g}")
        if value and obstacle:
            raise ValueError(f"`{name}` must be 0: {obstacle}. Received: {name}={value:g}")
        resolved[name] = (0 if obstacle else default) if value is None else value
    return replace(config, **resolved)


def _object_obstacle(config: ModelConfig, train: CaptionedImages) -> str | None:
    if not train.objects:
        return "the data set has no gold objects"
    if config.encoder != SMALL and not config.finetune:
        return f"the encoder {config.encoder} is not trained (`--finetune` trains it)"
    return None


def _gate_obstacle(config: ModelConfig, train: CaptionedImages) -> str | None:
    if config.attention != "adaptive":
        return f"{config.attention} attention has no gate (`--attention adaptive` has one)"
    if not has_scene_objects(train.objects):
        return "the data set has no gold of the gate; of the built-in ones `scenes` has it"
    return None
