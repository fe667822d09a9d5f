"""Variants of the configuration of a pipeline."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

Config = TypeVar("Config")


def with_settings(
    config: Config, model: Mapping[str, Any], training: Mapping[str, Any], **fields: Any
) -> Config:
    """Replace fields of a configuration, of its model and of its training.

    Args:
        config: configuration of a pipeline.
        model: new values of fields of `config.model`, by name.
        training: new values of fields of `config.training`, by name.
        **fields: new values of fields of `config`.

    Example:
        >>> from foveal.pipelines.sentiment.config import SentimentConfig
        >>> config = with_settings(SentimentConfig(), {"attention": "soft"}, {"seed": 3})
        >>> config.model.attention, config.training.seed
        ('soft', 3)
    """
    parts: Any = config
    return dataclasses.replace(
        parts,
        model=dataclasses.replace(parts.model, **model),
        training=dataclasses.replace(parts.training, **training),
        **fields,
    )
