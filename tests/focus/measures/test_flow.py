import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from foveal.focus.measures import attention_flow, attention_rollout

LAYERS = list(np.random.default_rng(0).dirichlet(np.ones(4), (3, 2, 5, 4)))  # layers, batch, heads, T, T


def layer_matrix(layer, residual=0.5):
    return residual * np.eye(4) + (1 - residual) * layer.mean(axis=1)


def test_attention_rollout_sums_over_paths():
    result = attention_rollout(LAYERS)
    steps = [layer_matrix(layer) for layer in LAYERS]
    for example, top, bottom in np.ndindex(2, 4, 4):
        paths = (
            steps[2][example, top, a] * steps[1][example, a, b] * steps[0][example, b, bottom]
            for a, b in itertools.product(range(4), repeat=2)
        )
        np.testing.assert_allclose(result[example, top, bottom], sum(paths))
    np.testing.assert_allclose(result.sum(-1), 1)


def flow_linear_programme(steps, top, bottom):
    """Maximum flow from `top` to `bottom` as a linear programme over all edges."""
    layers = len(steps)
    edges = list(np.ndindex(layers, 4, 4))  # from (layer + 1, row) to (layer, column)
    conserve = np.zeros((layers + 1, 4, len(edges)))
    for index, (layer, row, column) in enumerate(edges):
        conserve[layer + 1, row, index] += 1
        conserve[layer, column, index] -= 1
    outflow = conserve[layers, top].copy()
    inner_nodes = [
        conserve[layer, node]
        for layer, node in np.ndindex(layers + 1, 4)
        if (layer, node) not in ((layers, top), (0, bottom))
    ]
    bounds = [(0, steps[layer][row, column]) for layer, row, column in edges]
    return -linprog(-outflow, A_eq=np.array(inner_nodes), b_eq=np.zeros(len(inner_nodes)), bounds=bounds).fun


def test_attention_flow_matches_linear_programme():
    layers = [layer[:1] for layer in LAYERS[:2]]
    result = attention_flow(layers)[0]
    steps = [layer_matrix(layer)[0] for layer in layers]
    expected = [[flow_linear_programme(steps, top, bottom) for bottom in range(4)] for top in range(4)]
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_single_layer_returns_layer_matrix():
    for measure in (attention_rollout, attention_flow):
        np.testing.assert_allclose(
            measure(LAYERS[:1], residual=0.25), layer_matrix(LAYERS[0], 0.25), atol=1e-7
        )


def test_residual_only_is_identity():
    for measure in (attention_rollout, attention_flow):
        np.testing.assert_allclose(measure(LAYERS, residual=1), np.stack([np.eye(4)] * 2))


def test_empty_row_keeps_own_content():
    empty = LAYERS[0].copy()
    empty[:, :, 2] = 0
    for measure in (attention_rollout, attention_flow):
        np.testing.assert_allclose(measure([empty])[:, 2], [[0, 0, 1, 0]] * 2)


@pytest.mark.parametrize(
    ("layers", "residual"),
    [
        ([], 0.5),
        ([LAYERS[0][..., :3]], 0.5),
        ([LAYERS[0], LAYERS[0][:1]], 0.5),
        (LAYERS, 1.5),
        ([LAYERS[0][0]], 0.5),
    ],
)
def test_invalid_layers_raise(layers, residual):
    for measure in (attention_rollout, attention_flow):
        with pytest.raises(ValueError, match=r"`layers` must have weights|`residual` must be"):
            measure(layers, residual)
