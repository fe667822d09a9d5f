"""Going on from a model that was exported: with its pieces, and from its weights."""

from pathlib import Path

import keras
import numpy as np

from ..saved_model.export import latest_version
from ..text.codec import TextCodec

FLAGS = "The flags must be those that it was trained with, but for those of training"
LENGTH = 40  # of sequences that are drawn: a window shows only where they are longer
ROUNDING = 0.1  # of answers, where one of them was computed in bfloat16


def load_codec(warm_start_from: Path | None) -> TextCodec | None:
    """The codec of an exported model; None where there is none to go on from.

    Args:
        warm_start_from: folder of an exported model, or of its versions.

    Raises:
        FileNotFoundError: where no model is there.
    """
    return (
        None
        if warm_start_from is None
        else TextCodec.load(str(latest_version(warm_start_from) / "assets" / "vocabulary.txt"))
    )


def load_weights_from(model: keras.Model, warm_start_from: Path | None) -> None:
    """Give a model the weights of an exported one; nothing happens where there is none to go on from.

    Args:
        model: just built.
        warm_start_from: folder of an exported model of the same kind and sizes, or of its versions.

    Raises:
        FileNotFoundError: where no model is there.
        ValueError: where the exported model is of other sizes, or answers otherwise with the same weights.
    """
    if warm_start_from is None:
        return
    exported = keras.models.load_model(latest_version(warm_start_from) / "model.keras", compile=False)
    wanted, found = ([tuple(weight.shape) for weight in one.weights] for one in (model, exported))
    if wanted != found:
        other = next((pair for pair in zip(wanted, found, strict=False) if pair[0] != pair[1]), None)
        told = f"{len(found)} arrays" if other is None else f"one of {other[1]} in the place of {other[0]}"
        raise ValueError(
            f"expected a model of the same sizes in start={latest_version(warm_start_from)}, {len(wanted)} arrays of weights; "
            f"received {told}. {FLAGS}"
        )
    model.set_weights(exported.get_weights())
    answers = zip(*map(_answers, (model, exported)), strict=True)
    if any(np.abs(one - other).max() > ROUNDING * np.abs(other).max() for one, other in answers):
        raise ValueError(
            f"expected a model of the same kind in start={latest_version(warm_start_from)}; received one that answers "
            f"otherwise with the same weights. {FLAGS}"
        )


def _answers(model: keras.Model) -> list[np.ndarray]:
    """What a model answers to inputs that were drawn."""
    rng = np.random.default_rng(0)

    def draw(one: keras.KerasTensor) -> np.ndarray:
        shape = [2, *(LENGTH if size is None else size for size in one.shape[1:])]
        return rng.integers(1, 100, shape).astype(one.dtype)

    told = model(keras.tree.map_structure(draw, model.input), training=False)
    return [np.asarray(keras.ops.cast(one, "float32")) for one in keras.tree.flatten(told)]
