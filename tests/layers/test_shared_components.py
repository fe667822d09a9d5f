"""Components that several layers share: saved, loaded, cloned, and checked for the sizes of each layer."""

import itertools
from typing import Any

import keras
import numpy as np
import pytest

from foveal import layers
from foveal.layers import (
    AdaptiveHalting,
    AttentionCell,
    AttentionRNN,
    EncoderBlock,
    MonotonicAttention,
    MultiHeadAttention,
    SelfAttention,
    SoftAttention,
    biases,
    distributions,
    scores,
)

BATCH, QUERIES, KEYS, HEADS, KEY_DIM = 2, 3, 5, 2, 4
DIM = HEADS * KEY_DIM
rng = np.random.default_rng(0)
DATA = {
    "query": rng.normal(size=(BATCH, QUERIES, DIM)).astype("float32"),
    "value": rng.normal(size=(BATCH, KEYS, DIM)).astype("float32"),
    "prior": rng.random((BATCH, QUERIES, KEYS)).astype("float32"),
}
ARGUMENTS = {
    "diagonal": {"slope": 0.8},
    "adaptive_span": {"max_span": 4, "ramp": 2},
    "relative": {"num_buckets": 8, "max_distance": 5, "initializer": "random_normal"},
    "learned": {"max_distance": 2, "initializer": "random_normal"},
}


def make_components(room):
    return [kind(**ARGUMENTS.get(name, {})) for name, kind in room.REGISTRY.items()]


def component_groups():
    """Return dicts of components, one for each slot, in which each component occurs at least once."""
    rows = zip(
        itertools.cycle(make_components(scores)),
        make_components(biases),
        [*make_components(distributions), layers.TopK(2), layers.MonotonicChunkwise(2), layers.Softmax(0.5)],
        strict=False,
    )
    groups = [
        {"score": score, "bias": bias, "distribution": distribution} for score, bias, distribution in rows
    ]
    per_head = layers.PerHead(["entmax", "sparsemax"])
    return [
        *groups,
        {"distribution": per_head, "gate": layers.StreamSentinel(DIM), "bias": biases.LearnedBias(2)},
    ]


def make_layer(parts, name=None):
    parts = {**parts, "bias": ["alibi", parts["bias"]]}
    if "gate" in parts:
        return MultiHeadAttention(HEADS, KEY_DIM, name=name, **parts)
    return SoftAttention(name=name, **parts)


@pytest.fixture(scope="module")
def model():
    """A model with two layers for each group of components, three for the last."""
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input(array.shape[1:], name=name) for name, array in DATA.items()}
    outputs, groups = [], component_groups()
    assert len(groups) == 12
    for index, parts in enumerate(groups):
        names = ("query", "value", *["prior"] * parts["bias"].needs_prior)
        for copy in range(2 + (parts is groups[-1])):
            layer = make_layer(parts, name=f"layer_{index}_{copy}")
            outputs.append(layer(**{name: inputs[name] for name in names}))
    return keras.Model(inputs, outputs)


def components_of(layer):
    """Return the components of a layer that the layers of its group share."""
    if isinstance(layer, MultiHeadAttention):
        return [layer.bias[1], layer.distribution, layer.gate]
    return [layer.score, layer.bias[1], layer.distribution]


def attention_layers(model):
    return [layer for layer in model.layers if layer.name.startswith("layer_")]


def assert_shared(restored, model):
    """Assert that the layers of each group hold the same components, and that the models are equal."""
    for _, group in itertools.groupby(attention_layers(restored), lambda layer: layer.name.split("_")[1]):
        first, *others = map(components_of, group)
        assert others
        for other in others:
            assert all(a is b for a, b in zip(first, other, strict=True))
    parts, originals = (
        {id(part) for layer in attention_layers(x) for part in components_of(layer)}
        for x in (restored, model)
    )
    assert len(parts) == len(originals)
    assert not parts & originals
    assert len(restored.weights) == len(model.weights)
    assert_equal_outputs(restored, model, DATA)


def assert_equal_outputs(restored, model, data):
    for a, e in zip(keras.tree.flatten(restored(data)), keras.tree.flatten(model(data)), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(e))


def save_and_load(model, path):
    model.save(path / "model.keras")
    return keras.saving.load_model(path / "model.keras")


RESTORE = {
    "clone_model": keras.models.clone_model,
    "from_config": lambda model: type(model).from_config(model.get_config()),
    "model_from_json": lambda model: keras.models.model_from_json(model.to_json()),
}


def test_loaded_model_shares_every_component(model, tmp_path):
    loaded = save_and_load(model, tmp_path)
    assert_shared(loaded, model)
    loaded.save_weights(tmp_path / "model.weights.h5")
    model.load_weights(tmp_path / "model.weights.h5")


@pytest.mark.slow
@pytest.mark.parametrize("name", RESTORE)
def test_restored_model_shares_every_component(model, name):
    restored = RESTORE[name](model)
    restored.set_weights(model.get_weights())
    assert_shared(restored, model)


# --- layers that hold other layers --------------------------------------------------------------------


@keras.saving.register_keras_serializable(package="tests")
class TwoBlocks(keras.layers.Layer):
    """Two blocks in one layer."""

    def __init__(self, first, second, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second = first, second

    def call(self, inputs):
        return self.second(self.first(inputs))

    def get_config(self):
        blocks = {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("first", "second")
        }
        return {**super().get_config(), **blocks}

    @classmethod
    def from_config(cls, config):
        blocks = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("first", "second")}
        return cls(**{**config, **blocks})


@keras.saving.register_keras_serializable(package="tests")
class TwoLayerModel(keras.Model):
    """Subclassed model of two layers."""

    def __init__(self, first, second, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second = first, second

    def call(self, inputs):
        return self.second(self.first(inputs))

    def get_config(self):
        return {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("first", "second")
        }

    @classmethod
    def from_config(cls, config):
        return cls(*(keras.saving.deserialize_keras_object(config[name]) for name in ("first", "second")))


def functional(*calls):
    inputs = x = keras.Input((QUERIES, DIM))
    for layer in calls:
        x = layer(x)
    return keras.Model(inputs, x)


def encoder(bias):
    return EncoderBlock(HEADS, 7, bias=bias)


def shared_bias():
    return biases.LearnedBias(2, initializer="random_normal")


def nested_models():
    """Return models by name, and functions of a model that return what must be one object."""
    bias = shared_bias()
    yield "blocks", functional(encoder(bias), encoder(bias)), lambda m: [x.bias[0] for x in m.layers[1:]]
    bias = shared_bias()
    yield (
        "layer of blocks",
        functional(TwoBlocks(encoder(bias), encoder(bias)), SelfAttention(HEADS, KEY_DIM, bias=bias)),
        lambda m: [m.layers[1].first.bias[0], m.layers[1].second.bias[0], m.layers[2].bias[0]],
    )
    bias = shared_bias()
    subclassed = TwoLayerModel(encoder(bias), encoder(bias))
    subclassed(DATA["query"])
    yield "subclassed model", subclassed, lambda m: [m.first.bias[0], m.second.bias[0]]
    bias = shared_bias()
    inner = functional(encoder(bias))
    yield (
        "nested model",
        functional(inner, encoder(bias)),
        lambda m: [m.layers[1].layers[1].bias[0], m.layers[2].bias[0]],
    )
    bias = shared_bias()
    yield (
        "sequential",
        keras.Sequential([keras.Input((QUERIES, DIM)), encoder(bias), encoder(bias)]),
        lambda m: [layer.bias[0] for layer in m.layers],
    )
    block = keras.layers.Dense(DIM)
    yield (
        "block",
        functional(AdaptiveHalting(block, 2), AdaptiveHalting(block, 3)),
        lambda m: [layer.block for layer in m.layers[1:]],
    )
    cell = AttentionCell(keras.layers.GRUCell(4), SoftAttention("additive"))
    inputs = keras.Input((QUERIES, DIM))
    model = keras.Model(inputs, [AttentionRNN(cell)(inputs, inputs)[0] for _ in range(2)])
    yield "cell", model, lambda m: [layer.cell for layer in m.layers if isinstance(layer, AttentionRNN)]
    score = scores.Additive()
    layer = MonotonicAttention(score, chunk_size=2, chunk_score=score)
    model = keras.Model(inputs, layer(inputs, inputs))
    yield "score twice in a layer", model, lambda m: [m.layers[1].score, m.layers[1].chunk_score]


NESTED = [
    "blocks",
    "layer of blocks",
    "subclassed model",
    "nested model",
    "sequential",
    "block",
    pytest.param("cell", marks=pytest.mark.slow),
    "score twice in a layer",
]


@pytest.fixture(scope="module")
def nested():
    return {name: (model, objects) for name, model, objects in nested_models()}


@pytest.mark.parametrize("name", NESTED)
def test_component_in_nested_layers_stays_shared(nested, name, tmp_path):
    model, objects = nested[name]
    names = ["from_config"] if isinstance(model, TwoLayerModel) else ["from_config", "clone_model"]
    for copy in (save_and_load(model, tmp_path), *(RESTORE[how](model) for how in names)):
        copy(DATA["query"])
        first, *others = objects(copy)
        assert first is not objects(model)[0]
        assert all(other is first for other in others)
        assert len(copy.weights) == len(model.weights)
        copy.set_weights(model.get_weights())
        assert_equal_outputs(copy, model, DATA["query"])


def test_layer_in_graph_and_in_halting_is_loaded_as_one(tmp_path):
    for order in (1, -1):
        block = keras.layers.Dense(DIM)
        model = functional(*[block, AdaptiveHalting(block, 2)][::order])
        loaded = save_and_load(model, tmp_path)
        halting, dense = (
            next(layer for layer in loaded.layers if isinstance(layer, kind))
            for kind in (AdaptiveHalting, keras.layers.Dense)
        )
        assert halting.block is dense
        assert_equal_outputs(loaded, model, DATA["query"])


def test_clones_share_nothing_with_each_other():
    bias = shared_bias()
    model = functional(encoder(bias), encoder(bias))
    biases_of_clones = [keras.models.clone_model(model).layers[1].bias[0] for _ in range(2)]
    copies = [EncoderBlock.from_config(model.layers[1].get_config()).bias[0] for _ in range(2)]
    assert len({id(part) for part in [bias, *biases_of_clones, *copies]}) == 5


@pytest.mark.parametrize("is_shared", [False, True])
def test_config_of_a_single_layer_has_no_id(is_shared):
    bias = shared_bias()
    block, others = encoder(bias), [encoder(bias) for _ in range(is_shared)]
    block.build((None, 3, DIM))
    copy = EncoderBlock.from_config(block.get_config())
    assert "shared_object_id" not in str(block.get_config())
    assert copy.get_config() == block.get_config()
    assert len(others) == is_shared


# --- sizes --------------------------------------------------------------------------------------------

PER_HEAD: dict[str, Any] = {
    "alibi": lambda: {"bias": biases.AlibiBias()},
    "relative": lambda: {"bias": biases.RelativeBias()},
    "learned": lambda: {"bias": biases.LearnedBias(2)},
    "span": lambda: {"bias": biases.AdaptiveSpan(4, 2)},
    "coverage": lambda: {"bias": biases.CoverageBias()},
    "entmax": lambda: {"distribution": layers.Entmax()},
    "monotonic": lambda: {"distribution": layers.Monotonic()},
    "chunkwise": lambda: {"distribution": layers.MonotonicChunkwise()},
}


@pytest.mark.parametrize("name", PER_HEAD)
def test_component_of_other_number_of_heads_raises(name):
    parts = PER_HEAD[name]()
    MultiHeadAttention(2, KEY_DIM, **parts).build((None, 3, DIM), (None, 5, DIM))
    other = MultiHeadAttention(3, KEY_DIM, **parts)
    with pytest.raises(ValueError, match=r"was built for heads=2\. Received: heads=3"):
        other.build((None, 3, DIM), (None, 5, DIM))


OTHER_WIDTH: dict[str, Any] = {
    "additive": lambda: {"score": scores.Additive()},
    "concat": lambda: {"score": scores.Concat()},
    "general": lambda: {"score": scores.General()},
    "location": lambda: {"score": scores.Location()},
    "predicted gaussian": lambda: {"bias": biases.PredictedGaussianBias()},
    "sentinel": lambda: {"gate": layers.StreamSentinel(DIM)},
}


@pytest.mark.parametrize("name", OTHER_WIDTH)
def test_component_of_other_width_raises(name):
    parts = OTHER_WIDTH[name]()
    built_for, received = (DIM, DIM + 2) if "gate" in parts else (KEY_DIM, KEY_DIM + 1)
    MultiHeadAttention(HEADS, KEY_DIM, **parts).build((None, 3, DIM), (None, 5, DIM))
    other = MultiHeadAttention(HEADS, KEY_DIM + ("gate" not in parts), **parts)
    message = rf"was built for .*query_dim={built_for}.*Received: .*query_dim={received}"
    with pytest.raises(ValueError, match=message):
        other.build((None, 3, DIM + 2), (None, 5, DIM))


def test_component_without_weights_checks_every_layer():
    score, rotary = scores.Dot(), biases.Rotary()
    SoftAttention(score).build((None, 3, 4), (None, 5, 4))
    with pytest.raises(ValueError, match="same width"):
        SoftAttention(score).build((None, 3, 4), (None, 5, 6))
    SoftAttention(bias=rotary).build((None, 3, 4), (None, 5, 4))
    with pytest.raises(ValueError, match="even width"):
        SoftAttention(bias=rotary).build((None, 3, 5), (None, 5, 5))


def test_component_without_sizes_serves_layers_of_any_heads():
    score, bias = scores.Additive(units=3), biases.GaussianBias(2.0)
    for heads in (2, 3):
        output = MultiHeadAttention(heads, KEY_DIM, score=score, bias=bias)(DATA["query"], DATA["value"])
        assert tuple(output.shape) == (BATCH, QUERIES, DIM)


def test_gate_of_other_width_than_the_heads_raises():
    gate = MultiHeadAttention(2, 4, gate="sentinel")
    gate(DATA["query"], DATA["value"])
    with pytest.raises(ValueError, match=r"`gate` must return a sentinel of width 12.*Received: .*8"):
        MultiHeadAttention(3, 4, gate=gate.gate)(DATA["query"], DATA["value"])
