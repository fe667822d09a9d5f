"""Attention rollout and attention flow through the layers of a model (Abnar and Zuidema 2020)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...optional_dependencies import optional_dependency
from .attention_weights import validate_weights

_CAPACITY_SCALE = 1 << 24  # capacities are integers


def attention_rollout(layers: Sequence[npt.ArrayLike], residual: float = 0.5) -> np.ndarray:
    """Compute attention rollout: the product of the attention of all layers, with residual connections.

    `A_l = residual I + (1 - residual) mean_heads W_l`, and the rollout is `A_L ... A_2 A_1`: the proportion
    of each input in each position after the last layer.

    Args:
        layers: self-attention weights `(batch, heads, T, T)` from the first layer to the last.
        residual: proportion of the residual connection, from 0 to 1.

    Returns:
        `(batch, T, T)`: rows, positions after the last layer, which sum to 1; columns, inputs. A position
        without attention weight keeps its own content.

    Raises:
        ValueError: if there is no layer, shapes differ or are not square, weights are NaN, infinite or
            negative, or the residual is not from 0 to 1.

    Example:
        >>> first = np.array([[[[1.0, 0.0], [1.0, 0.0]]]])  # both positions attend to the first
        >>> attention_rollout([first, first])[0].tolist()
        [[1.0, 0.0], [0.75, 0.25]]

    Reference:
        Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3.
    """
    matrices = _layer_matrices(layers, residual)
    rollout = matrices[0]
    for matrix in matrices[1:]:
        rollout = matrix @ rollout
    return rollout


def attention_flow(layers: Sequence[npt.ArrayLike], residual: float = 0.5) -> np.ndarray:
    """Compute attention flow: the maximum flow from each position after the last layer to each input.

    The positions of all layers are the nodes of a network, and the matrices of `attention_rollout` are the
    capacities between them. One maximum flow is computed for each pair, exact to a few 1e-7: `batch * T * T`
    in total, so a few sentences take seconds.

    Args:
        layers: self-attention weights `(batch, heads, T, T)` from the first layer to the last.
        residual: proportion of the residual connection, from 0 to 1.

    Returns:
        `(batch, T, T)`: rows, positions after the last layer; columns, inputs; from 0 to 1. Flows to
        different inputs may share edges, so a row sums to 1 or more.

    Raises:
        ValueError: as in `attention_rollout`.

    Example:
        >>> first = np.array([[[[1.0, 0.0], [1.0, 0.0]]]])  # both positions attend to the first
        >>> attention_flow([first, first])[0].round(6).tolist()
        [[1.0, 0.0], [1.0, 0.5]]

    Reference:
        Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3.
    """
    matrices = np.stack(_layer_matrices(layers, residual), axis=1)  # (batch, layers, T, T)
    return np.stack([_maximum_flows(example) for example in matrices])


def _layer_matrices(layers: Sequence[npt.ArrayLike], residual: float) -> list[np.ndarray]:
    """For each layer `(batch, T, T)`: the mean of the heads plus the residual, with rows that sum to 1."""
    weights = [validate_weights(layer)[0] for layer in layers]
    shapes = [layer.shape for layer in weights]
    is_square = bool(shapes) and all(len(shape) == 4 and shape[2] == shape[3] for shape in shapes)
    if not is_square or len({(shape[0], shape[2]) for shape in shapes}) != 1:
        raise ValueError(
            "`layers` must have weights (batch, heads, T, T) of at least one layer, all of one batch size "
            f"and length. Received: shapes {shapes}"
        )
    if not 0 <= residual <= 1:
        raise ValueError(f"`residual` must be from 0 to 1. Received: residual={residual}")
    identity = np.eye(shapes[0][-1])
    matrices = []
    for layer in weights:
        mean = layer.mean(axis=1)
        total = mean.sum(axis=-1, keepdims=True)
        mean = np.where(total > 0, mean / np.where(total > 0, total, 1), identity)
        matrices.append(residual * identity + (1 - residual) * mean)
    return matrices


def _maximum_flows(layers: np.ndarray) -> np.ndarray:
    """`(T, T)` of `(layers, T, T)`. Node `l * T + i` is position i before layer l."""
    with optional_dependency("focus"):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import maximum_flow

    num_layers, length, _ = layers.shape
    layer, row, column = np.nonzero(layers)
    capacities = np.rint(layers[layer, row, column] * _CAPACITY_SCALE).astype(np.int32)
    num_nodes = (num_layers + 1) * length
    edges = ((layer + 1) * length + row, layer * length + column)
    network = coo_array((capacities, edges), shape=(num_nodes, num_nodes)).tocsr()
    flows = [
        maximum_flow(network, num_layers * length + source, sink).flow_value
        for source in range(length)
        for sink in range(length)
    ]
    return np.reshape(flows, (length, length)) / _CAPACITY_SCALE
