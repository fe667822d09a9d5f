"""Multi-head attention against the layers of Keras; gate, caches and invalid arguments."""

import inspect

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention

rng = np.random.default_rng(0)
QUERY, VALUE, KEY = (rng.normal(size=(2, *shape)).astype("float32") for shape in ((3, 6), (4, 5), (4, 7)))
QUERY_MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
VALUE_MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)
ATTENTION_MASK = rng.random((2, 3, 4)) > 0.4
MASKS = {
    "none": {},
    "query": {"query_mask": QUERY_MASK},
    "value": {"value_mask": VALUE_MASK},
    "key": {"key_mask": VALUE_MASK},
    "attention": {"attention_mask": ATTENTION_MASK},
    "causal": {"use_causal_mask": True},
    "row": {"value_mask": np.zeros((2, 4), bool)},
    "all": {
        "query_mask": QUERY_MASK,
        "value_mask": VALUE_MASK,
        "attention_mask": ATTENTION_MASK,
        "use_causal_mask": True,
    },
}
HEADS, KEY_DIM, VALUE_DIM = 2, 4, 3


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_layer(layer, *args, **kwargs):
    return to_numpy(layer(*args, return_attention_scores=True, **kwargs))


def keras_masks(query_mask=None, **masks):
    """Convert the masks for Keras, which replaces an explicit `query_mask` by the Keras mask of the query."""
    if query_mask is None:
        return masks
    mask = masks.get("attention_mask", np.ones((2, 3, 4), bool))
    return {**masks, "attention_mask": mask & query_mask[:, :, None]}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_multi_head_attention_matches_keras(masks):
    peer = keras.layers.MultiHeadAttention(
        HEADS, KEY_DIM, VALUE_DIM, output_shape=8, bias_initializer="random_normal"
    )
    layer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM, output_shape=8)
    for attention in (peer, layer):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    layer.set_weights(peer.get_weights())
    expected = run_layer(peer, QUERY, VALUE, KEY, **keras_masks(**masks))
    output, weights = run_layer(layer, QUERY, VALUE, KEY, **masks)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("groups", [1, 3, 6])
def test_grouped_attention_matches_keras(groups, masks):
    peer = keras.layers.GroupQueryAttention(KEY_DIM, 6, groups, bias_initializer="random_normal")
    layer = MultiHeadAttention(6, KEY_DIM, num_key_value_heads=groups)
    for attention in (peer, layer):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    layer.set_weights(peer.get_weights())
    expected = run_layer(peer, QUERY, VALUE, KEY, **keras_masks(**masks))
    output, weights = run_layer(layer, QUERY, VALUE, KEY, **masks)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)


def softmax(x):
    x = np.exp(x - x.max())
    return x / x.sum()


def dense(layer, x):
    """Apply a projection from or to heads, whose features lie side by side."""
    bias = to_numpy(layer.bias).ravel()
    return x @ to_numpy(layer.kernel).reshape(x.shape[-1], bias.size) + bias


def test_gate_matches_sentinel_as_additional_key():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output, weights, decisions = run_layer(layer, QUERY, VALUE, value_mask=VALUE_MASK, return_decisions=True)
    query, key, value = (
        dense(d, x)
        for d, x in (
            (layer.query_dense, QUERY),
            (layer.key_dense, VALUE),
            (layer.value_dense, VALUE),
        )
    )
    assert layer.gate is not None
    open_gate = 1 / (1 + np.exp(-dense(layer.gate.gate_dense, QUERY)))
    sentinel = open_gate * np.tanh(dense(layer.gate.memory_dense, QUERY))
    mixed = np.zeros((2, 3, HEADS * KEY_DIM))
    for b, h, t in np.ndindex(2, HEADS, 3):
        head = slice(h * KEY_DIM, (h + 1) * KEY_DIM)
        visible = VALUE_MASK[b]
        q, s = query[b, t, head], sentinel[b, t, head]
        z, z_s = key[b, visible][:, head] @ q / 2, s @ q / 2
        alpha, beta = softmax(z), softmax(np.append(z, z_s))[-1]
        mixed[b, t, head] = beta * s + (1 - beta) * alpha @ value[b, visible][:, head]
        np.testing.assert_allclose(weights[b, h, t, visible], alpha, atol=1e-5)
        np.testing.assert_allclose(decisions["gate"][b, h, t], beta, atol=1e-5)
    np.testing.assert_allclose(output, dense(layer.output_dense, mixed), atol=1e-5)


def test_fully_masked_keys_return_sentinel():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output = to_numpy(layer(QUERY, VALUE, value_mask=np.zeros((2, 4), bool)))
    assert layer.gate is not None
    expected = dense(layer.output_dense, to_numpy(layer.gate(QUERY)))
    np.testing.assert_allclose(output, expected, atol=1e-6)


def test_gate_with_other_value_dim_raises():
    with pytest.raises(
        ValueError, match=r"`value_dim` must equal `key_dim`, 4, with a gate.*Received: value_dim=3"
    ):
        MultiHeadAttention(2, 4, 3, gate="sentinel")


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("gate", [None, "sentinel"])
def test_memory_cache_matches_direct_call(score, gate):
    layer = MultiHeadAttention(HEADS, KEY_DIM, score=score, gate=gate)
    expected = run_layer(layer, QUERY, VALUE, KEY, value_mask=VALUE_MASK, return_decisions=True)
    cache = layer.memory_cache(VALUE, KEY)
    actual = run_layer(layer, QUERY, cache=cache, value_mask=VALUE_MASK, return_decisions=True)
    keras.tree.map_structure(np.testing.assert_array_equal, actual, expected)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("steps", [(1, 1, 1, 1), (2, 1, 1), (3, 1)])
@pytest.mark.parametrize("cache_length", [6, 0])
def test_incremental_decoding_matches_full_sequence(score, steps, cache_length):
    layer = MultiHeadAttention(HEADS, KEY_DIM, VALUE_DIM, score=score)
    expected, weights = run_layer(layer, VALUE, VALUE, use_causal_mask=True)
    cache, start = layer.init_cache(2, cache_length), 0
    for step in steps:
        new = VALUE[:, start : start + step]
        output, step_weights, cache = layer(
            new,
            new,
            use_causal_mask=True,
            return_attention_scores=True,
            cache=cache,
            cache_index=keras.ops.convert_to_tensor(start, "int32") if cache_length else "end",
        )
        rows = slice(start, start + step)
        np.testing.assert_allclose(to_numpy(output), expected[:, rows], atol=1e-6)
        key_count = cache_length or start + step
        assert step_weights.shape[-1] == key_count
        np.testing.assert_allclose(
            to_numpy(step_weights)[..., :4], weights[:, :, rows, :key_count], atol=1e-6
        )
        np.testing.assert_array_equal(to_numpy(step_weights)[..., start + step :], 0)
        start += step


def test_inputs_of_other_width_raise():
    layer = MultiHeadAttention(HEADS, KEY_DIM)
    layer(QUERY, VALUE)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        layer(QUERY, KEY)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        layer(keras.Input((3, 6)), keras.Input((4, 7)))


def test_kernels_are_initialized_independently():
    layer = MultiHeadAttention(2, 3, kernel_initializer=keras.initializers.GlorotUniform())
    layer.build(QUERY.shape, QUERY.shape)
    kernels = to_numpy([layer.query_dense.kernel, layer.key_dense.kernel])
    assert (kernels[0] != kernels[1]).any()


def test_use_bias_false_creates_no_biases():
    layer = MultiHeadAttention(2, 3, use_bias=False)
    layer.build(QUERY.shape, VALUE.shape)
    assert len(layer.weights) == 4


def test_gate_is_invariant_to_position():
    layer = MultiHeadAttention(2, 4, gate="sentinel", bias="rotary")
    x = np.random.default_rng(0).normal(size=(1, 7, 8)).astype("float32")
    causal = np.tril(np.ones((7, 7), bool))
    shifted = np.concatenate(
        [np.zeros_like(x[:, :5]), x[:, :2]], axis=1
    )  # the same two queries, five positions later
    mask = causal & (np.arange(7) >= 5)
    first = layer(x[:, :2], x[:, :2], use_causal_mask=True, return_decisions=True)[1]["gate"]
    shifted_gate = layer(shifted, shifted, attention_mask=mask, return_decisions=True)[1]["gate"]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(shifted_gate)[..., 5:], keras.ops.convert_to_numpy(first), atol=1e-5
    )


ARGUMENTS = {
    "gate": {"use_gate": True},
    "gate without bias": {"use_gate": True, "use_bias": False},
    "window": {"sliding_window": 2},
    "output shape": {"output_shape": (4, 7)},
    "all": {"use_gate": True, "sliding_window": 3, "output_shape": [5], "value_dim": 3},
}


def make_pair(shapes, **arguments):
    """Make a layer of Keras and one of foveal with the same weights."""
    keras.utils.set_random_seed(1)
    peer = keras.layers.MultiHeadAttention(HEADS, KEY_DIM, bias_initializer="random_normal", **arguments)
    layer = MultiHeadAttention(HEADS, KEY_DIM, **arguments)
    for attention in (peer, layer):
        attention.build(*shapes)
    layer.set_weights(peer.get_weights())
    return layer, peer


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS.keys())
@pytest.mark.parametrize("causal", [False, True])
def test_arguments_of_keras_match_keras(arguments, causal):
    layer, peer = make_pair((QUERY.shape, VALUE.shape, KEY.shape), **arguments)
    call = {"value_mask": VALUE_MASK, "use_causal_mask": causal}
    expected = run_layer(peer, QUERY, VALUE, KEY, **call)
    output, weights = run_layer(layer, QUERY, VALUE, KEY, **call)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)
    np.testing.assert_allclose(to_numpy(layer(QUERY, VALUE, KEY, **call)), expected[0], atol=1e-5)
    assert layer.compute_output_shape(QUERY.shape, VALUE.shape, KEY.shape) == output.shape
    restored = MultiHeadAttention.from_config(layer.get_config())
    restored.build(QUERY.shape, VALUE.shape, KEY.shape)
    restored.set_weights(layer.get_weights())
    np.testing.assert_allclose(to_numpy(restored(QUERY, VALUE, KEY, **call)), output, atol=1e-5)


AXES = {  # shapes of query and value without batch and width, and further axes of masks
    "all of two": (None, (2, 5), (3, 1), [(), (3,), (3, 2)]),
    "last": ((2,), (4, 3), (4, 5), [(), (3,), (3, 4), (1, 1, 2), (3, 4, 2)]),
    "first": (1, (4, 3), (5, 3), [(), (3,), (3, 1, 1)]),
    "last of two": ((-2,), (4, 3), (4, 5), [(3,)]),
    "two of three": ((2, 3), (2, 3, 1), (2, 1, 5), [(), (3,), (3, 2, 2)]),
    "swapped": ((3, 1), (4, 2, 3), (1, 2, 5), [(3, 2)]),
}


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("gate", [False, True])
def test_attention_axes_match_keras(name, gate):
    axes, query_axes, value_axes, mask_axes = AXES[name]
    query, value = (rng.normal(size=(3, *shape, 6)).astype("float32") for shape in (query_axes, value_axes))
    layer, peer = make_pair((query.shape, value.shape), attention_axes=axes, use_gate=gate)
    expected = run_layer(peer, query, value)
    output, weights = run_layer(layer, query, value)
    np.testing.assert_allclose(output, expected[0], atol=1e-5)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)
    pair_axes = weights.shape[-2 * len(peer.attention_axes) :]
    for leading in mask_axes:
        mask = rng.random((*leading, *pair_axes)) > 0.4
        mask[..., 0] = True
        expected = run_layer(peer, query, value, attention_mask=mask)
        output, weights = run_layer(layer, query, value, attention_mask=mask)
        np.testing.assert_allclose(output, expected[0], atol=1e-5)
        np.testing.assert_allclose(weights, expected[1], atol=1e-6)
    assert layer.compute_output_shape(query.shape, value.shape) == query.shape
    symbolic = layer(*(keras.Input(x.shape[1:]) for x in (query, value)), return_attention_scores=True)
    assert [tuple(x.shape[1:]) for x in symbolic] == [output.shape[1:], weights.shape[1:]]


def test_masks_causality_and_decisions_of_inputs_with_further_axes_match_separate_sequences():
    layer, flat = (
        MultiHeadAttention(HEADS, 3, attention_axes=axes, gate="sentinel", bias="alibi") for axes in (2, None)
    )
    query, value = (rng.normal(size=(2, 4, n, 6)).astype("float32") for n in (3, 5))
    for attention in (layer, flat):
        attention.build(query.shape, value.shape)
    flat.set_weights(layer.get_weights())
    masks = {"query_mask": rng.random((2, 4, 3)) > 0.3, "value_mask": rng.random((2, 4, 5)) > 0.3}
    call = {"use_causal_mask": True, "return_attention_scores": True, "return_decisions": True}
    output, weights, decisions = to_numpy(layer(query, value, **masks, **call))
    for row in range(4):
        row_masks = {name: mask[:, row] for name, mask in masks.items()}
        expected = to_numpy(flat(query[:, row], value[:, row], **row_masks, **call))
        np.testing.assert_allclose(output[:, row], expected[0], atol=1e-5)
        np.testing.assert_allclose(weights[:, row], expected[1], atol=1e-6)
        np.testing.assert_allclose(decisions["gate"][:, row], expected[2]["gate"], atol=1e-6)


def test_memory_cache_of_inputs_with_further_axes_matches_direct_call():
    layer = MultiHeadAttention(HEADS, KEY_DIM)
    images, grid = (rng.normal(size=(2, *sizes, 6)).astype("float32") for sizes in ((3, 4), (2, 5)))
    expected, weights = run_layer(layer, images, grid)
    output, flat_weights = run_layer(layer, images, cache=layer.memory_cache(grid))
    np.testing.assert_allclose(output, expected, atol=1e-6)
    np.testing.assert_allclose(flat_weights.reshape(weights.shape), weights, atol=1e-6)


@pytest.mark.parametrize("attention_axes", [0, -1, 3, (1, 1), (2, -2)])
def test_invalid_attention_axes_raise(attention_axes):
    layer, images = MultiHeadAttention(HEADS, KEY_DIM, attention_axes=attention_axes), np.ones((2, 3, 4, 6))
    with pytest.raises(ValueError, match="`attention_axes` must name axes between"):
        layer(images, images)


@pytest.mark.parametrize("attention_axes", ["1", 1.0, (), [1.5]])
def test_attention_axes_that_are_no_ints_raise(attention_axes):
    with pytest.raises(ValueError, match="`attention_axes` must be an int, or a list or tuple of ints"):
        MultiHeadAttention(HEADS, KEY_DIM, attention_axes=attention_axes)


@pytest.mark.parametrize("sliding_window", [0, -3, 1.5])
def test_invalid_sliding_window_raises(sliding_window):
    with pytest.raises(ValueError, match=r"`sliding_window` must be a positive integer. Received"):
        MultiHeadAttention(HEADS, KEY_DIM, sliding_window=sliding_window)


def test_use_gate_with_a_gate_raises():
    with pytest.raises(ValueError, match=r"`gate` must be None with .*Received: gate=sentinel"):
        MultiHeadAttention(HEADS, KEY_DIM, use_gate=True, gate="sentinel")


@pytest.mark.parametrize("name", ["value", "key"])
def test_value_and_key_of_other_axes_raise(name):
    shapes = {"query": (2, 4, 8), "value": (2, 2, 8), "key": (2, 2, 8), name: (2, 1, 7)}
    layer = MultiHeadAttention(HEADS, KEY_DIM)
    with pytest.raises(ValueError, match=r"`key` must have the length of `value`.* must be equal"):
        layer.compute_output_shape(*shapes.values())
    with pytest.raises(ValueError, match=r"`key` must have the length of `value`.* must be equal"):
        layer(*map(np.ones, shapes.values()))


def test_regularizers_match_keras():
    arguments = {
        "kernel_regularizer": keras.regularizers.L2(0.3),
        "bias_regularizer": keras.regularizers.L1(0.2),
        "activity_regularizer": keras.regularizers.L2(0.1),
        "use_gate": True,
    }
    layer, peer = make_pair((QUERY.shape, VALUE.shape, KEY.shape), **arguments)
    losses = []
    for attention in (layer, peer):
        attention(QUERY, VALUE, KEY)
        losses.append(sorted(float(keras.ops.convert_to_numpy(loss)) for loss in attention.losses))
    assert len(losses[0]) == 15  # kernel, bias and activity of five projections
    np.testing.assert_allclose(*losses, rtol=1e-5)
    restored = MultiHeadAttention.from_config(layer.get_config())
    restored(QUERY, VALUE, KEY)
    assert len(restored.losses) == 15


def test_constraints_apply_to_each_projection():
    layer = MultiHeadAttention(
        HEADS, KEY_DIM, kernel_constraint="non_neg", bias_constraint="unit_norm", use_gate=True
    )
    layer.build(QUERY.shape, VALUE.shape)
    kinds = [type(weight.constraint) for weight in layer.weights]
    assert kinds == [keras.constraints.NonNeg, keras.constraints.UnitNorm] * 5


def test_seed_repeats_dropout():
    results = []
    for _ in range(2):
        layer = MultiHeadAttention(HEADS, KEY_DIM, dropout=0.5, seed=3, kernel_initializer="ones")
        results.append(to_numpy(layer(QUERY, VALUE, training=True)))
    np.testing.assert_array_equal(*results)
    assert MultiHeadAttention.from_config(layer.get_config()).seed == 3


def test_weights_file_of_keras_loads(tmp_path):
    inputs = keras.Input((3, 6)), keras.Input((4, 5))
    path = tmp_path / "keras.weights.h5"
    models = [
        keras.Model(inputs, kind(HEADS, KEY_DIM, dropout=0.1, use_gate=True, name="attention")(*inputs))
        for kind in (keras.layers.MultiHeadAttention, MultiHeadAttention)
    ]
    models[0].save_weights(path)
    models[1].load_weights(path)
    outputs = [to_numpy(model([QUERY, VALUE])) for model in models]
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_lora_trains_and_loads(tmp_path):
    inputs = keras.Input((3, 6)), keras.Input((4, 5))
    models = [keras.Model(inputs, MultiHeadAttention(HEADS, KEY_DIM, name="a")(*inputs)) for _ in range(2)]
    model, plain = models
    layer = model.get_layer("a")
    frozen = to_numpy(layer.query_dense.kernel)
    for dense in (layer.query_dense, layer.value_dense):
        dense.enable_lora(2)
    layer.key_dense.trainable = layer.output_dense.trainable = False
    assert len(layer.trainable_variables) == 6  # two factors and the bias of each
    model.compile("sgd", "mse")
    model.fit([QUERY, VALUE], np.ones((2, 3, 6)), verbose=0)
    expected = to_numpy(model([QUERY, VALUE]))
    assert (to_numpy(layer.query_dense.kernel) != frozen).any()
    np.testing.assert_array_equal(to_numpy(layer.query_dense._kernel), frozen)
    model.save_weights(tmp_path / "lora.weights.h5")
    plain.load_weights(tmp_path / "lora.weights.h5")
    np.testing.assert_allclose(to_numpy(plain([QUERY, VALUE])), expected, atol=1e-6)
    model.save(tmp_path / "lora.keras")
    loaded = keras.saving.load_model(tmp_path / "lora.keras")
    np.testing.assert_allclose(to_numpy(loaded([QUERY, VALUE])), expected, atol=1e-6)


def test_positional_arguments_have_the_order_of_keras():
    parameters = list(inspect.signature(keras.layers.MultiHeadAttention).parameters)
    names = list(inspect.signature(MultiHeadAttention).parameters)
    assert names[: len(parameters) - 1] == parameters[:-1]  # without **kwargs
    parameters = list(inspect.signature(keras.layers.MultiHeadAttention.call).parameters)
    assert list(inspect.signature(MultiHeadAttention.call).parameters)[: len(parameters)] == parameters


def test_flash_attention_with_dropout_raises():
    with pytest.raises(ValueError, match="Dropout is not supported when flash attention is enabled"):
        MultiHeadAttention(HEADS, KEY_DIM, flash_attention=True, dropout=0.1)


def test_flash_attention_with_scores_raises():
    layer = MultiHeadAttention(HEADS, KEY_DIM, flash_attention=True)
    with pytest.raises(ValueError, match="Returning attention scores is not supported"):
        layer(QUERY, VALUE, return_attention_scores=True)


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS.keys())
def test_flash_attention_false_matches_default(masks):
    layer, default = (MultiHeadAttention(HEADS, KEY_DIM, flash_attention=flash) for flash in (False, None))
    for attention in (layer, default):
        attention.build(QUERY.shape, VALUE.shape, KEY.shape)
    layer.set_weights(default.get_weights())
    outputs = [to_numpy(attention(QUERY, VALUE, KEY, **masks)) for attention in (layer, default)]
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_sentinel_is_the_output_of_the_heads_of_a_masked_query():
    layer = MultiHeadAttention(HEADS, KEY_DIM, gate="sentinel")
    output, _, decisions = run_layer(layer, QUERY, VALUE, query_mask=QUERY_MASK, return_decisions=True)
    assert layer.gate is not None
    expected = dense(layer.output_dense, to_numpy(layer.gate(QUERY)))
    np.testing.assert_array_equal(decisions["gate"][1, :, 2], 1)
    np.testing.assert_allclose(output[1, 2], expected[1, 2], atol=1e-6)
