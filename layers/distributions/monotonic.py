"""A walk over the keys that never turns back (Raffel et al. 2017; Chiu & Raffel 2018)."""

from typing import Any

import keras
from keras import ops

from ..loops import over_time
from .chunks import spread
from .distribution import Distribution


def alignments(chances: Any, previous: Any) -> Any:
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
        chances: `p`, float32 `(..., Tq, Tk)`.
        previous: `alpha_0`, float32 `(..., Tk)`.

    Returns:
        `alpha`, `(..., Tq, Tk)`; a row sums to 1 or less.
    """
    if chances.shape[-2] == 1:
        return _stops(chances[..., 0, :], previous)[..., None, :]
    queries, keys = ops.shape(chances)[-2:]

    def step(chances: Any, states: list) -> tuple[Any, list]:
        alignment = _stops(chances, states[0])
        return alignment, [alignment]

    rows = ops.reshape(chances, (-1, queries, keys))
    walks, _ = over_time(step, rows, [ops.reshape(previous, (-1, keys))], keys)
    return ops.reshape(walks, ops.shape(chances))


@keras.saving.register_keras_serializable(package="foveal")
class Monotonic(Distribution):
    """Looks at keys in order: never at one before the last (Raffel et al. 2017; Chiu & Raffel 2018).

    1. `p = sigmoid(scores + r + noise)`: the chance to stop at a key, had the walk come to it;
    2. in training the weights are expected ones: `alpha`, the probability that the walk, which
       goes on from where the query before stopped, stops there (see `alignments`);
    3. at inference it stops at the first key with `p > 1/2`. Where there is none up to the end,
       the weights are 0, for all further queries too;
    4. with `chunk_size` w > 1 (MoChA) the query spreads its weight over the w keys up to the one at
       which it stopped, by a softmax of their scores; in training this is an expectation again:
       `beta_j = sum_{k=j}^{j+w-1} alpha_k exp(u_j) / sum_{l=k-w+1}^{k} exp(u_l)`.

    The noise drives scores away from 0 in training, so that inference, which rounds p, sees little
    that training did not.

    Args:
        chunk_size: w; 1 for the one key at which the walk stopped.
        noise: standard deviation of the noise added to the scores in training.
        initial_offset: what the learned `r`, one for each head, starts from; the more keys, the
            lower, for the walk starts by stopping at each with chance sigmoid(r).
        seed: of the noise; None for one that differs at every start.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None. A masked
            key is passed; a query without any key leaves the walk where it stands.
        training: whether the weights are expected ones, with noise.
        previous: where the walk stands, `(..., Tk)`; at the first key when None.
        energies: scores within a chunk `(..., Tq, Tk)`; `scores` when None.

    Returns:
        The weights, and what was decided: `"alignment"`, `(..., Tk, Tq)`, where the walk stood
        after each query: the `previous` of the next.

    Raises:
        ValueError: if `chunk_size` is below 1 or `noise` below 0.

    Example:
        >>> scores = np.array([[[-9.0, 9.0, 9.0], [9.0, -9.0, 9.0]]])
        >>> weights, _ = Monotonic()(scores)
        >>> np.array(weights).tolist()
        [[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]

    Reference:
        Raffel et al. 2017, Online and Linear-Time Attention by Enforcing Monotonic Alignments,
        sections 2.2 to 2.5; Chiu & Raffel 2018, Monotonic Chunkwise Attention, section 2.
    """

    carries = ("previous",)
    draws = True
    chooses = True
    ordered = True

    def __init__(
        self,
        chunk_size: int = 1,
        noise: float = 1.0,
        initial_offset: float = -4.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if chunk_size < 1:
            raise ValueError(f"`chunk_size` must be at least 1. Received: {chunk_size}")
        if noise < 0:
            raise ValueError(f"`noise` must be at least 0. Received: {noise}")
        self.chunk_size = chunk_size
        self.noise = noise
        self.initial_offset = initial_offset
        self.seed = seed
        self.draws = noise > 0
        self.chooses = chunk_size == 1
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, scores_shape: tuple) -> None:
        self.offset = self.add_weight(
            shape=scores_shape[1:-2],
            initializer=keras.initializers.Constant(self.initial_offset),
            name="offset",
        )

    def call(
        self,
        scores: Any,
        mask: Any = None,
        training: bool | None = None,
        previous: Any = None,
        energies: Any = None,
    ) -> tuple[Any, dict]:
        chances = self.chances(scores, mask, training)
        if previous is None:
            first = ops.arange(ops.shape(scores)[-1]) == 0
            previous = ops.broadcast_to(ops.cast(first, "float32"), ops.shape(chances[..., 0, :]))
        alignment = alignments(chances, ops.cast(previous, "float32"))
        weights = alignment
        if self.chunk_size > 1:
            energies = ops.cast(scores if energies is None else energies, "float32")
            weights = spread(alignment, energies, mask, self.chunk_size)
        if mask is not None:
            weights = ops.where(mask, weights, ops.zeros_like(weights))
        return ops.cast(weights, scores.dtype), {"alignment": ops.swapaxes(alignment, -1, -2)}

    def chances(self, scores: Any, mask: Any = None, training: bool | None = None) -> Any:
        """How likely each query stops at each key that it comes to, float32 `(..., Tq, Tk)`."""
        scores = ops.cast(scores, "float32") + ops.cast(self.offset, "float32")[..., None, None]
        if training and self.noise:
            scores = scores + self.noise * keras.random.normal(ops.shape(scores), seed=self.seed_generator)
        chances = ops.sigmoid(scores) if training else ops.cast(scores > 0, "float32")
        if mask is None:
            return chances
        seeing = ops.any(mask, axis=-1, keepdims=True)
        unseen = ops.where(seeing, ops.zeros_like(chances), ops.ones_like(chances))
        return ops.where(mask, chances, unseen)  # to stop at once is to stay

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "chunk_size": self.chunk_size,
            "noise": self.noise,
            "initial_offset": self.initial_offset,
            "seed": self.seed,
        }


def _stops(chances: Any, previous: Any) -> Any:
    """One query of `alignments`, `(..., Tk)`."""
    passed = ops.concatenate([ops.zeros_like(chances[..., :1]), 1 - chances[..., :-1]], axis=-1)
    return chances * _recurrence(passed, previous)


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
