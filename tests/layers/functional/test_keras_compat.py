"""The private attributes of Keras that foveal relies on still exist and mean the same."""

import keras
import numpy as np
import pytest

from foveal.layers.functional import keras_compat

CHANGED = f"Keras {keras.__version__} changed a private attribute: update layers/functional/keras_compat.py."


def small_model():
    inputs = keras.Input((3,))
    return keras.Sequential(
        [inputs, keras.Sequential([keras.layers.Dense(2, name="inner")]), keras.layers.ReLU()]
    )


def test_keras_mask_returns_mask_of_embedding():
    embedded = keras.layers.Embedding(5, 4, mask_zero=True)(np.array([[1, 2, 0]]))
    mask = keras_compat.keras_mask(embedded)
    assert mask is not None, CHANGED
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(mask), [[True, True, False]])


@pytest.mark.parametrize("tensor", [np.zeros(2), keras.Input((2,)), None])
def test_keras_mask_without_mask_is_none(tensor):
    assert keras_compat.keras_mask(tensor) is None


def test_all_layers_returns_nested_layers_once():
    model = small_model()
    names = [layer.name for layer in keras_compat.all_layers(model)]
    assert names[0] == model.name, CHANGED
    assert names.count("inner") == 1, CHANGED


def test_sublayers_excludes_the_layer_and_nested_layers():
    model = small_model()
    names = {layer.name for layer in keras_compat.sublayers(model)}
    assert {layer.name for layer in model.layers} <= names, CHANGED
    assert not {model.name, "inner"} & names, CHANGED


@pytest.mark.parametrize("jit_compile", [True, False])
def test_uses_jit_returns_the_compiled_setting(jit_compile):
    model = small_model()
    model.compile(jit_compile=jit_compile)
    assert keras_compat.uses_jit(model) is jit_compile, CHANGED


def test_uses_jit_restores_the_unresolved_setting():
    model = small_model()
    model.compile(jit_compile="auto")
    assert "_jit_compile" in vars(model), CHANGED
    before = vars(model)["_jit_compile"]
    keras_compat.uses_jit(model)
    assert vars(model)["_jit_compile"] == before


def test_call_state_lists_attributes_that_exist():
    layer = keras.layers.Dense(2, kernel_regularizer="l2")
    layer(np.ones((1, 3)))
    missing = [name for name in keras_compat.call_state(layer) if not hasattr(layer, name)]
    assert not missing, CHANGED


def test_call_state_keeps_current_values():
    layer = keras.layers.Dense(2)
    before = keras_compat.call_state(layer)
    layer(np.ones((1, 3)))
    assert before["_called"] is False, CHANGED
    assert keras_compat.call_state(layer)["_called"] is True, CHANGED


@pytest.mark.parametrize(
    "layer", [keras.layers.MultiHeadAttention(2, 3), keras.layers.GroupQueryAttention(3, 2, 1)]
)
def test_unfused_attention_names_the_attributes_of_keras(layer):
    attributes = keras_compat.unfused_attention(layer)
    assert attributes, CHANGED
    assert hasattr(layer, "_flash_attention"), CHANGED
    assert keras_compat.unfused_attention(keras.layers.Dense(2)) == {}


@pytest.mark.parametrize("kind", keras_compat.WEIGHT_METHODS)
def test_weight_methods_exist(kind):
    missing = [name for name in keras_compat.WEIGHT_METHODS[kind] if not callable(getattr(kind, name, None))]
    assert not missing, CHANGED


def test_reset_compiled_functions_makes_keras_trace_again():
    model = small_model()
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    model.predict_on_batch(np.ones((1, 3)))
    assert model.predict_function is not None, CHANGED
    keras_compat.reset_compiled_functions(model)
    assert (model.train_function, model.test_function, model.predict_function) == (None, None, None)
    model.predict_on_batch(np.ones((1, 3)))


def test_has_symbolic_calls_of_layer_in_functional_model():
    layer = keras.layers.Dense(2)
    layer(np.ones((1, 3), "float32"))
    assert not keras_compat.has_symbolic_calls(layer), CHANGED
    layer(keras.Input((3,)))
    assert keras_compat.has_symbolic_calls(layer), CHANGED


@keras.saving.register_keras_serializable(package="tests")
class RestoredLayer(keras.layers.Layer):
    """Layer that records the restored objects of the running call."""

    scopes: list[dict] = []

    def call(self, inputs):
        return inputs

    @classmethod
    def from_config(cls, config):
        cls.scopes.append(keras_compat.restored_objects())
        return super().from_config(config)


RESTORE = {
    "clone_model": keras.models.clone_model,
    "from_config": lambda model: keras.Model.from_config(model.get_config()),
    "model_from_json": lambda model: keras.models.model_from_json(model.to_json()),
    "deserialize_keras_object": lambda model: keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model)
    ),
}


@pytest.mark.parametrize("name", RESTORE)
def test_restored_objects_are_those_of_one_outermost_call(name):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, RestoredLayer()(RestoredLayer()(inputs)))
    RestoredLayer.scopes.clear()
    for _ in range(2):
        RESTORE[name](model)
    first, second, third, fourth = RestoredLayer.scopes
    assert first is second, CHANGED
    assert third is fourth, CHANGED
    assert first is not third, CHANGED


def test_restored_objects_of_load_model_are_not_those_of_its_caller(tmp_path):
    inputs = keras.Input((3,))
    keras.Model(inputs, RestoredLayer()(inputs)).save(tmp_path / "model.keras")
    RestoredLayer.scopes.clear()

    def from_config():
        for _ in range(2):
            keras.saving.load_model(tmp_path / "model.keras")

    from_config()
    assert RestoredLayer.scopes[0] is not RestoredLayer.scopes[1], CHANGED


@keras.saving.register_keras_serializable(package="tests")
class SerializedLayer(keras.layers.Layer):
    """Layer whose config tells whether several layers are serialized."""

    def __init__(self, several=None, **kwargs):
        super().__init__(**kwargs)

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {**super().get_config(), "several": keras_compat.serializes_several_layers()}


class SerializedChild(SerializedLayer):
    """Layer whose `get_config` calls that of its base class."""

    def get_config(self):
        return {**super().get_config()}


def test_serializes_several_layers_inside_of_a_model_only():
    layer = SerializedChild()
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer(inputs))
    assert not layer.get_config()["several"], CHANGED
    assert keras.saving.serialize_keras_object(layer)["config"]["several"], CHANGED
    assert model.get_config()["layers"][1]["config"]["several"], CHANGED
    recorded = []

    def clone(layer):
        recorded.append(layer.get_config()["several"])
        return layer

    keras.models.clone_model(model, clone_function=clone)
    assert any(recorded), CHANGED


@pytest.mark.parametrize("stacked", [False, True])
def test_precomputed_dropout_caches_masks_and_resets_them(stacked):
    inner = keras.layers.GRUCell(2, dropout=0.5, recurrent_dropout=0.5)
    cell = keras.layers.StackedRNNCells([inner]) if stacked else inner
    inputs, states = np.ones((1, 3), "float32"), cell.get_initial_state(1)

    def step():
        cell(inputs, states, training=True)

    with keras_compat.precomputed_dropout(cell, step):
        assert inner._dropout_mask is not None, CHANGED
        assert inner._recurrent_dropout_mask is not None, CHANGED
    assert inner._dropout_mask is None, CHANGED
    assert inner._recurrent_dropout_mask is None, CHANGED


def test_autocast_scope_casts_variables():
    variable = keras.Variable(np.ones(2), dtype="float32")
    for dtype, expected in (("float16", "float16"), (None, "float32")):
        with keras_compat.autocast_scope("bfloat16"), keras_compat.autocast_scope(dtype):
            assert keras.backend.standardize_dtype(variable.value.dtype) == expected, CHANGED
    assert keras.backend.standardize_dtype(variable.value.dtype) == "float32"
