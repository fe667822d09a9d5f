"""Monotonic alignment (Raffel et al. 2017) and its chunkwise weights (Chiu & Raffel 2018)."""

from keras import ops

from ..functional.scan import scan
from ..functional.tensor import Tensor

_LOWEST = -1e30  # below any energy, and not infinite: inf - inf is NaN


def monotonic_alignment(probabilities: Tensor, previous: Tensor) -> Tensor:
    """Compute the expected monotonic alignment (Raffel et al. 2017).

    Query i starts at the key at which query i - 1 stopped. It inspects one key after the other and
    stops at key j with probability `p_ij`. It ends at key j with probability `alpha_ij`:

    ```
    q_ij = (1 - p_i,j-1) q_i,j-1 + alpha_i-1,j        key j is inspected
    alpha_ij = p_ij q_ij                              and selected
    ```

    A query that passes the last key ends at no key, and neither do all further queries. The
    recurrence is computed as written. The paper's closed form divides by products of `1 - p`, which
    underflow; here all terms are sums of products of numbers in [0, 1], exact for probabilities 0
    and 1.

    Args:
        probabilities: `p`, `(..., Tq, Tk)`.
        previous: `alpha_0`, `(..., Tk)`.

    Returns:
        `alpha`, `(..., Tq, Tk)`; a row sums to 1 or less.

    Example:
        >>> probabilities = np.array([[[0.5, 1.0]]], "float32")
        >>> np.array(monotonic_alignment(probabilities, np.array([[1.0, 0.0]], "float32"))).tolist()
        [[[0.5, 0.5]]]
    """
    if probabilities.shape[-2] == 1:
        return _align_query(probabilities[..., 0, :], previous)[..., None, :]
    queries, keys = ops.shape(probabilities)[-2:]

    def step(probabilities: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        alignment = _align_query(probabilities, states[0])
        return alignment, [alignment]

    rows = ops.reshape(probabilities, (-1, queries, keys))
    alignment, _ = scan(step, rows, [ops.reshape(previous, (-1, keys))], keys)
    return ops.reshape(alignment, ops.shape(probabilities))


def chunkwise_weights(alignment: Tensor, energies: Tensor, mask: Tensor | None, chunk_size: int) -> Tensor:
    """Distribute the weight of each key over the chunk that ends at it (Chiu & Raffel 2018).

    `beta_j = sum_{k=j}^{j+w-1} alpha_k exp(u_j) / sum_{l=k-w+1}^{k} exp(u_l)`. The softmax of each
    chunk is computed separately, so that larger energies in another chunk cannot make it underflow.

    Args:
        alignment: `alpha`, `(..., Tk)`, float32 or wider; 0 at a masked key, unless all are masked.
        energies: `u`, `(..., Tk)`.
        mask: boolean that broadcasts to both, True for keys that take part; or None.
        chunk_size: `w`, the number of keys of a chunk.

    Returns:
        `beta`, `(..., Tk)`, 0 at masked keys; its sum is that of `alignment` unless all keys
        are masked.
    """
    if chunk_size == 1:
        return apply_mask(alignment, mask)
    energies = ops.cast(energies, alignment.dtype)
    if mask is not None:
        energies = ops.where(mask, energies, ops.full_like(energies, _LOWEST))
    length, offsets = ops.shape(energies)[-1], range(chunk_size)
    no_padding = [(0, 0)] * (len(energies.shape) - 1)

    def shift_right(tensor: Tensor, offset: int) -> Tensor:
        return ops.pad(tensor, [*no_padding, (offset, 0)], constant_values=_LOWEST)[..., :length]

    def shift_left(tensor: Tensor, offset: int) -> Tensor:
        return ops.pad(tensor, [*no_padding, (0, offset)])[..., offset:]

    chunks = ops.stack([shift_right(energies, offset) for offset in offsets], axis=-1)
    weights = ops.expand_dims(alignment, -1) * ops.softmax(chunks)  # of key k - offset, given k
    return apply_mask(sum(shift_left(weights[..., offset], offset) for offset in offsets), mask)


def apply_mask(weights: Tensor, mask: Tensor | None) -> Tensor:
    """Return the weights with 0 at masked keys."""
    return weights if mask is None else ops.where(mask, weights, ops.zeros_like(weights))


def _align_query(probabilities: Tensor, previous: Tensor) -> Tensor:
    """Compute `monotonic_alignment` of one query, `(..., Tk)`."""
    passed = ops.concatenate([ops.zeros_like(probabilities[..., :1]), 1 - probabilities[..., :-1]], axis=-1)
    return probabilities * _linear_recurrence(passed, previous)


def _linear_recurrence(keep: Tensor, add: Tensor) -> Tensor:
    """Compute `x_j = keep_j x_j-1 + add_j` over the last axis, where `keep_0` is 0, in log2(Tk) steps.

    Before each step entry j holds the recurrence over the `reach` entries up to itself; the step adds
    the entries before these. Entries that `roll` moves around the end are multiplied by `keep_0`.
    """
    length = ops.shape(add)[-1]

    def unfinished(reach: Tensor, keep: Tensor, add: Tensor) -> Tensor:
        return reach < length

    def double(reach: Tensor, keep: Tensor, add: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        add = add + keep * ops.roll(add, reach, axis=-1)
        return reach * 2, keep * ops.roll(keep, reach, axis=-1), add

    state = (1, keep, add)
    if not isinstance(length, int):  # in a graph, where a compiled gradient needs a bound
        return ops.while_loop(unfinished, double, state, maximum_iterations=31)[-1]
    while unfinished(*state):
        state = double(*state)
    return state[-1]
