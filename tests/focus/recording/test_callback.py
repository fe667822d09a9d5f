import keras
import numpy as np
import pytest

from foveal.focus import FocusHistory, record
from foveal.focus.measures import effective_keys, entropy

RANDOM = np.random.default_rng(0)
SAMPLE = RANDOM.random((2, 3, 8), "float32")


def build_model():
    inputs, attention = keras.Input((3, 8)), keras.layers.MultiHeadAttention(2, 4, name="attention")
    output = keras.layers.Dense(1)(attention(*[attention(inputs, inputs)] * 2))
    model = keras.Model(inputs, output)
    model.compile("adam", "mse", jit_compile=False)
    return model


def fit(model, history, epochs):
    inputs = RANDOM.random((6, 3, 8), "float32")
    model.fit(inputs, inputs[..., :1], batch_size=2, epochs=epochs, verbose=0, callbacks=[history])


def test_history_matches_records_after_each_epoch():
    model, history = build_model(), FocusHistory(SAMPLE, {"keys": effective_keys})
    before = record(model, SAMPLE)
    fit(model, history, epochs=2)
    after = record(model, SAMPLE)
    assert history.steps == [0, 1, 2]
    assert history.history["keys"].keys() == {"attention", "attention (2)"}
    for name, first, last in zip(("attention", "attention (2)"), before, after, strict=True):
        values = history.history["keys"][name]
        assert values.shape == (3, 2)
        for index, focus in ((0, first), (-1, last)):
            expected = effective_keys(focus.weights).mean(axis=(0, 2))
            np.testing.assert_allclose(values[index], expected, rtol=1e-5)
    fit(model, history, epochs=1)  # continues
    assert history.steps == [0, 1, 2, 3]


def test_history_by_batch_ignores_nan():
    def entropy_of_first_query(weights, mask):
        return np.where(np.arange(3) == 0, entropy(weights, mask), np.nan)

    measures = {
        "first": entropy_of_first_query,
        "none": lambda weights, mask: np.full(weights.shape[:3], np.nan),
    }
    model, history = build_model(), FocusHistory(SAMPLE, measures, frequency=2, unit="batch")
    fit(model, history, epochs=2)
    assert history.steps == [0, 2, 4, 6]
    expected = entropy(record(model, SAMPLE)[0].weights)[..., 0].mean(axis=0)
    np.testing.assert_allclose(history.history["first"]["attention"][-1], expected, rtol=1e-5)
    assert np.isnan(history.history["none"]["attention"]).all()


@pytest.mark.parametrize("arguments", [{"frequency": 0}, {"unit": "step"}])
def test_invalid_frequency_or_unit_raises(arguments):
    with pytest.raises(
        ValueError, match="`frequency` must be at least 1 and `unit` must be 'epoch' or 'batch'"
    ):
        FocusHistory(SAMPLE, **arguments)
