"""Tests of variants of configurations."""

from pathlib import Path

from foveal.benchmarks.configuration import with_settings
from foveal.pipelines.sentiment.config import SentimentConfig


def test_with_settings_replaces_fields_at_every_level():
    config = SentimentConfig()
    variant = with_settings(config, {"attention": "soft"}, {"seed": 3}, runs=Path("elsewhere"))
    assert (variant.model.attention, variant.training.seed, variant.runs) == ("soft", 3, Path("elsewhere"))
    assert (variant.data, variant.model.num_heads) == (config.data, config.model.num_heads)
    assert config == SentimentConfig()
