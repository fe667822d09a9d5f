"""Conversion between JSON values and the tensors of an example."""

import base64
import binascii
import json
from typing import Any

import numpy as np
import orjson
import tensorflow as tf

from .request_error import RequestError
from .signature import TensorInfo

DESCRIPTION_LENGTH = 60


def parse_json(body: bytes) -> dict[str, Any]:
    """Parse the JSON object of a request; NaN, Infinity and more than 1,024 levels are no JSON.

    Raises:
        RequestError: 400 if the body is no JSON object.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(400, f"the body must be JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestError(400, f"the body must be a JSON object. Received: {describe(value)}")
    return value


def parse_tensor(value: Any, name: str, info: TensorInfo) -> Any:
    """Convert a JSON value to an input of one example.

    Args:
        value: a JSON value; bytes are `{"b64": "..."}`.
        name: name of the input, for messages.
        info: type of the input.

    Returns:
        Bytes, or an array of the shape of an example.

    Raises:
        RequestError: 400 if the value has another type or shape, or is not finite.

    Example:
        >>> parse_tensor({"b64": "AP8="}, "image", TensorInfo(tf.string, ()))
        b'\\x00\\xff'
        >>> parse_tensor([1, 2], "x", TensorInfo(tf.float32, (2,)))
        array([1., 2.], dtype=float32)
    """
    if not info.shape:
        return _scalar(value, name, info.dtype) if info.dtype == tf.string else _array(value, name, info)
    return _array(value, name, info)


def text_or_base64(values: np.ndarray, name: str) -> Any:
    """Convert an output to JSON values: strings as UTF-8 text, or as base64 if the name ends with `_bytes`.

    Args:
        values: an array of any shape.
        name: name of the output.

    Returns:
        Nested lists of strings, or the numbers for `dump_json`.

    Example:
        >>> text_or_base64(np.array([b"caf\\xc3\\xa9"], object), "text")
        ['café']
        >>> text_or_base64(np.array(b"\\xff", object), "image_bytes")
        {'b64': '/w=='}
    """
    if values.dtype.kind not in "OS":
        return values.item() if values.ndim == 0 and values.dtype.kind == "b" else _contiguous(values)
    convert = _to_base64 if name.endswith("_bytes") else _to_text
    return _map(convert, values.tolist())


def dump_json(value: Any) -> bytes:
    """Serialize lists, objects, strings and arrays; numbers that are not finite become null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def decode_base64(value: Any, name: str) -> bytes:
    """Decode base64.

    Raises:
        RequestError: 400 if the value is no base64.
    """
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise RequestError(
            400, f"`b64` of the input {name} must be base64. Received: {describe(value)}"
        ) from None


def describe(value: Any) -> str:
    """Describe a JSON value in a message, in a few words.

    Example:
        >>> describe([1, 2]), describe("a")
        ('[1, 2]', '"a"')
    """
    value = value[:DESCRIPTION_LENGTH] if isinstance(value, str | list) else value
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "a value of too many levels"
    return text if len(text) <= DESCRIPTION_LENGTH else f"{text[: DESCRIPTION_LENGTH - 3]}..."


def _array(value: Any, name: str, info: TensorInfo) -> np.ndarray:
    flat: list[Any] = []
    shape = _flatten(value, name, info, 0, flat)
    array = np.empty(len(flat), object if info.dtype == tf.string else info.dtype.as_numpy_dtype)
    array[:] = flat
    return array.reshape(shape)


def _flatten(value: Any, name: str, info: TensorInfo, axis: int, flat: list[Any]) -> tuple[int, ...]:
    """Append the scalars of nested lists to a list; return their shape."""
    if axis == len(info.shape):
        flat.append(_scalar(value, name, info.dtype))
        return ()
    if not isinstance(value, list):
        raise _shape_error(value, name, info)
    size = info.shape[axis]
    if size is not None and len(value) != size:
        raise _shape_error(value, name, info)
    shapes = {_flatten(item, name, info, axis + 1, flat) for item in value}
    if len(shapes) > 1:
        raise RequestError(400, f"the input {name} must not be ragged. Received: {describe(value)}")
    inner = shapes.pop() if shapes else tuple(size or 0 for size in info.shape[axis + 1 :])
    return (len(value), *inner)


def _scalar(value: Any, name: str, dtype: tf.DType) -> Any:
    if dtype == tf.string:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict) and value.keys() == {"b64"}:
            return decode_base64(value["b64"], name)
        raise RequestError(
            400, f'the input {name} must be a string or {{"b64": "..."}}. Received: {describe(value)}'
        )
    if dtype == tf.bool:
        is_valid = isinstance(value, bool)
    elif dtype.is_integer:
        is_valid = type(value) is int and dtype.min <= value <= dtype.max
    else:
        is_valid = type(value) in (int, float) and abs(value) <= float(dtype.max)
    if not is_valid:
        raise RequestError(400, f"the input {name} must be of type {dtype.name}. Received: {describe(value)}")
    return value


def _shape_error(value: Any, name: str, info: TensorInfo) -> RequestError:
    shape = ", ".join("any" if size is None else str(size) for size in info.shape)
    return RequestError(400, f"the input {name} must have the shape ({shape}). Received: {describe(value)}")


def _contiguous(values: np.ndarray) -> Any:
    """Return what orjson serializes: a scalar, or a contiguous array of a dtype that it supports."""
    if values.dtype.kind == "V" or (values.dtype.itemsize == 2 and values.dtype.kind not in "iuf"):
        values = values.astype(np.float32)  # bfloat16
    return values[()] if values.ndim == 0 else np.ascontiguousarray(values)


def _map(convert: Any, value: Any) -> Any:
    return [_map(convert, item) for item in value] if isinstance(value, list) else convert(value)


def _to_text(value: bytes) -> str:
    return value.decode(errors="replace")


def _to_base64(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode()}
