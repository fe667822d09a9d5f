"""Warm start from an exported model: its vocabulary and its weights."""

from pathlib import Path

import keras
import numpy as np

from ..saved_model.loading import latest_version
from ..text.codec import TextCodec

FLAGS_HINT = "The flags must equal those of the exported model, except for those of training"
PROBE_LENGTH = 40  # of the random sequences: the effect of a window needs longer sequences than the window
TOLERANCE = 0.1  # relative, of outputs of which one may have been computed in bfloat16


def load_codec(warm_start_from: Path | None) -> TextCodec | None:
    """Load the codec of an exported model; return None without a warm start.

    Args:
        warm_start_from: folder of an exported model, or of its versions.

    Raises:
        FileNotFoundError: if the folder holds no model.
    """
    if warm_start_from is None:
        return None
    return TextCodec.load(str(latest_version(warm_start_from) / "assets" / "vocabulary.txt"))


def load_weights_from(model: keras.Model, warm_start_from: Path | None) -> None:
    """Load the weights of an exported model; do nothing without a warm start.

    Args:
        model: a newly built model.
        warm_start_from: folder of an exported model with the same architecture, or of its versions.

    Raises:
        FileNotFoundError: if the folder holds no model.
        ValueError: if the exported model has weights of other shapes, or other outputs with the same weights.
    """
    if warm_start_from is None:
        return
    version = latest_version(warm_start_from)
    exported = keras.models.load_model(version / "model.keras", compile=False)
    _check_same_shapes(model, exported, version)
    model.set_weights(exported.get_weights())
    outputs = zip(*map(_probe_outputs, (model, exported)), strict=True)
    if any(np.abs(new - old).max() > TOLERANCE * np.abs(old).max() for new, old in outputs):
        raise ValueError(
            "`warm_start_from` must hold a model of the same architecture. "
            f"Received: warm_start_from={version}, whose outputs differ with equal weights. {FLAGS_HINT}"
        )


def _check_same_shapes(model: keras.Model, exported: keras.Model, version: Path) -> None:
    expected, received = ([tuple(w.shape) for w in either.weights] for either in (model, exported))
    if expected == received:
        return
    shapes = zip(expected, received, strict=False)
    differing = next((pair for pair in shapes if pair[0] != pair[1]), None)
    difference = f"{len(received)} weights" if differing is None else f"{differing[1]} for {differing[0]}"
    raise ValueError(
        f"`warm_start_from` must hold a model of the same sizes, with {len(expected)} weights. "
        f"Received: warm_start_from={version}, with {difference}. {FLAGS_HINT}"
    )


def _probe_outputs(model: keras.Model) -> list[np.ndarray]:
    """Compute the outputs of a model for random ids or pixels."""
    rng = np.random.default_rng(0)

    def draw(spec: keras.KerasTensor) -> np.ndarray:
        shape = [2, *(PROBE_LENGTH if size is None else size for size in spec.shape[1:])]
        return rng.integers(1, 100, shape).astype(spec.dtype)

    outputs = model(keras.tree.map_structure(draw, model.input), training=False)
    return [np.asarray(keras.ops.cast(x, "float32")) for x in keras.tree.flatten(outputs)]
