"""Tests of the shared configuration fields."""

from pathlib import Path

from foveal.pipelines.cli.config import BaseDataConfig


def test_folders_are_strings_in_order_of_loaders():
    config = BaseDataConfig(data="phrases", manual_dir=Path("manual"))
    assert config.folders == (None, "manual")
