"""Sums of attention weights: coverage of keys, and mass on special tokens and padding."""

import numpy as np
import numpy.typing as npt

from ..records.axes import Axis, TextAxis
from ..records.focus_record import FocusRecord
from .attention_weights import validate_weights


def coverage(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Compute the coverage of each key: the sum of its weights over all queries, `sum_i w_ij`.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key; masked weights
            are not counted.

    Returns:
        `(..., keys)`. In translation about 1 for a source word that was translated once, 0 for an
        untranslated word, more for a repeated one.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or the mask does not
            broadcast.

    Example:
        >>> coverage([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0]]).tolist()
        [0.75, 1.25, 0.0]

    Reference:
        Tu et al. 2016, Modeling Coverage for Neural Machine Translation, section 3.
    """
    return validate_weights(weights, mask)[0].sum(axis=-2)


def attention_mass(
    weights: npt.ArrayLike, keys: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> np.ndarray:
    """Compute the fraction of the attention of each query on selected keys.

    Args:
        weights: `(..., queries, keys)`.
        keys: boolean `(keys,)`, or `(batch, keys)` for weights `(batch, ..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true for the rows and keys that count. Omit it to
            measure the mass on padding: masked weights count as 0.

    Returns:
        `(..., queries)`, from 0 to 1; NaN for an empty row.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or mask or keys do not
            match.

    Example:
        >>> attention_mass([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]], keys=[True, False, True]).tolist()
        [0.75, 0.0]

    Reference:
        Clark et al. 2019, What Does BERT Look At?, section 3.2; Kobayashi et al. 2020, Attention Is Not Only
        a Weight, for the effect of such mass.
    """
    weights, _ = validate_weights(weights, mask)
    keys = np.asarray(keys, dtype=bool)
    if keys.shape not in (weights.shape[-1:], (weights.shape[0], weights.shape[-1])):
        raise ValueError(
            f"`keys` must have shape ({weights.shape[-1]},) or ({len(weights)}, {weights.shape[-1]}). "
            f"Received: keys.shape={keys.shape}"
        )
    if keys.ndim == 2:
        keys = keys.reshape(len(keys), *[1] * (weights.ndim - 2), -1)
    total = weights.sum(axis=-1)
    return np.where(keys, weights, 0).sum(axis=-1) / np.where(total > 0, total, np.nan)


def special_keys(focus: FocusRecord) -> np.ndarray:
    """Compute the mask of the keys that are special tokens, such as `[START]` and `[END]`.

    Args:
        focus: a record whose keys are text.

    Returns:
        Boolean `(batch, keys)`, true for tokens of length 0; padding is not included.

    Raises:
        ValueError: if the record has no key axes, or they are image regions.

    Example:
        >>> keys = TextAxis(["[START]", "cat"], np.array([[0, 0], [0, 3]]))
        >>> special_keys(FocusRecord("layer", np.ones((1, 1, 1, 3)), keys=[keys])).tolist()
        [[True, False, False]]
    """
    special = np.zeros((len(focus), focus.weights.shape[-1]), dtype=bool)
    for row, axis in zip(special, _key_axes(focus), strict=True):
        if not isinstance(axis, TextAxis):
            raise ValueError(
                f"`focus` must have text keys. Received: layer={focus.layer!r} with image regions"
            )
        row[: len(axis)] = axis.offsets[:, 0] == axis.offsets[:, 1]
    return special


def padding_keys(focus: FocusRecord) -> np.ndarray:
    """Compute the mask of the keys that are padding.

    Args:
        focus: a record with key axes or with a mask.

    Returns:
        Boolean `(batch, keys)`: the keys behind the end of their axis; without axes, the keys that are
        masked for every query of the example.

    Raises:
        ValueError: if the record has neither.

    Example:
        >>> mask = np.array([True, True, False])
        >>> padding_keys(FocusRecord("layer", np.ones((1, 1, 2, 3)), mask=mask)).tolist()
        [[False, False, True]]
    """
    if focus.keys is None and focus.mask is not None:
        return np.logical_not(np.broadcast_to(focus.mask, focus.weights.shape).any(axis=(1, 2)))
    lengths = np.array([len(axis) for axis in _key_axes(focus)])
    return np.arange(focus.weights.shape[-1]) >= lengths[:, None]


def _key_axes(focus: FocusRecord) -> list[Axis]:
    if focus.keys is None:
        raise ValueError(f"`focus` must have key axes. Received: layer={focus.layer!r} without key axes")
    return list(focus.keys)
