"""Weights of the auxiliary losses, resolved for the gold annotation of a data set."""

from dataclasses import replace

from ....datasets import CaptionedImages
from ..caption_truth import has_scene_objects
from ..config import ModelConfig
from ..networks.encoders import SMALL

DEFAULTS = {"object_loss_weight": 8.0, "attention_loss_weight": 1.0, "gate_loss_weight": 0.3}


def resolve_loss_weights(config: ModelConfig, train: CaptionedImages) -> ModelConfig:
    """Replace the weights that are None: the default where model and data can be supervised, else 0.

    Args:
        config: the model configuration.
        train: the training split.

    Returns:
        The configuration with numbers.

    Raises:
        ValueError: if a weight is positive and the data lack its gold, or the model what it supervises.
    """
    obstacles = {
        "object_loss_weight": _object_obstacle(config, train),
        "attention_loss_weight": None if train.phrases else "the data set has no gold phrases",
        "gate_loss_weight": _gate_obstacle(config, train),
    }
    weights = {}
    for name, obstacle in obstacles.items():
        weight = getattr(config, name)
        if weight and obstacle:
            raise ValueError(f"`{name}` must be 0: {obstacle}. Received: {name}={weight:g}")
        weights[name] = (0.0 if obstacle else DEFAULTS[name]) if weight is None else weight
    return replace(config, **weights)


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
