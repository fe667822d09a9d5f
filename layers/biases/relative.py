"""T5's relative position bias with learned buckets of distances (Raffel et al. 2020)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias, count_heads, gather_by_distance


@keras.saving.register_keras_serializable(package="foveal")
class RelativeBias(Bias):
    """T5's relative bias, learned per head and bucket of distances (Raffel et al. 2020).

    Small distances have a bucket each. Larger ones share buckets that grow geometrically up to
    `max_distance`, and all beyond share the last bucket: see `relative_bucket`.

    Args:
        num_buckets: number of buckets, of both directions in all.
        max_distance: the distance at which the last bucket begins at the latest.
        bidirectional: whether keys after the query have buckets of their own. If not, they share the
            bucket of the query's own position, as with a causal mask.
        initializer: initializer of the table; zeros start without a bias.

    Raises:
        ValueError: if there are too few buckets, or `max_distance` lies within the distances that
            have a bucket each.

    Example:
        >>> from foveal.layers import SelfAttention
        >>> layer = SelfAttention(num_heads=2, key_dim=4, bias=RelativeBias(num_buckets=8, max_distance=16))
        >>> tuple(layer(np.ones((1, 3, 5))).shape)
        (1, 3, 5)

    Reference:
        Raffel et al. 2020, Exploring the Limits of Transfer Learning, section 2.1.
    """

    state_keys = ("position",)
    fixed_sizes = ("heads",)

    def __init__(
        self,
        num_buckets: int = 32,
        max_distance: int = 128,
        bidirectional: bool = True,
        initializer: str | dict | keras.initializers.Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_buckets = num_buckets
        self.max_distance = max_distance
        self.bidirectional = bidirectional
        self.initializer = keras.initializers.get(initializer)
        _check_buckets(num_buckets, max_distance, bidirectional)

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.table = self.add_weight(
            shape=(count_heads(query_shape), self.num_buckets),
            initializer=self.initializer,
            autocast=False,
            name="table",
        )
        distances = range(-self.max_distance, self.max_distance + 1)
        self.buckets = np.array([self.bucket(distance) for distance in distances], "int32")

    def bucket(self, distance: int) -> int:
        """Return the bucket of a distance, query position minus key position."""
        if not self.bidirectional:
            return relative_bucket(max(distance, 0), self.num_buckets, self.max_distance)
        half = self.num_buckets // 2
        return relative_bucket(abs(distance), half, self.max_distance) + (half if distance < 0 else 0)

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        return gather_by_distance(ops.take(self.table, self.buckets, axis=1), attention_context.distance)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_buckets": self.num_buckets,
            "max_distance": self.max_distance,
            "bidirectional": self.bidirectional,
            "initializer": keras.initializers.serialize(self.initializer),
        }


def relative_bucket(distance: int, num_buckets: int, max_distance: int) -> int:
    """Return the bucket of a distance of 0 or more, in one direction.

    Let `e = num_buckets // 2`. Each distance below `e` has a bucket of its own. From there on the
    bucket is `e + floor((num_buckets - e) * log(distance / e) / log(max_distance / e))`, at most the
    last one. It is computed with integers, because a rounded logarithm can fall on either side of a
    bucket's edge.

    Args:
        distance: an int of 0 or more.
        num_buckets: number of buckets in this direction.
        max_distance: as in `RelativeBias`.

    Returns:
        An int in `[0, num_buckets)`.

    Example:
        >>> [relative_bucket(distance, num_buckets=4, max_distance=16) for distance in (0, 1, 2, 6, 99)]
        [0, 1, 2, 3, 3]
    """
    exact = num_buckets // 2
    if distance < exact:
        return distance
    shared = num_buckets - exact
    bucket = exact
    while bucket < num_buckets - 1 and (
        distance**shared * exact ** (bucket + 1 - exact)
        >= max_distance ** (bucket + 1 - exact) * exact**shared
    ):
        bucket += 1
    return bucket


def _check_buckets(num_buckets: int, max_distance: int, bidirectional: bool) -> None:
    minimum = 4 if bidirectional else 2
    if num_buckets < minimum or (bidirectional and num_buckets % 2):
        raise ValueError(
            f"`num_buckets` must be {'even and ' if bidirectional else ''}at least {minimum}. "
            f"Received: num_buckets={num_buckets}"
        )
    exact = num_buckets // minimum
    if max_distance <= exact:
        raise ValueError(
            f"`max_distance` must exceed {exact}, the number of distances with a bucket each. "
            f"Received: max_distance={max_distance}"
        )
