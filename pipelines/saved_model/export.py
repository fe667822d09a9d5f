"""SavedModels that load with TensorFlow alone, each whole or not there at all."""

import dataclasses
import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf


def export(
    folder: Path,
    module: tf.Module,
    signatures: Mapping[str, Callable],
    model: keras.Model,
    extras: Mapping[str, str],
) -> Path:
    """Write the next version of a SavedModel, and the Keras model beside it.

    Everything is written into a folder aside, which gets its number when it is complete: a version
    that is there is whole, and no earlier one is touched.

    Args:
        folder: of all versions; the new one is the number after the highest.
        module: holds the variables, each once, and the tables.
        signatures: traced functions of the module, by name.
        model: the trained Keras model, saved as `model.keras`.
        extras: texts for `assets.extra/`, by file name.

    Returns:
        The folder of the new version.

    Raises:
        OSError: where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".exporting-", dir=folder))
    try:
        saved = aside / "version"
        tf.saved_model.save(module, str(saved), signatures=dict(signatures))
        model.save(saved / "model.keras")
        (saved / "assets.extra").mkdir()
        for name, text in extras.items():
            (saved / "assets.extra" / name).write_text(text, encoding="utf-8")
        version = folder / str(max(list_versions(folder), default=0) + 1)
        os.rename(saved, version)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return version


def batch_signature(examples: tf.TensorSpec) -> Callable[[Callable], Any]:
    """Decorate a method as a signature over a batch of strings, an empty batch included.

    An empty batch is padded with one blank example, the outputs of which are dropped. So no operation of the
    graph receives an empty batch: oneDNN's convolutions, for one, return a wrong shape for it.

    Args:
        examples: spec of the batch, `(batch,)` of dtype string; its name is the name of the input.

    Returns:
        A decorator of methods `(self, examples) -> outputs`, a dict of tensors `(batch, ...)`. The method
        becomes a `tf.function` with that input signature.

    Example:
        >>> class Lengths(tf.Module):
        ...     @batch_signature(tf.TensorSpec([None], tf.string, name="text"))
        ...     def serve(self, text):
        ...         return {"length": tf.strings.length(text)}
        >>> Lengths().serve(tf.constant([], tf.string))["length"].shape
        TensorShape([0])
    """

    def decorate(method: Callable[[Any, tf.Tensor], dict[str, tf.Tensor]]) -> Any:
        @functools.wraps(method)  # TensorFlow reads the names of the arguments
        def signature(self: Any, batch: tf.Tensor) -> dict[str, tf.Tensor]:
            count = tf.shape(batch)[0]
            padded = tf.pad(batch, [[0, tf.maximum(1 - count, 0)]], constant_values="")
            return {name: output[:count] for name, output in method(self, padded).items()}

        return tf.function(signature, input_signature=[examples])

    return decorate


def list_versions(folder: Path) -> list[int]:
    """The numbers of the versions in a folder."""
    return [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]


def latest_version(folder: Path) -> Path:
    """The folder of the highest version; `folder` itself where it is a version.

    Raises:
        FileNotFoundError: where there is none.
    """
    if (folder / "saved_model.pb").exists():
        return folder
    found = list_versions(folder) if folder.is_dir() else []
    if not found:
        raise FileNotFoundError(
            f"expected a SavedModel in {folder}, such as {folder}/1; found none. "
            "`make translation`, `make sentiment` and `make captioning` train and export one each"
        )
    return folder / str(max(found))


def load(folder: Path) -> Any:
    """Load the latest version in a folder; `.signatures` holds its functions by name.

    Raises:
        FileNotFoundError: where there is none.
    """
    return tf.saved_model.load(str(latest_version(folder)))


def to_json(told: Any) -> str:
    """A readable text of settings or metrics: JSON, with dataclasses as objects."""

    def plain(value: Any) -> Any:
        return vars(value) if dataclasses.is_dataclass(value) else str(value)

    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False, default=plain) + "\n"
