"""A key that was chosen, seen with those before it (Chiu & Raffel 2018)."""

from typing import Any

from keras import ops

from .monotonic_alignment import apply_mask

_LEAST = -1e30  # below any energy, and no infinity: inf - inf is NaN


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
