"""How much attention is spent on what says nothing: special tokens and padding."""

import numpy as np
import numpy.typing as npt

from ..records.focus_record import FocusRecord, TextAxis
from .attention_weights import validate_weights


def attention_mass(
    weights: npt.ArrayLike, keys: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> np.ndarray:
    """The share of each row that falls on some keys.

    Args:
        weights: `(..., queries, keys)`.
        keys: boolean `(keys,)`, or `(batch, keys)` for weights `(batch, ..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true in the rows and at the keys that count. To see what
            falls on padding leave it out: what is masked counts as nothing.

    Returns:
        `(..., queries)`, from 0 to 1; NaN for a row without weight.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or mask or keys do not fit.

    Example:
        >>> attention_mass([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]], keys=[True, False, True]).tolist()
        [0.75, 0.0]

    Reference:
        Clark et al. 2019, What Does BERT Look At?, section 3.2; Kobayashi et al. 2020, Attention Is Not Only
        a Weight, for what such mass does and does not do.
    """
    weights, _ = validate_weights(weights, mask)
    keys = np.asarray(keys, dtype=bool)
    if keys.shape not in (weights.shape[-1:], (weights.shape[0], weights.shape[-1])):
        raise ValueError(
            f"Expected a mark for each of {weights.shape[-1]} keys, or for those of each of {len(weights)} "
            f"examples. Received: {keys.shape}."
        )
    if keys.ndim == 2:
        keys = keys.reshape(len(keys), *[1] * (weights.ndim - 2), -1)
    total = weights.sum(axis=-1)
    return np.where(keys, weights, 0).sum(axis=-1) / np.where(total > 0, total, np.nan)


def special_keys(focus: FocusRecord) -> np.ndarray:
    """The keys of a record that stand for no part of the text, such as `[START]` and `[END]`.

    Args:
        focus: a record whose keys are text.

    Returns:
        Boolean `(batch, keys)`: pieces without a byte; padding is not among them.

    Raises:
        ValueError: if it is not known what its keys are, or they are regions of a picture.

    Example:
        >>> keys = TextAxis(["[START]", "cat"], np.array([[0, 0], [0, 3]]))
        >>> special_keys(FocusRecord("layer", np.ones((1, 1, 1, 3)), keys=[keys])).tolist()
        [[True, False, False]]
    """
    marks = np.zeros((len(focus), focus.weights.shape[-1]), dtype=bool)
    for row, axis in zip(marks, _axes(focus), strict=True):
        if not isinstance(axis, TextAxis):
            raise ValueError(
                f"Expected keys that are text. Received: {focus.layer}, with a picture's regions."
            )
        row[: len(axis)] = axis.offsets[:, 0] == axis.offsets[:, 1]
    return marks


def padding_keys(focus: FocusRecord) -> np.ndarray:
    """The keys of a record that fill up its batch.

    Args:
        focus: a record with a mask or with keys that are known.

    Returns:
        Boolean `(batch, keys)`: keys behind the end of their axis; where the axes are not known, those that
        no query of the example may look at.

    Raises:
        ValueError: if it has neither.

    Example:
        >>> mask = np.array([True, True, False])
        >>> padding_keys(FocusRecord("layer", np.ones((1, 1, 2, 3)), mask=mask)).tolist()
        [[False, False, True]]
    """
    if focus.keys is None and focus.mask is not None:
        return np.logical_not(np.broadcast_to(focus.mask, focus.weights.shape).any(axis=(1, 2)))
    lengths = np.array([len(axis) for axis in _axes(focus)])
    return np.arange(focus.weights.shape[-1]) >= lengths[:, None]


def _axes(focus: FocusRecord) -> list:
    if focus.keys is None:
        raise ValueError(f"Expected a record whose keys are known. Received: {focus.layer}, without.")
    return list(focus.keys)
