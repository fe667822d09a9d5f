import keras
import numpy as np
import pytest

from foveal.focus import FocusHistory, record
from foveal.focus.measures import effective_keys, entropy

RANDOM = np.random.default_rng(0)
SAMPLE = RANDOM.random((2, 3, 8), "float32")


def model():
    inputs, attention = keras.Input((3, 8)), keras.layers.MultiHeadAttention(2, 4, name="look")
    answer = keras.layers.Dense(1)(attention(*[attention(inputs, inputs)] * 2))
    built = keras.Model(inputs, answer)
    built.compile("adam", "mse")
    return built


def fit(built, sampler, epochs):
    inputs = RANDOM.random((6, 3, 8), "float32")
    built.fit(inputs, inputs[..., :1], batch_size=2, epochs=epochs, verbose=0, callbacks=[sampler])


def test_each_epoch_is_measured_as_a_record_would_be():
    built, sampler = model(), FocusHistory(SAMPLE, {"keys": effective_keys})
    before = record(built, SAMPLE)
    fit(built, sampler, epochs=2)
    after = record(built, SAMPLE)
    assert sampler.steps == [0, 1, 2]
    assert sampler.history["keys"].keys() == {"look", "look (2)"}
    for name, first, last in zip(("look", "look (2)"), before, after, strict=True):
        values = sampler.history["keys"][name]
        assert values.shape == (3, 2)
        for place, focus in ((0, first), (-1, last)):
            expected = effective_keys(focus.weights).mean(axis=(0, 2))
            np.testing.assert_allclose(values[place], expected, rtol=1e-5)
    fit(built, sampler, epochs=1)  # goes on
    assert sampler.steps == [0, 1, 2, 3]


def test_batches_may_be_counted_and_rows_without_a_value_are_left_out():
    def of_the_first_query(weights, mask):
        return np.where(np.arange(3) == 0, entropy(weights, mask), np.nan)

    measures = {"first": of_the_first_query, "none": lambda weights, mask: np.full(weights.shape[:3], np.nan)}
    built, sampler = model(), FocusHistory(SAMPLE, measures, frequency=2, unit="batch")
    fit(built, sampler, epochs=2)
    assert sampler.steps == [0, 2, 4, 6]
    expected = entropy(record(built, SAMPLE)[0].weights)[..., 0].mean(axis=0)
    np.testing.assert_allclose(sampler.history["first"]["look"][-1], expected, rtol=1e-5)
    assert np.isnan(sampler.history["none"]["look"]).all()


@pytest.mark.parametrize("wrong", [{"every": 0}, {"unit": "step"}])
def test_an_unknown_pace_is_an_error(wrong):
    with pytest.raises(ValueError, match="Expected to sample every 1 or more of unit 'epoch' or 'batch'"):
        FocusHistory(SAMPLE, **wrong)
