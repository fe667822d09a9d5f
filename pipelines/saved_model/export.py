"""Export of SavedModels that load with TensorFlow alone, and of the Keras model with them."""

import dataclasses
import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import tensorflow as tf

from ... import __version__
from .loading import next_version

KERAS_MODEL_CARD = """`model.keras`, in the same folder, is the Keras model. It has layers of foveal, so
`import foveal.layers` must precede `keras.saving.load_model("{folder}/model.keras")`. Otherwise Keras
raises "Could not locate class", with a `registered_name` that starts with `foveal>`.

Written by foveal {foveal}, Keras {keras} and TensorFlow {tensorflow}.
"""


def export_saved_model(
    folder: Path,
    module: tf.Module,
    signatures: Mapping[str, Callable],
    model: keras.Model,
    extras: Mapping[str, str],
) -> Path:
    """Write the next version of a SavedModel, with the Keras model in the same folder.

    The files are written to a temporary folder, which is renamed when it is complete. A version is therefore
    never incomplete, and earlier versions do not change.

    Args:
        folder: folder of all versions; the number of the new one is the highest number plus 1.
        module: module that holds the variables, each once, and the tables.
        signatures: traced functions of the module, by name.
        model: the trained Keras model, saved as `model.keras`.
        extras: contents of the text files in `assets.extra/`, by file name.

    Returns:
        The folder of the new version.

    Raises:
        OSError: if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".exporting-", dir=folder))
    try:
        saved = temporary / "version"
        tf.saved_model.save(module, str(saved), signatures=dict(signatures))
        model.save(saved / "model.keras")
        (saved / "assets.extra").mkdir()
        for name, text in extras.items():
            (saved / "assets.extra" / name).write_text(text, encoding="utf-8")
        version = next_version(folder)
        os.rename(saved, version)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return version


def keras_model_card(version: Path) -> str:
    """Describe `model.keras` in a model card: how it is loaded, and the versions that wrote it.

    Args:
        version: folder of the exported model.
    """
    versions = {"foveal": __version__, "keras": keras.__version__, "tensorflow": tf.__version__}
    return KERAS_MODEL_CARD.format(folder=version, **versions)


def batch_signature(
    examples: tf.TensorSpec,
) -> Callable[[Callable], tf.types.experimental.PolymorphicFunction]:
    """Create a decorator for a signature over a batch of strings that accepts an empty batch.

    An empty batch is padded with one blank example, whose outputs are dropped. No operation of the graph
    receives an empty batch: oneDNN's convolutions return a wrong shape for it.

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

    def decorate(
        method: Callable[[tf.Module, tf.Tensor], dict[str, tf.Tensor]],
    ) -> tf.types.experimental.PolymorphicFunction:
        @functools.wraps(method)  # TensorFlow reads the names of the arguments
        def signature(self: tf.Module, batch: tf.Tensor) -> dict[str, tf.Tensor]:
            count = tf.shape(batch)[0]
            padded = tf.pad(batch, [[0, tf.maximum(1 - count, 0)]], constant_values="")
            return {name: output[:count] for name, output in method(self, padded).items()}

        return tf.function(signature, input_signature=[examples])

    return decorate


def to_json(value: object) -> str:
    """Serialize settings or metrics as indented JSON; dataclasses become objects, paths strings."""

    def serialize(part: object) -> dict | str:
        return vars(part) if dataclasses.is_dataclass(part) else str(part)

    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=serialize) + "\n"
