import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import FocusSupervision
from foveal.layers import MultiHeadAttention, SoftAttention

RNG = np.random.default_rng(0)
WEIGHTS = RNG.dirichlet(np.ones(5), (2, 3, 4)).astype("float32")  # batch 2, heads 3, queries 4, keys 5
GOLD = RNG.dirichlet(np.ones(5), (2, 4)).astype("float32")
GOLD[1, 2:] = 0  # rows without gold


def loss_of(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def mean_over_rows(weights, gold, row_loss):
    rows = [
        row_loss(weights[b, h, q], gold[b, q] / gold[b, q].sum())
        for b in range(2)
        for h in range(weights.shape[1])
        for q in range(4)
        if gold[b, q].any()
    ]
    return np.mean(rows)


ROW_DIVERGENCES = {
    "cross_entropy": lambda w, g: -np.sum(g * np.log(w)),
    "kl": lambda w, g: np.sum(g * np.log(g / w)),
    "mass": lambda w, g: -np.log(np.sum(w * g / g.max())),
}


@pytest.mark.parametrize("divergence", ROW_DIVERGENCES)
def test_loss_is_mean_over_heads_and_rows_with_gold(divergence):
    expected = mean_over_rows(WEIGHTS, GOLD, ROW_DIVERGENCES[divergence])
    assert loss_of(FocusSupervision(divergence=divergence), WEIGHTS, GOLD) == pytest.approx(
        expected, rel=1e-5
    )
    weighted = loss_of(FocusSupervision(2.0, divergence=divergence), WEIGHTS, 7 * GOLD)
    assert weighted == pytest.approx(2 * expected, rel=1e-5)


def test_loss_of_selected_and_averaged_heads():
    row_loss = ROW_DIVERGENCES["kl"]
    per_head_loss = loss_of(FocusSupervision(heads=[2, 0], divergence="kl"), WEIGHTS, GOLD)
    assert per_head_loss == pytest.approx(mean_over_rows(WEIGHTS[:, [0, 2]], GOLD, row_loss), rel=1e-5)
    averaged = loss_of(FocusSupervision(heads=[2, 0], average_heads=True, divergence="kl"), WEIGHTS, GOLD)
    mean = WEIGHTS[:, [0, 2]].mean(axis=1, keepdims=True)
    assert averaged == pytest.approx(mean_over_rows(mean, GOLD, row_loss), rel=1e-5)
    without_heads = loss_of(FocusSupervision(divergence="kl"), mean[:, 0], GOLD)
    assert without_heads == pytest.approx(averaged, rel=1e-5)


def test_gold_per_head():
    per_head = np.stack([GOLD, GOLD[::-1], GOLD[:, ::-1]], axis=1)
    heads = [loss_of(FocusSupervision(heads=[h]), WEIGHTS, per_head[:, h]) for h in range(3)]
    rows = [(gold.any(axis=-1)).sum() for gold in per_head.swapaxes(0, 1)]
    assert loss_of(FocusSupervision(), WEIGHTS, per_head) == pytest.approx(
        np.average(heads, weights=rows), rel=1e-5
    )


def test_loss_at_gold_is_zero():
    assert loss_of(FocusSupervision(divergence="kl"), GOLD, GOLD) == pytest.approx(0, abs=1e-6)
    weights, gold = np.array([[[0.3, 0.7, 0.0]]]), np.array([[[0.5, 0.5, 0]]])
    assert loss_of(FocusSupervision(divergence="mass"), weights, gold) == pytest.approx(0, abs=1e-6)


def test_masked_gold_is_ignored():
    mask = np.ones((2, 4, 5), bool)
    mask[:, :, 3:] = False
    mask[0, 1] = False  # all of this row
    expected = mean_over_rows(WEIGHTS, GOLD * mask, ROW_DIVERGENCES["cross_entropy"])
    assert loss_of(FocusSupervision(), WEIGHTS, GOLD, attention_mask=mask) == pytest.approx(
        expected, rel=1e-5
    )


def test_loss_without_gold_is_zero():
    assert loss_of(FocusSupervision(), WEIGHTS, 0 * GOLD) == 0


def test_loss_is_computed_in_float32():
    outputs = FocusSupervision(dtype="mixed_float16")(
        np.ones((2, 1), "float16"), WEIGHTS.astype("float16"), GOLD
    )
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    assert loss_of(FocusSupervision(dtype="mixed_float16"), WEIGHTS.astype("float16"), GOLD) == pytest.approx(
        loss_of(FocusSupervision(), WEIGHTS, GOLD), rel=1e-2
    )


def supervised_model(attention, supervision):
    """Classifier with one attention query over embedded words, and gold attention as a second input."""
    words, gold = keras.Input((5,), dtype="int32"), keras.Input((1, 5))
    states = keras.layers.Embedding(7, 8)(words)
    query = ops.mean(states, axis=1, keepdims=True)
    context, weights = attention(query, states, return_attention_scores=True)
    predictions = keras.layers.Dense(3, activation="softmax")(context[:, 0])
    model = keras.Model([words, gold], supervision(predictions, weights, gold))
    return model, keras.Model(words, [predictions, weights])


WORD_IDS = RNG.integers(1, 7, (40, 5))
GOLD_ATTENTION = (WORD_IDS.max(axis=1, keepdims=True) == WORD_IDS).astype("float32")[:, None]
LABELS = RNG.integers(0, 3, 40)


@pytest.mark.parametrize("kind", [MultiHeadAttention, keras.layers.MultiHeadAttention])
def test_fit_learns_gold_attention(kind):
    keras.utils.set_random_seed(0)
    model, inference_model = supervised_model(kind(2, 4), FocusSupervision(divergence="mass"))
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit([WORD_IDS, GOLD_ATTENTION], LABELS, epochs=20, batch_size=20, verbose=0)
    _, weights = map(ops.convert_to_numpy, inference_model(WORD_IDS))
    mass = (weights.reshape(40, -1, 5) * GOLD_ATTENTION).sum(axis=-1)
    assert mass.mean() > 0.9


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # of the values and the output
def test_unsupervised_heads_get_no_gradient():
    model, _ = supervised_model(
        keras.layers.MultiHeadAttention(2, 4, name="attention"), FocusSupervision(heads=[1])
    )
    query = model.get_layer("attention").query_dense.kernel
    before = ops.convert_to_numpy(query).copy()
    model.compile("sgd", loss=None, jit_compile=False)
    model.fit([WORD_IDS, GOLD_ATTENTION], batch_size=40, verbose=0)
    moved = np.abs(ops.convert_to_numpy(query) - before).max(axis=(0, 2))
    assert moved[0] == 0 < moved[1]


def test_schedule_step_advances_in_fit():
    supervision = FocusSupervision(keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5))
    model, _ = supervised_model(SoftAttention(), supervision)
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit([WORD_IDS, GOLD_ATTENTION], LABELS, batch_size=10, epochs=2, verbose=0)
    assert int(supervision.steps.numpy()) == 8


def test_model_with_supervision_saves_and_loads(tmp_path):
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 8, 0.1)
    model, _ = supervised_model(
        MultiHeadAttention(2, 4), FocusSupervision(schedule, heads=[0], divergence="kl")
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    layer = loaded.layers[-1]
    assert (layer.heads, layer.average_heads, layer.divergence) == ([0], False, "kl")
    assert layer.weight.get_config() == schedule.get_config()
    for each in model, loaded:
        each.compile("sgd", "sparse_categorical_crossentropy", jit_compile=False)
    losses = [each.evaluate([WORD_IDS, GOLD_ATTENTION], LABELS, verbose=0) for each in (model, loaded)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_unknown_divergence_raises():
    with pytest.raises(ValueError, match=r"one of .*'kl'.* Received: divergence='js'"):
        FocusSupervision(divergence="js")
