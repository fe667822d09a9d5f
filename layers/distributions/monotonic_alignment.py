"""Where a walk over the keys stands, in probability (Raffel et al. 2017)."""

from typing import Any

from keras import ops

from ..functional.scan import scan

_LEAST = -1e30  # below any energy, and no infinity: inf - inf is NaN


def monotonic_alignment(probabilities: Any, previous: Any) -> Any:
    """Where a walk over the keys stands after each query.

    From where the query before left it, the walk of query i tries one key after the other, and
    stops at key j with chance `p_ij`. It stands there with probability `alpha_ij`:

    ```
    q_ij = (1 - p_i,j-1) q_i,j-1 + alpha_i-1,j        key j is tried
    alpha_ij = p_ij q_ij                              and accepted
    ```

    A walk that has passed the last key stands nowhere, now and for all further queries. The
    recurrence is followed as it stands, not solved by a division by products of `1 - p`, which
    vanish: all is a sum of products of numbers in [0, 1], and exact for chances 0 and 1.

    Args:
        probabilities: `p`, float32 `(..., Tq, Tk)`.
        previous: `alpha_0`, float32 `(..., Tk)`.

    Returns:
        `alpha`, `(..., Tq, Tk)`; a row sums to 1 or less.
    """
    if probabilities.shape[-2] == 1:
        return _stops(probabilities[..., 0, :], previous)[..., None, :]
    queries, keys = ops.shape(probabilities)[-2:]

    def step(probabilities: Any, states: list) -> tuple[Any, list]:
        alignment = _stops(probabilities, states[0])
        return alignment, [alignment]

    rows = ops.reshape(probabilities, (-1, queries, keys))
    walks, _ = scan(step, rows, [ops.reshape(previous, (-1, keys))], keys)
    return ops.reshape(walks, ops.shape(probabilities))


def apply_mask(weights: Any, mask: Any) -> Any:
    """The weights, 0 at masked keys."""
    return weights if mask is None else ops.where(mask, weights, ops.zeros_like(weights))


def chunkwise_weights(alignment: Any, energies: Any, mask: Any, size: int) -> Any:
    """Spreads the weight of each key over the chunk that ends at it, by a softmax of the energies.

    `beta_j = sum_{k=j}^{j+w-1} alpha_k exp(u_j) / sum_{l=k-w+1}^{k} exp(u_l)`, each softmax taken on
    its own, so that no chunk vanishes beside another with larger energies.

    Args:
        alignment: `alpha`, float32 `(..., Tk)`; 0 at a masked key, unless all are masked.
        energies: `u`, `(..., Tk)`.
        mask: boolean that broadcasts to both, True where a key may be seen; or None.
        size: `w`, how many keys a chunk has.

    Returns:
        `beta`, float32 `(..., Tk)`, 0 at masked keys; else its sum is that of `alignment`.
    """
    if size == 1:
        return apply_mask(alignment, mask)
    energies = ops.cast(energies, "float32")
    if mask is not None:
        energies = ops.where(mask, energies, ops.full_like(energies, _LEAST))
    length, back = ops.shape(energies)[-1], range(size)
    ahead = [(0, 0)] * (len(energies.shape) - 1)

    def later(tensor: Any, n: int) -> Any:
        return ops.pad(tensor, [*ahead, (n, 0)], constant_values=_LEAST)[..., :length]

    def earlier(tensor: Any, n: int) -> Any:
        return ops.pad(tensor, [*ahead, (0, n)])[..., n:]

    within = ops.softmax(ops.stack([later(energies, n) for n in back], axis=-1))  # of key k - n, given k
    shares = alignment[..., None] * within
    return apply_mask(sum(earlier(shares[..., n], n) for n in back), mask)


def _stops(probabilities: Any, previous: Any) -> Any:
    """One query of `monotonic_alignment`, `(..., Tk)`."""
    passed = ops.concatenate([ops.zeros_like(probabilities[..., :1]), 1 - probabilities[..., :-1]], axis=-1)
    return probabilities * _recurrence(passed, previous)


def _recurrence(keep: Any, add: Any) -> Any:
    """`x_j = keep_j x_j-1 + add_j` over the last axis, where `keep_0` is 0, in log2(Tk) steps.

    Before each step entry j knows what the `reach` entries up to itself make of it, in the step it
    learns what those before made. What rolls around the end meets a product with `keep_0` in it.
    """
    length = ops.shape(add)[-1]

    def unfinished(reach: Any, keep: Any, add: Any) -> Any:
        return reach < length

    def double(reach: Any, keep: Any, add: Any) -> tuple[Any, Any, Any]:
        add = add + keep * ops.roll(add, reach, axis=-1)
        return reach * 2, keep * ops.roll(keep, reach, axis=-1), add

    state = (1, keep, add)
    if not isinstance(length, int):  # in a trace; compiled, a gradient needs to know of an end
        return ops.while_loop(unfinished, double, state, maximum_iterations=31)[-1]
    while unfinished(*state):
        state = double(*state)
    return state[-1]
