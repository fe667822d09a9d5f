"""Base class of generated TFDS sets."""

from importlib import import_module

import numpy as np
import pytest
import tensorflow_datasets as tfds

from foveal.datasets.columns import load_split, read_columns
from foveal.datasets.generated_builder import GeneratedBuilder
from foveal.datasets.preparation import prepare


class Squares(GeneratedBuilder):
    """Numbers and their squares."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {"number": tfds.features.Scalar(np.int64), "square": tfds.features.Scalar(np.int64)}
        return self._generated_info("Squares.", features, ("number", "square"))

    def _splits(self):
        return {"train": range(5), "test": [7, 3]}

    def _example(self, item):
        return {"number": item, "square": item**2}


def test_generated_builder_keeps_splits_and_order(tmp_path):
    builder = prepare(Squares(data_dir=tmp_path), None, "translation")
    assert read_columns(load_split(builder, "train")) == {
        "number": [0, 1, 2, 3, 4],
        "square": [0, 1, 4, 9, 16],
    }
    assert read_columns(load_split(builder, "test"), ["square"]) == {"square": [49, 9]}
    assert builder.info.supervised_keys == ("number", "square")
    assert tfds.builder_cls("squares") is Squares


@pytest.mark.parametrize(("name", "num_train"), [("phrases", 400), ("reviews", 500), ("scenes", 8)])
def test_generated_set_is_registered_and_deterministic(name, num_train, monkeypatch, tmp_path):
    builder_module = import_module(f"foveal.datasets.{name}.builder")
    sizes = {"train": num_train, "validation": 2, "test": 3, "test_compositions": 3}
    splits = builder_module.splits
    monkeypatch.setattr(builder_module, "splits", lambda: splits(sizes=sizes))
    files = []
    for folder in ("first", "second"):
        builder = tfds.builder(name, data_dir=tmp_path / folder)
        builder.download_and_prepare()
        assert {split: info.num_examples for split, info in builder.info.splits.items()} == sizes
        files.append({path.name: path.read_bytes() for path in builder.data_path.glob("*.tfrecord*")})
    assert files[0] == files[1]
    assert len(files[0]) == len(sizes)
