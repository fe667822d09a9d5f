import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from foveal.focus import record
from foveal.focus.recording.recorder import _RECORDERS

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.random((5, 3, 8), "float32")


def attentive(**kwargs):
    return keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, **kwargs)


def functional(attention):
    inputs = keras.Input((3, 8))
    return keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))


def asked(attention, inputs, **kwargs):
    weights = attention(inputs, inputs, return_attention_scores=True, **kwargs)[1]
    return keras.ops.convert_to_numpy(weights)


class Subclassed(keras.Model):
    def __init__(self, attention, wrong=False):
        super().__init__()
        self.attention, self.wrong = attention, wrong

    def call(self, inputs):
        seen = self.attention(inputs, inputs)
        if self.wrong:
            raise RuntimeError("wrong")
        return seen


def attributes(model):
    """Every attribute of every layer, by identity; what a plain call renews itself is left out."""
    renewed = {"_call_context_args"}
    return {
        (id(layer), name): id(value)
        for layer in model._flatten_layers()
        for name, value in vars(layer).items()
        if name not in renewed
    }


def test_weights_are_those_that_the_layer_gives_when_asked():
    attention = attentive(name="attention")
    [focus] = record(functional(attention), INPUTS)
    assert focus.layer == "attention"
    assert focus.mask is None
    np.testing.assert_allclose(focus.weights, asked(attention, INPUTS), atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 32])
def test_batches_change_nothing(batch_size):
    model = functional(attentive())
    [whole], [focus] = record(model, INPUTS), record(model, INPUTS, batch_size)
    np.testing.assert_allclose(focus.weights, whole.weights, atol=1e-6)


def test_sequential_subclassed_and_nested_models_and_bare_layers_are_heard():
    class Attends(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="around")
            self.within = attentive(name="within")

        def call(self, inputs):
            return self.within(inputs, inputs)

    sequential = keras.Sequential([keras.Input((3, 8)), Attends()], name="inner")
    inputs = keras.Input((3, 8))
    nested = keras.Model(inputs, sequential(inputs))
    subclassed, bare = Subclassed(attentive(name="own")), Attends()
    assert [focus.layer for focus in record(sequential, INPUTS)] == ["around/within"]
    assert [focus.layer for focus in record(nested, INPUTS)] == ["inner/around/within"]
    assert [focus.layer for focus in record(subclassed, INPUTS)] == ["own"]
    assert [focus.layer for focus in record(bare, INPUTS)] == ["within"]
    np.testing.assert_allclose(record(bare, INPUTS)[0].weights, asked(bare.within, INPUTS), atol=1e-6)


def test_inputs_may_be_a_dict():
    text, memory = keras.Input((3, 8), name="text"), keras.Input((4, 8), name="memory")
    attention = attentive()
    model = keras.Model({"text": text, "memory": memory}, attention(text, memory))
    remembered = RANDOM.random((5, 4, 8), "float32")
    [focus] = record(model, {"text": INPUTS, "memory": remembered}, batch_size=2)
    expected = attention(INPUTS, remembered, return_attention_scores=True)[1]
    np.testing.assert_allclose(focus.weights, keras.ops.convert_to_numpy(expected), atol=1e-6)


def test_a_layer_that_is_called_twice_has_two_records_in_order():
    attention, inputs = attentive(), keras.Input((3, 8))
    model = keras.Model(inputs, attention(*[attention(inputs, inputs)] * 2, use_causal_mask=True))
    first, second = record(model, INPUTS)
    np.testing.assert_allclose(first.weights, asked(attention, INPUTS), atol=1e-6)
    once = attention(INPUTS, INPUTS)
    np.testing.assert_allclose(second.weights, asked(attention, once, use_causal_mask=True), atol=1e-6)
    np.testing.assert_array_equal(second.mask, np.broadcast_to(np.tri(3, dtype=bool), (5, 1, 3, 3)))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_nothing_of_the_model_changes(run_eagerly):
    attention = attentive(flash_attention=False, name="attention")
    inputs = keras.Input((3, 8))
    grouped = keras.layers.GroupQueryAttention(4, 4, 2)(inputs, attention(inputs, inputs))
    model = keras.Model(inputs, keras.layers.ActivityRegularization(0.1)(grouped))
    model.compile(loss="mse", run_eagerly=run_eagerly)
    answer = model.predict(INPUTS, verbose=0)
    compiled, before, losses = model.predict_function, attributes(model), list(model.losses)
    record(model, INPUTS)
    assert model.predict_function is compiled
    assert attributes(model) == before
    assert list(map(id, model.losses)) == list(map(id, losses))
    np.testing.assert_array_equal(model.predict(INPUTS, verbose=0), answer)


def test_nothing_of_the_model_changes_when_it_fails():
    model = Subclassed(attentive())
    model(INPUTS)
    before, model.wrong = attributes(model), True
    with pytest.raises(RuntimeError, match="wrong"):
        record(model, INPUTS)
    model.wrong = False
    assert attributes(model) == before


def test_equal_shapes_are_traced_once_and_weights_are_read_anew():
    traced = []

    class Traced(keras.layers.Layer):
        def call(self, inputs):
            traced.append(1)
            return inputs

    attention, inputs = attentive(), keras.Input((3, 8))
    model = keras.Model(inputs, attention(*[Traced()(inputs)] * 2))
    record(model, INPUTS)
    traced.clear()
    before = record(model, INPUTS)[0].weights
    attention.query_dense.kernel.assign(3 * attention.query_dense.kernel)
    after = record(model, INPUTS)[0].weights
    if keras.backend.backend() == "tensorflow":
        assert traced == []
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, asked(attention, INPUTS), atol=1e-6)


def test_a_layer_that_is_added_is_heard():
    model = keras.Sequential([keras.Input((3, 8)), Subclassed(attentive())])
    assert len(record(model, INPUTS)) == 1
    model.add(Subclassed(attentive()))
    assert len(record(model, INPUTS)) == 2


def test_a_model_that_is_gone_leaves_nothing_behind():
    model = functional(attentive())
    record(model, INPUTS)
    gone, recorders = weakref.ref(model), len(_RECORDERS)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None
    assert len(_RECORDERS) < recorders


def test_mixed_precision_gives_float32():
    attention = attentive(dtype="mixed_bfloat16")
    [focus] = record(functional(attention), INPUTS)
    assert focus.weights.dtype == np.float32
    np.testing.assert_allclose(focus.weights.sum(-1), 1, atol=0.02)


def test_padding_is_in_the_mask_and_has_no_weight():
    ids = np.array([[4, 2, 0], [3, 1, 2]])
    inputs = keras.Input((3,), dtype="int32")
    embedded = keras.layers.Embedding(5, 8, mask_zero=True)(inputs)
    focus: Any
    [focus] = record(keras.Model(inputs, attentive()(embedded, embedded)), ids)
    real = ids > 0
    np.testing.assert_array_equal(focus.mask, (real[:, :, None] & real[:, None])[:, None])
    assert not focus.weights[np.broadcast_to(~focus.mask, focus.weights.shape)].any()


@pytest.mark.parametrize(
    ("model", "inputs", "kwargs", "message"),
    [
        (
            keras.Sequential([keras.layers.Dense(2)]),
            INPUTS,
            {},
            "return_attention_scores`. Received: .*without",
        ),
        (functional(attentive()), INPUTS[:0], {}, "at least one example"),
        (functional(attentive()), INPUTS, {"batch_size": 0}, "batch_size=0"),
        (functional(attentive()), [INPUTS, INPUTS[:2]], {}, r"at least one example"),
    ],
)
def test_what_cannot_be_recorded_is_an_error(model, inputs, kwargs, message):
    with pytest.raises(ValueError, match=message):
        record(model, inputs, **kwargs)


def test_attention_that_is_never_called_is_an_error():
    class Idle(Subclassed):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match="none of them was called"):
        record(Idle(attentive()), INPUTS)


@pytest.mark.parametrize("loop", [keras.ops.map, keras.ops.vectorized_map])
def test_attention_in_a_loop_that_cannot_be_looked_into_is_an_error(loop):
    class Loops(Subclassed):
        def call(self, inputs):
            return loop(lambda x: self.attention(x[None], x[None])[0], inputs)

    with pytest.raises(ValueError, match="called in a loop or function of its own"):
        record(Loops(attentive()), INPUTS)
