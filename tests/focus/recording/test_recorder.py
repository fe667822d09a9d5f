import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from foveal.focus import record
from foveal.focus.recording.recorder import _RECORDERS
from foveal.layers import SelfAttention
from foveal.layers.functional.keras_compat import all_layers

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.random((5, 3, 8), "float32")


def multi_head_attention(**kwargs):
    return keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, **kwargs)


def functional_model(attention):
    inputs = keras.Input((3, 8))
    return keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))


def returned_scores(attention, inputs, **kwargs):
    weights = attention(inputs, inputs, return_attention_scores=True, **kwargs)[1]
    return keras.ops.convert_to_numpy(weights)


class SubclassedModel(keras.Model):
    def __init__(self, attention, fails=False):
        super().__init__()
        self.attention, self.fails = attention, fails

    def call(self, inputs):
        context = self.attention(inputs, inputs)
        if self.fails:
            raise RuntimeError("failure")
        return context


def attributes(model):
    """Every attribute of every layer, by identity, except those that every call sets."""
    set_by_call = {"_call_context_args"}
    return {
        (id(layer), name): id(value)
        for layer in all_layers(model)
        for name, value in vars(layer).items()
        if name not in set_by_call
    }


def test_record_matches_returned_scores():
    attention = multi_head_attention(name="attention")
    [focus] = record(functional_model(attention), INPUTS)
    assert focus.layer == "attention"
    assert focus.mask is None
    np.testing.assert_allclose(focus.weights, returned_scores(attention, INPUTS), atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 32])
def test_record_is_independent_of_batch_size(batch_size):
    model = functional_model(multi_head_attention())
    [expected], [focus] = record(model, INPUTS), record(model, INPUTS, batch_size)
    np.testing.assert_allclose(focus.weights, expected.weights, atol=1e-6)


def test_record_of_all_model_types():
    class SelfAttentionLayer(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = multi_head_attention(name="inner_attention")

        def call(self, inputs):
            return self.inner(inputs, inputs)

    sequential = keras.Sequential([keras.Input((3, 8)), SelfAttentionLayer()], name="inner")
    inputs = keras.Input((3, 8))
    nested = keras.Model(inputs, sequential(inputs))
    subclassed, bare = SubclassedModel(multi_head_attention(name="own")), SelfAttentionLayer()
    assert [focus.layer for focus in record(sequential, INPUTS)] == ["outer/inner_attention"]
    assert [focus.layer for focus in record(nested, INPUTS)] == ["inner/outer/inner_attention"]
    assert [focus.layer for focus in record(subclassed, INPUTS)] == ["own"]
    assert [focus.layer for focus in record(bare, INPUTS)] == ["inner_attention"]
    np.testing.assert_allclose(
        record(bare, INPUTS)[0].weights, returned_scores(bare.inner, INPUTS), atol=1e-6
    )


def test_record_accepts_dict_inputs():
    text, memory = keras.Input((3, 8), name="text"), keras.Input((4, 8), name="memory")
    attention = multi_head_attention()
    model = keras.Model({"text": text, "memory": memory}, attention(text, memory))
    memory_inputs = RANDOM.random((5, 4, 8), "float32")
    [focus] = record(model, {"text": INPUTS, "memory": memory_inputs}, batch_size=2)
    expected = attention(INPUTS, memory_inputs, return_attention_scores=True)[1]
    np.testing.assert_allclose(focus.weights, keras.ops.convert_to_numpy(expected), atol=1e-6)


def test_record_of_repeated_call_has_two_records():
    attention, inputs = multi_head_attention(), keras.Input((3, 8))
    model = keras.Model(inputs, attention(*[attention(inputs, inputs)] * 2, use_causal_mask=True))
    first, second = record(model, INPUTS)
    np.testing.assert_allclose(first.weights, returned_scores(attention, INPUTS), atol=1e-6)
    once = attention(INPUTS, INPUTS)
    np.testing.assert_allclose(
        second.weights, returned_scores(attention, once, use_causal_mask=True), atol=1e-6
    )
    np.testing.assert_array_equal(second.mask, np.broadcast_to(np.tri(3, dtype=bool), (5, 1, 3, 3)))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_record_leaves_model_unchanged(run_eagerly):
    attention = multi_head_attention(flash_attention=False, name="attention")
    inputs = keras.Input((3, 8))
    grouped = keras.layers.GroupQueryAttention(4, 4, 2)(inputs, attention(inputs, inputs))
    model = keras.Model(inputs, keras.layers.ActivityRegularization(0.1)(grouped))
    model.compile(loss="mse", run_eagerly=run_eagerly)
    output = model.predict(INPUTS, verbose=0)
    compiled, before, losses = model.predict_function, attributes(model), list(model.losses)
    record(model, INPUTS)
    assert model.predict_function is compiled
    assert attributes(model) == before
    assert list(map(id, model.losses)) == list(map(id, losses))
    np.testing.assert_array_equal(model.predict(INPUTS, verbose=0), output)


def test_failed_record_leaves_model_unchanged():
    model = SubclassedModel(multi_head_attention())
    model(INPUTS)
    before, model.fails = attributes(model), True
    with pytest.raises(RuntimeError, match="failure"):
        record(model, INPUTS)
    model.fails = False
    assert attributes(model) == before


def test_record_reuses_compiled_recorder_with_current_weights():
    traces = []

    class TracedLayer(keras.layers.Layer):
        def call(self, inputs):
            traces.append(1)
            return inputs

    attention, inputs = multi_head_attention(), keras.Input((3, 8))
    model = keras.Model(inputs, attention(*[TracedLayer()(inputs)] * 2))
    record(model, INPUTS)
    traces.clear()
    before = record(model, INPUTS)[0].weights
    attention.query_dense.kernel.assign(3 * attention.query_dense.kernel)
    after = record(model, INPUTS)[0].weights
    if keras.backend.backend() == "tensorflow":
        assert traces == []
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, returned_scores(attention, INPUTS), atol=1e-6)


def test_record_includes_added_layers():
    model = keras.Sequential([keras.Input((3, 8)), SubclassedModel(multi_head_attention())])
    assert len(record(model, INPUTS)) == 1
    model.add(SubclassedModel(multi_head_attention()))
    assert len(record(model, INPUTS)) == 2


def test_recorders_are_released_with_model():
    model = functional_model(multi_head_attention())
    record(model, INPUTS)
    reference, recorders = weakref.ref(model), len(_RECORDERS)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert reference() is None
    assert len(_RECORDERS) < recorders


def test_record_of_mixed_precision_is_float32():
    attention = multi_head_attention(dtype="mixed_bfloat16")
    [focus] = record(functional_model(attention), INPUTS)
    assert focus.weights.dtype == np.float32
    np.testing.assert_allclose(focus.weights.sum(-1), 1, atol=0.02)


def test_record_masks_padding():
    ids = np.array([[4, 2, 0], [3, 1, 2]])
    inputs = keras.Input((3,), dtype="int32")
    embedded = keras.layers.Embedding(5, 8, mask_zero=True)(inputs)
    focus: Any
    [focus] = record(keras.Model(inputs, multi_head_attention()(embedded, embedded)), ids)
    padding_mask = ids > 0
    np.testing.assert_array_equal(focus.mask, (padding_mask[:, :, None] & padding_mask[:, None])[:, None])
    assert not focus.weights[np.broadcast_to(~focus.mask, focus.weights.shape)].any()


@pytest.mark.parametrize(
    ("model", "inputs", "kwargs", "message"),
    [
        (
            keras.Sequential([keras.layers.Dense(2)]),
            INPUTS,
            {},
            "return_attention_scores`. Received: model=.*without",
        ),
        (functional_model(multi_head_attention()), INPUTS[:0], {}, "at least one example"),
        (functional_model(multi_head_attention()), INPUTS, {"batch_size": 0}, "batch_size=0"),
        (functional_model(multi_head_attention()), [INPUTS, INPUTS[:2]], {}, r"at least one example"),
    ],
)
def test_invalid_inputs_raise(model, inputs, kwargs, message):
    with pytest.raises(ValueError, match=message):
        record(model, inputs, **kwargs)


def test_uncalled_attention_raises():
    class IdleModel(SubclassedModel):
        def call(self, inputs):
            return inputs

    attention = multi_head_attention()
    attention.build(INPUTS.shape, INPUTS.shape)
    with pytest.raises(ValueError, match="a model that calls none"):
        record(IdleModel(attention), INPUTS)


@pytest.mark.parametrize("loop", [keras.ops.map, keras.ops.vectorized_map])
def test_attention_in_backend_loop_raises(loop):
    class LoopModel(SubclassedModel):
        def call(self, inputs):
            return loop(lambda x: self.attention(x[None], x[None])[0], inputs)

    with pytest.raises(ValueError, match="called in a backend loop or function"):
        record(LoopModel(multi_head_attention()), INPUTS)


def test_input_without_a_batch_axis_raises():
    inputs = keras.Input((3, 8))
    functional = keras.Model(inputs, multi_head_attention()(inputs, inputs))
    subclassed = SubclassedModel(multi_head_attention())
    subclassed(INPUTS)
    sequential = keras.Sequential([keras.layers.Embedding(9, 8), SelfAttention(2, 4)])
    ids = np.ones((4, 6), int)
    sequential(ids)
    for model, example in (
        *((model, INPUTS[0]) for model in (functional, subclassed, SelfAttention(2, 4))),
        (sequential, ids[0]),
    ):
        with pytest.raises(
            ValueError, match=r"`inputs` must have a batch axis: `x\[None\]`.* Received: one ex"
        ):
            record(model, example)
    with pytest.raises(ValueError, match=r"batch axis.*shapes \[\(3, 8\), \(4, 8\)\]"):
        record(functional, [INPUTS[0], np.ones((4, 8))])


def test_input_without_a_batch_axis_of_an_unbuilt_model_has_a_note():
    model = SubclassedModel(multi_head_attention())
    with pytest.raises((ValueError, IndexError)) as raised:
        record(model, np.ones(6, "float32"))
    assert any("batch axis" in note for note in raised.value.__notes__)


def test_record_has_the_kind_of_its_gate():
    inputs = keras.Input((3, 8))
    kinds = {}
    for gate in ("sentinel", "output"):
        model = keras.Model(inputs, SelfAttention(2, 4, gate=gate)(inputs))
        [focus] = record(model, INPUTS)
        assert focus.gate is not None
        assert focus.gate.shape == (5, 2, 3)
        kinds[gate] = focus.gate_kind
    assert kinds == {"sentinel": "sentinel", "output": "output"}
