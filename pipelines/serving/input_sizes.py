"""Inputs that are texts or image files: their limits, and the batches of texts of similar length."""

from collections.abc import Hashable, Mapping

import numpy as np

from .config import ServingConfig
from .request_error import RequestError
from .signature import Example, Signature

MIN_BITS = 5  # texts of less than 32 bytes may share a batch


def is_image(name: str) -> bool:
    """Whether a string input holds image files, by its name: `image`, `image_bytes`."""
    return name.startswith("image") or name.endswith("_bytes")


def bucket_of(signature: Signature, example: Example) -> Hashable:
    """Return what examples of one batch have in common: the power of two of text lengths, or shapes.

    Example:
        >>> from types import SimpleNamespace
        >>> signature = SimpleNamespace(is_independent=True)
        >>> bucket_of(signature, {"text": b"a" * 33}) == bucket_of(signature, {"text": b"a" * 63})
        True
    """
    if not signature.is_independent:
        return object()  # a batch of its own
    return tuple(
        (0 if is_image(name) else max(len(value).bit_length(), MIN_BITS))
        if isinstance(value, bytes)
        else value.shape
        for name, value in example.items()
    )


def check_count(count: int, config: ServingConfig) -> None:
    """Check the number of examples of a request.

    Raises:
        RequestError: 413 if there are too many, 400 if there is none.
    """
    if not 0 < count <= config.max_instances:
        raise RequestError(
            413 if count else 400,
            f"a request must have 1 to {config.max_instances:,} examples. Received: {count:,}",
        )


def check_size(example: Mapping[str, object], config: ServingConfig) -> None:
    """Check the length of texts and the size of images.

    Raises:
        RequestError: 413 if a text or an image is too large.
    """
    for name, value in example.items():
        kind, limit = (
            ("an image", config.max_image_bytes) if is_image(name) else ("a text", config.max_text_bytes)
        )
        strings = [value] if isinstance(value, bytes) else _strings(value)
        size = max(map(len, strings), default=0)
        if size > limit:
            raise RequestError(413, f"{kind} must have at most {limit:,} bytes. Received: {size:,} bytes")


def _strings(value: object) -> list[bytes]:
    return value.ravel().tolist() if isinstance(value, np.ndarray) and value.dtype == object else []
