"""From what each layer looks at to what the last one has seen of the input (Abnar and Zuidema 2020)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from .attention_weights import validate_weights

_UNIT = 1 << 24  # capacities are whole numbers of its parts


def attention_rollout(layers: Sequence[npt.ArrayLike], residual: float = 0.5) -> np.ndarray:
    """The layers' weights multiplied: how much of each input is in each position after the last layer.

    Each layer passes on `residual` of what a position already holds, and takes the rest from where it looks:
    `A_l = residual I + (1 - residual) mean_heads W_l`, and the rollout is `A_L ... A_2 A_1`.

    Args:
        layers: self-attention weights `(batch, heads, T, T)` from the first layer to the last.
        residual: share of the residual stream, from 0 to 1.

    Returns:
        `(batch, T, T)`: rows, positions after the last layer, that sum to 1; columns, inputs. A position that
        looks at nothing passes itself on whole.

    Raises:
        ValueError: if there is no layer, shapes differ or are not square, weights are NaN, infinite or
            negative, or the residual is not between 0 and 1.

    Example:
        >>> back = np.array([[[[1.0, 0.0], [1.0, 0.0]]]])  # both look at the first
        >>> attention_rollout([back, back])[0].tolist()
        [[1.0, 0.0], [0.75, 0.25]]

    Reference:
        Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3.
    """
    mixed = _mixed(layers, residual)
    rolled = mixed[0]
    for layer in mixed[1:]:
        rolled = layer @ rolled
    return rolled


def attention_flow(layers: Sequence[npt.ArrayLike], residual: float = 0.5) -> np.ndarray:
    """The most that can flow from each position after the last layer down to each input.

    Positions of all layers are the nodes of a network, the mixed weights of `attention_rollout` the
    capacities between them. For each pair one maximum flow is computed, exact to a few 1e-7: `batch * T * T`
    of them, so seconds for a few sentences.

    Args:
        layers: self-attention weights `(batch, heads, T, T)` from the first layer to the last.
        residual: share of the residual stream, from 0 to 1.

    Returns:
        `(batch, T, T)`: rows, positions after the last layer; columns, inputs; from 0 to 1. Flows to
        different inputs may use the same edges, so a row sums to 1 or more.

    Raises:
        ValueError: as `attention_rollout` does.

    Example:
        >>> back = np.array([[[[1.0, 0.0], [1.0, 0.0]]]])  # both look at the first
        >>> attention_flow([back, back])[0].round(6).tolist()
        [[1.0, 0.0], [1.0, 0.5]]

    Reference:
        Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3.
    """
    mixed = np.stack(_mixed(layers, residual), axis=1)  # (batch, layers, T, T)
    return np.stack([_flows(one) for one in mixed])


def _mixed(layers: Sequence[npt.ArrayLike], residual: float) -> list[np.ndarray]:
    """Each layer `(batch, T, T)`, its heads averaged, the residual stream added, rows that sum to 1."""
    weights = [validate_weights(layer)[0] for layer in layers]
    shapes = [layer.shape for layer in weights]
    fits = bool(shapes) and all(len(shape) == 4 and shape[2] == shape[3] for shape in shapes)
    if not fits or len({(shape[0], shape[2]) for shape in shapes}) != 1 or not 0 <= residual <= 1:
        raise ValueError(
            "Expected self-attention weights (batch, heads, T, T) of at least one layer, all of one batch "
            f"and length, and a residual from 0 to 1. Received: {shapes}, residual={residual}."
        )
    own = np.eye(shapes[0][-1])
    mixed = []
    for layer in weights:
        looked = layer.mean(axis=1)
        total = looked.sum(axis=-1, keepdims=True)
        looked = np.where(total > 0, looked / np.where(total > 0, total, 1), own)
        mixed.append(residual * own + (1 - residual) * looked)
    return mixed


def _flows(layers: np.ndarray) -> np.ndarray:
    """`(T, T)` of `(layers, T, T)`. Node `l * T + i` is position i before layer l."""
    count, length, _ = layers.shape
    above, row, column = np.nonzero(layers)
    capacities = np.rint(layers[above, row, column] * _UNIT).astype(np.int32)
    nodes = (count + 1) * length
    edges = ((above + 1) * length + row, above * length + column)
    network = coo_array((capacities, edges), shape=(nodes, nodes)).tocsr()
    flows = [
        maximum_flow(network, count * length + top, bottom).flow_value
        for top in range(length)
        for bottom in range(length)
    ]
    return np.reshape(flows, (length, length)) / _UNIT
