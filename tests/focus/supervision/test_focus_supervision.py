import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import FocusSupervision, attention_losses
from foveal.layers import MultiHeadAttention, SoftAttention

RNG = np.random.default_rng(0)
WEIGHTS = RNG.dirichlet(np.ones(5), (2, 3, 4)).astype("float32")  # batch 2, heads 3, queries 4, keys 5
GOLD = RNG.dirichlet(np.ones(5), (2, 4)).astype("float32")
GOLD[1, 2:] = 0  # rows without gold


def added(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def row_by_row(weights, gold, of):
    rows = [
        of(weights[b, h, q], gold[b, q] / gold[b, q].sum())
        for b in range(2)
        for h in range(weights.shape[1])
        for q in range(4)
        if gold[b, q].any()
    ]
    return np.mean(rows)


OF_ROWS = {
    "cross_entropy": lambda w, g: -np.sum(g * np.log(w)),
    "kl": lambda w, g: np.sum(g * np.log(g / w)),
    "mass": lambda w, g: -np.log(np.sum(w * g / g.max())),
}


@pytest.mark.parametrize("divergence", OF_ROWS)
def test_it_is_the_mean_over_rows_with_gold_and_heads(divergence):
    expected = row_by_row(WEIGHTS, GOLD, OF_ROWS[divergence])
    assert added(FocusSupervision(divergence=divergence), WEIGHTS, GOLD) == pytest.approx(expected, rel=1e-5)
    twice = added(FocusSupervision(2.0, divergence=divergence), WEIGHTS, 7 * GOLD)
    assert twice == pytest.approx(2 * expected, rel=1e-5)


def test_heads_are_told_alone_or_together():
    of = OF_ROWS["kl"]
    alone = added(FocusSupervision(heads=[2, 0], divergence="kl"), WEIGHTS, GOLD)
    assert alone == pytest.approx(row_by_row(WEIGHTS[:, [0, 2]], GOLD, of), rel=1e-5)
    together = added(FocusSupervision(heads=[2, 0], average_heads=True, divergence="kl"), WEIGHTS, GOLD)
    mean = WEIGHTS[:, [0, 2]].mean(axis=1, keepdims=True)
    assert together == pytest.approx(row_by_row(mean, GOLD, of), rel=1e-5)
    headless = added(FocusSupervision(divergence="kl"), mean[:, 0], GOLD)
    assert headless == pytest.approx(together, rel=1e-5)


def test_each_head_may_have_its_own_gold():
    per_head = np.stack([GOLD, GOLD[::-1], GOLD[:, ::-1]], axis=1)
    heads = [added(FocusSupervision(heads=[h]), WEIGHTS, per_head[:, h]) for h in range(3)]
    rows = [(gold.any(axis=-1)).sum() for gold in per_head.swapaxes(0, 1)]
    assert added(FocusSupervision(), WEIGHTS, per_head) == pytest.approx(
        np.average(heads, weights=rows), rel=1e-5
    )


def test_attention_that_is_the_gold_costs_nothing():
    assert added(FocusSupervision(divergence="kl"), GOLD, GOLD) == pytest.approx(0, abs=1e-6)
    anywhere_in_it, gold = np.array([[[0.3, 0.7, 0.0]]]), np.array([[[0.5, 0.5, 0]]])
    assert added(FocusSupervision(divergence="mass"), anywhere_in_it, gold) == pytest.approx(0, abs=1e-6)


def test_gold_that_may_not_be_looked_at_is_left_out():
    mask = np.ones((2, 4, 5), bool)
    mask[:, :, 3:] = False
    mask[0, 1] = False  # all of this row
    expected = row_by_row(WEIGHTS, GOLD * mask, OF_ROWS["cross_entropy"])
    assert added(FocusSupervision(), WEIGHTS, GOLD, attention_mask=mask) == pytest.approx(expected, rel=1e-5)


def test_without_gold_nothing_is_added():
    assert added(FocusSupervision(), WEIGHTS, 0 * GOLD) == 0


def test_a_weight_of_zero_costs_much_and_stays_finite():
    losses, counts = attention_losses(np.zeros((1, 1, 1, 3)), np.ones((1, 1, 1, 3)))
    assert float(losses[0, 0, 0]) == pytest.approx(-np.log(1e-6), rel=1e-5)
    assert bool(counts[0, 0, 0])


def test_half_precision_is_summed_in_float32():
    outputs = FocusSupervision(dtype="mixed_float16")(
        np.ones((2, 1), "float16"), WEIGHTS.astype("float16"), GOLD
    )
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    assert added(FocusSupervision(dtype="mixed_float16"), WEIGHTS.astype("float16"), GOLD) == pytest.approx(
        added(FocusSupervision(), WEIGHTS, GOLD), rel=1e-2
    )


def guided(attention, supervision):
    """Words that are embedded, seen by one query, and judged; gold is where to look."""
    words, gold = keras.Input((5,), dtype="int32"), keras.Input((1, 5))
    states = keras.layers.Embedding(7, 8)(words)
    query = ops.mean(states, axis=1, keepdims=True)
    seen, weights = attention(query, states, return_attention_scores=True)
    predictions = keras.layers.Dense(3, activation="softmax")(seen[:, 0])
    model = keras.Model([words, gold], supervision(predictions, weights, gold))
    return model, keras.Model(words, [predictions, weights])


WORDS = RNG.integers(1, 7, (40, 5))
MARKED = (WORDS.max(axis=1, keepdims=True) == WORDS).astype("float32")[:, None]
LABELS = RNG.integers(0, 3, 40)


@pytest.mark.parametrize("kind", [MultiHeadAttention, keras.layers.MultiHeadAttention])
def test_in_plain_fit_attention_learns_to_look_where_it_is_told(kind):
    keras.utils.set_random_seed(0)
    model, served = guided(kind(2, 4), FocusSupervision(divergence="mass"))
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    model.fit([WORDS, MARKED], LABELS, epochs=20, batch_size=20, verbose=0)
    _, weights = served.predict(WORDS, verbose=0)
    looked = (weights.reshape(40, -1, 5) * MARKED).sum(axis=-1)
    assert looked.mean() > 0.9


def test_heads_that_are_not_told_get_no_gradient_from_it():
    model, _ = guided(keras.layers.MultiHeadAttention(2, 4, name="attention"), FocusSupervision(heads=[1]))
    query = model.get_layer("attention").query_dense.kernel
    before = ops.convert_to_numpy(query).copy()
    model.compile("sgd", loss=None)
    model.fit([WORDS, MARKED], batch_size=40, verbose=0)
    moved = np.abs(ops.convert_to_numpy(query) - before).max(axis=(0, 2))
    assert moved[0] == 0 < moved[1]


def test_steps_are_counted_in_fit():
    supervision = FocusSupervision(keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5))
    model, _ = guided(SoftAttention(), supervision)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit([WORDS, MARKED], LABELS, batch_size=10, epochs=2, verbose=0)
    assert int(supervision.steps.numpy()) == 8


def test_it_is_saved_and_loaded_with_its_model(tmp_path):
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 8, 0.1)
    model, _ = guided(MultiHeadAttention(2, 4), FocusSupervision(schedule, heads=[0], divergence="kl"))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    layer = loaded.layers[-1]
    assert (layer.heads, layer.average_heads, layer.divergence) == ([0], False, "kl")
    assert layer.weight.get_config() == schedule.get_config()
    for one in model, loaded:
        one.compile("sgd", "sparse_categorical_crossentropy")
    losses = [one.evaluate([WORDS, MARKED], LABELS, verbose=0) for one in (model, loaded)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_what_is_unknown_is_refused():
    with pytest.raises(ValueError, match=r"one of .*'kl'.* Received: 'js'"):
        FocusSupervision(divergence="js")
    with pytest.raises(ValueError, match="one of"):
        attention_losses(WEIGHTS, GOLD[:, None], "none")
