import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from foveal.focus.measures import attention_flow, attention_rollout

LAYERS = list(np.random.default_rng(0).dirichlet(np.ones(4), (3, 2, 5, 4)))  # layers, batch, heads, T, T


def mixed(layer, residual=0.5):
    return residual * np.eye(4) + (1 - residual) * layer.mean(axis=1)


def test_rollout_sums_over_all_paths():
    found = attention_rollout(LAYERS)
    steps = [mixed(layer) for layer in LAYERS]
    for example, top, bottom in np.ndindex(2, 4, 4):
        paths = (
            steps[2][example, top, a] * steps[1][example, a, b] * steps[0][example, b, bottom]
            for a, b in itertools.product(range(4), repeat=2)
        )
        np.testing.assert_allclose(found[example, top, bottom], sum(paths))
    np.testing.assert_allclose(found.sum(-1), 1)


def brute_flow(steps, top, bottom):
    """The most that leaves `top`, as a linear programme over all edges."""
    layers = len(steps)
    edges = list(np.ndindex(layers, 4, 4))  # from (layer + 1, row) to (layer, column)
    conserve = np.zeros((layers + 1, 4, len(edges)))
    for place, (layer, row, column) in enumerate(edges):
        conserve[layer + 1, row, place] += 1
        conserve[layer, column, place] -= 1
    leaves = conserve[layers, top].copy()
    others = [
        conserve[layer, node]
        for layer, node in np.ndindex(layers + 1, 4)
        if (layer, node) not in ((layers, top), (0, bottom))
    ]
    bounds = [(0, steps[layer][row, column]) for layer, row, column in edges]
    return -linprog(-leaves, A_eq=np.array(others), b_eq=np.zeros(len(others)), bounds=bounds).fun


def test_flow_is_the_solution_of_a_linear_programme():
    layers = [layer[:1] for layer in LAYERS[:2]]
    found = attention_flow(layers)[0]
    steps = [mixed(layer)[0] for layer in layers]
    expected = [[brute_flow(steps, top, bottom) for bottom in range(4)] for top in range(4)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_of_one_layer_both_are_its_mixed_weights():
    for measure in (attention_rollout, attention_flow):
        np.testing.assert_allclose(measure(LAYERS[:1], residual=0.25), mixed(LAYERS[0], 0.25), atol=1e-7)


def test_nothing_but_the_residual_stream_leaves_all_where_it_was():
    for measure in (attention_rollout, attention_flow):
        np.testing.assert_allclose(measure(LAYERS, residual=1), np.stack([np.eye(4)] * 2))


def test_a_position_that_looks_at_nothing_passes_itself_on():
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
def test_layers_that_do_not_fit_are_an_error(layers, residual):
    for measure in (attention_rollout, attention_flow):
        with pytest.raises(ValueError, match="Expected self-attention weights"):
            measure(layers, residual)
