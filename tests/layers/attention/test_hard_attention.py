"""Hard attention: selection of keys, training and invalid distributions."""

import keras
import numpy as np
import pytest

from foveal.layers import GumbelSoftmax, HardAttention, MultiHeadAttention, ReinforceLoss, SoftAttention

DISTRIBUTIONS = ["gumbel", "reinforce", "straight_through"]
rng = np.random.default_rng(0)
QUERY, VALUE, KEY = (rng.normal(size=(2, n, d)).astype("float32") for n, d in ((3, 6), (4, 5), (4, 6)))
MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)


def run_layer(layer, *args, **kwargs):
    results = layer(*args, return_attention_scores=True, return_decisions=True, **kwargs)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, results)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_hard_attention_returns_value_of_best_key(distribution):
    context, weights, decisions = run_layer(
        HardAttention("dot", distribution=distribution), QUERY, VALUE, KEY, value_mask=MASK
    )
    scores = np.where(MASK[:, None], QUERY @ KEY.transpose(0, 2, 1), -np.inf)
    best = scores.argmax(-1)
    np.testing.assert_array_equal(decisions["sample"], best)
    np.testing.assert_array_equal(weights, np.eye(4)[best])
    np.testing.assert_allclose(context, np.take_along_axis(VALUE, best[..., None], 1), rtol=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_heads_select_keys_independently(distribution):
    layer = MultiHeadAttention(2, 3, distribution=distribution)
    _, weights, decisions = run_layer(layer, QUERY, VALUE, use_causal_mask=True)
    assert decisions["sample"].shape == (2, 2, 3)
    np.testing.assert_array_equal(weights, np.eye(4)[decisions["sample"]])
    assert (decisions["sample"] <= np.arange(3)).all()
    assert (decisions["sample"][..., 0] == 0).all()


def test_hard_distribution_may_select_sentinel():
    layer = MultiHeadAttention(2, 3, gate="sentinel", distribution="reinforce")
    query = 5 * np.random.default_rng(1).normal(size=(2, 30, 6))
    _, weights, decisions = run_layer(layer, query, VALUE)
    assert set(np.unique(decisions["gate"])) == {0, 1}
    np.testing.assert_array_equal(decisions["gate"], decisions["sample"] == 4)
    np.testing.assert_array_equal(weights.sum(-1), 1 - decisions["gate"])


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_fit_learns_marked_key(distribution):
    """One of five keys is marked; the label is its value."""
    keras.utils.set_random_seed(2)
    random = np.random.default_rng(1)
    marked, kinds = random.integers(0, 5, 256), random.integers(0, 4, (256, 5))
    keys, values = np.eye(5)[marked][..., None], np.eye(4)[kinds]
    labels = kinds[np.arange(256), marked]
    query, key, value = keras.Input((1, 2)), keras.Input((5, 1)), keras.Input((5, 4))
    label = keras.Input((), dtype="int32")
    attention = HardAttention("additive", distribution=distribution)
    context, decisions = attention(query, value, key, return_decisions=True)
    predictions = keras.layers.Dense(4, "softmax")(context[:, 0])
    data = [np.ones((256, 1, 2)), keys, values]
    inputs, loss = [query, key, value], "sparse_categorical_crossentropy"
    if distribution == "reinforce":
        model = keras.Model([*inputs, label], ReinforceLoss(loss)(predictions, label, decisions))
        model.compile(keras.optimizers.Adam(0.05))
        model.fit([*data, labels], batch_size=32, epochs=12, verbose=0)
    else:
        model = keras.Model(inputs, predictions)
        model.compile(keras.optimizers.Adam(0.05), loss)
        model.fit(data, labels, batch_size=32, epochs=12, verbose=0)
    predicted, samples = keras.Model(inputs, [predictions, decisions["sample"]]).predict(data, verbose=0)
    assert (samples[:, 0] == marked).mean() > 0.95  # by chance 0.2
    assert (predicted.argmax(-1) == labels).mean() > 0.95  # by chance 0.25


def test_soft_distribution_raises():
    names = r"\['gumbel', .*'reinforce', .*'straight_through'"
    with pytest.raises(
        ValueError,
        match=rf"`distribution` must select one key, such as {names}.*Received: distribution='softmax'",
    ):
        HardAttention(distribution="softmax")
    SoftAttention(distribution="reinforce")  # means over one key are allowed


def test_loaded_model_matches_saved_model(tmp_path):
    query, value, key = (keras.Input(x.shape[1:]) for x in (QUERY, VALUE, KEY))
    layer = HardAttention("additive", distribution=GumbelSoftmax(0.3, hard=True))
    model = keras.Model([query, value, key], layer(query, value, key))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    actual, expected = (m.predict([QUERY, VALUE, KEY], verbose=0) for m in (loaded, model))
    np.testing.assert_array_equal(actual, expected)
    assert loaded.layers[-1].distribution.get_config() == layer.distribution.get_config()
