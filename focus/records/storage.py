"""Records of focus on a disk: one file, arrays and what is said about them."""

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .focus_record import Axis, FocusRecord, ImageAxis, TextAxis

VERSION = 1
_ARRAYS, _AXES = ("weights", "mask", "gate"), ("queries", "keys")


def save_records(records: Sequence[FocusRecord], path: str | os.PathLike) -> None:
    """Writes records as one `.npz`, which any NumPy reads; names and labels are in it as JSON (`about`).

    The file is there whole or not at all. Types stay as they are, but for bfloat16, which NumPy does not
    know: it becomes float32, without a loss.

    Args:
        records: of any model.
        path: of the file; its name is taken as it is.

    Example:
        >>> import tempfile
        >>> path = tempfile.mkdtemp() + "/focus.npz"
        >>> save_records([FocusRecord("layer", np.ones((1, 2, 3, 4)))], path)
        >>> [focus] = load_records(path)
        >>> focus.layer, focus.weights.shape
        ('layer', (1, 2, 3, 4))
    """
    arrays: dict[str, Any] = {}
    about = {"format": "foveal.focus", "version": VERSION, "records": []}
    for index, focus in enumerate(records):
        for name in _ARRAYS:
            if getattr(focus, name) is not None:
                arrays[f"{index}/{name}"] = _known(getattr(focus, name))
        axes = {name: _take_apart(getattr(focus, name), f"{index}/{name}", arrays) for name in _AXES}
        about["records"].append({"layer": focus.layer, **axes})
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path = Path(path)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def load_records(path: str | os.PathLike) -> list[FocusRecord]:
    """Reads what `save_records` wrote.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not whole, was not written by `save_records`, or by a later version of it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file.items())
        about = json.loads(arrays["about"].tobytes())
        if about["version"] <= VERSION:
            return [_put_together(one, str(index), arrays) for index, one in enumerate(about["records"])]
        reason = f"version {about['version']}, later than {VERSION}"
    except FileNotFoundError:
        raise
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError(_expected(path, repr(error))) from error
    raise ValueError(_expected(path, reason))


def _expected(path: str | os.PathLike, reason: str) -> str:
    return f"Expected a file that `save_records` wrote. Received: {os.fspath(path)}, {reason}."


def _known(array: np.ndarray) -> np.ndarray:
    """In a type that a `.npz` keeps."""
    array = np.asarray(array)
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _take_apart(axes: Sequence[Axis] | None, name: str, arrays: dict) -> list[dict] | None:
    """What JSON says of the axes; their places go to the arrays."""
    if axes is None:
        return None
    said = []
    for index, axis in enumerate(axes):
        text = isinstance(axis, TextAxis)
        arrays[f"{name}/{index}"] = np.asarray(axis.offsets if text else axis.boxes)
        said.append({"labels": list(axis.labels), "text": axis.text} if text else {"size": list(axis.size)})
    return said


def _put_together(said: dict, name: str, arrays: dict) -> FocusRecord:
    def axes(side: str) -> list[Axis] | None:
        return said[side] and [
            _axis(one, arrays[f"{name}/{side}/{index}"]) for index, one in enumerate(said[side])
        ]

    told: dict[str, Any] = {array: arrays.get(f"{name}/{array}") for array in _ARRAYS}
    return FocusRecord(said["layer"], **told, queries=axes("queries"), keys=axes("keys"))


def _axis(said: dict, places: np.ndarray) -> Axis:
    if "size" in said:
        height, width = said["size"]
        return ImageAxis(places, (height, width))
    return TextAxis(said["labels"], places, said["text"])
