"""Storage of focus records in one `.npz` file."""

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .axes import Axis, ImageAxis, TextAxis
from .focus_record import FocusRecord

VERSION = 1
_ARRAYS, _AXES = ("weights", "mask", "gate"), ("queries", "keys")


def save_records(records: Sequence[FocusRecord], path: str | os.PathLike) -> None:
    """Save records as one `.npz` file, with names and labels as JSON in the array `about`.

    The file is written atomically. Dtypes are kept, except bfloat16, which NumPy does not have: it is
    stored as float32 without loss.

    Args:
        records: records of any model.
        path: of the file; no suffix is added.

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
                arrays[f"{index}/{name}"] = _storable(getattr(focus, name))
        axes = {name: _serialize_axes(getattr(focus, name), f"{index}/{name}", arrays) for name in _AXES}
        about["records"].append({"layer": focus.layer, "gate_kind": focus.gate_kind, **axes})
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load_records(path: str | os.PathLike) -> list[FocusRecord]:
    """Load the records that `save_records` wrote.

    Args:
        path: of the file.

    Returns:
        The records.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is truncated, or was not written by `save_records` or by a later version.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive.items())
        about = json.loads(arrays["about"].tobytes())
        if about["version"] <= VERSION:
            return [
                _deserialize_record(config, str(index), arrays)
                for index, config in enumerate(about["records"])
            ]
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
        raise ValueError(_message(path, repr(error))) from error
    raise ValueError(_message(path, reason))


def _message(path: str | os.PathLike, reason: str) -> str:
    return f"`path` must be a file that `save_records` wrote. Received: path={os.fspath(path)}, {reason}"


def _storable(array: np.ndarray) -> np.ndarray:
    """The array in a dtype that `.npz` files can hold."""
    array = np.asarray(array)
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _serialize_axes(axes: Sequence[Axis] | None, name: str, arrays: dict) -> list[dict] | None:
    """The JSON of the axes; their offsets or boxes are added to `arrays`."""
    if axes is None:
        return None
    configs = []
    for index, axis in enumerate(axes):
        is_text = isinstance(axis, TextAxis)
        arrays[f"{name}/{index}"] = np.asarray(axis.offsets if is_text else axis.boxes)
        configs.append(
            {"labels": list(axis.labels), "text": axis.text} if is_text else {"size": list(axis.size)}
        )
    return configs


def _deserialize_record(config: dict, name: str, arrays: dict) -> FocusRecord:
    def axes(side: str) -> list[Axis] | None:
        return config[side] and [
            _deserialize_axis(axis, arrays[f"{name}/{side}/{index}"])
            for index, axis in enumerate(config[side])
        ]

    fields: dict[str, Any] = {array: arrays.get(f"{name}/{array}") for array in _ARRAYS}
    fields["gate_kind"] = config.get("gate_kind", "sentinel")  # files of earlier versions have none
    return FocusRecord(config["layer"], **fields, queries=axes("queries"), keys=axes("keys"))


def _deserialize_axis(config: dict, coordinates: np.ndarray) -> Axis:
    if "size" in config:
        height, width = config["size"]
        return ImageAxis(coordinates, (height, width))
    return TextAxis(config["labels"], coordinates, config["text"])
