"""Fixtures of the loaders' tests: small versions of the generated sets."""

from types import ModuleType

import pytest
import tensorflow_datasets as tfds

from foveal.datasets.preparation import prepare


@pytest.fixture(scope="session")
def prepare_small(tmp_path_factory):
    """Prepare a generated set with the given splits, and return its data folder."""

    def prepare_splits(name: str, module: ModuleType, splits: dict[str, list]) -> str:
        folder = str(tmp_path_factory.mktemp(name))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "splits", lambda: splits)
            prepare(tfds.builder(name, data_dir=folder), None, "all")
        return folder

    return prepare_splits
