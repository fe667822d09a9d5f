"""Monotonic attention and MoChA: oracles, the online algorithm, training and invalid arguments."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    Additive,
    AttentionCell,
    AttentionRNN,
    CoverageBias,
    Dot,
    Monotonic,
    MonotonicAttention,
    SlidingWindow,
    SoftAttention,
)

rng = np.random.default_rng(0)
BATCH, QUERIES, KEYS = 2, 4, 7
QUERY, VALUE, KEY = (rng.normal(size=(BATCH, n, 5)).astype("float32") for n in (QUERIES, KEYS, KEYS))
VALUE_MASK = np.array([[1, 1, 1, 1, 1, 1, 1], [0, 1, 1, 0, 1, 1, 0]], bool)
QUERY_MASK = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)
MASKS = {
    "none": {},
    "some": {"value_mask": VALUE_MASK, "query_mask": QUERY_MASK},
    "row": {"value_mask": VALUE_MASK & [[True], [False]]},
}
KINDS = {
    "no chunks": {},
    "chunks": {"chunk_size": 3},
    "chunk score": {"chunk_size": 3, "chunk_score": "additive"},
    "additive": {"score": "additive", "chunk_size": 2, "chunk_score": "dot"},
}


def to_numpy(x):
    return keras.tree.map_structure(lambda part: keras.ops.convert_to_numpy(part), x)


def make(score="dot", offset=0.0, noise=0.0, **kwargs):
    keras.utils.set_random_seed(3)
    return MonotonicAttention(score, distribution=Monotonic(noise, offset), **kwargs)


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def kind(request):
    return request.param


def run_layer(layer, *args, **kwargs):
    return to_numpy(layer(*args, return_attention_scores=True, return_decisions=True, **kwargs))


def assert_close(actual, expected, atol=1e-6):
    flat = (keras.tree.flatten(to_numpy(x)) for x in (actual, expected))
    for a, e in zip(*flat, strict=True):
        np.testing.assert_allclose(a, e, atol=atol)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("masks", MASKS.values(), ids=list(MASKS))
def test_chunk_size_1_matches_soft_attention_with_monotonic_distribution(masks, training):
    peer = SoftAttention("dot", distribution=Monotonic(0.0, 0.0))
    expected = run_layer(peer, QUERY, VALUE, KEY, training=training, **masks)
    assert_close(run_layer(make(), QUERY, VALUE, KEY, training=training, **masks), expected)
    assert expected[1].any()


@pytest.mark.parametrize("training", [False, True])
def test_chunk_score_matches_loop_over_chunks(training):
    layer = make(chunk_size=2, chunk_score="additive")
    context, weights, _ = run_layer(layer, QUERY, VALUE, KEY, training=training)
    alignment = run_layer(make(), QUERY, VALUE, KEY, training=training)[1]
    assert layer.chunk_score is not None
    energies = to_numpy(layer.chunk_score(QUERY, KEY))
    expected = np.zeros_like(weights)
    for row, query, end in np.ndindex(alignment.shape):
        keys = list(range(max(0, end - 1), end + 1))
        shares = np.exp(energies[row, query, keys])
        expected[row, query, keys] += alignment[row, query, end] * shares / shares.sum()
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(context, expected @ VALUE, atol=1e-5)


@pytest.mark.parametrize("masks", MASKS.values(), ids=list(MASKS))
def test_attend_online_matches_call(kind, masks):
    layer = make(**kind)
    arguments = {"return_attention_scores": True, "state": layer.get_initial_state(BATCH, KEYS)}
    expected = layer(QUERY, VALUE, KEY, **arguments, **masks)
    assert_close(layer.attend_online(QUERY, VALUE, KEY, **arguments, **masks), expected)


@pytest.mark.parametrize("offset", [-50.0, -2.0, 50.0])
def test_attend_online_without_state_starts_at_first_key(offset):
    layer = make(offset=offset, chunk_size=3)
    expected = layer(QUERY, VALUE, KEY)
    assert_close(layer.attend_online(QUERY, VALUE, KEY), expected)


def test_fixture_alignments_are_not_trivial():
    weights = run_layer(make(), QUERY, VALUE, KEY)[1]
    assert len(np.unique(weights.argmax(-1))) > 2
    assert 0 in weights.sum(-1)


class Counting(Dot):
    """Dot score that counts the scored pairs of each example."""

    pairs = 0

    def score_pairs(self, query, key):
        Counting.pairs += query.shape[1]
        return super().score_pairs(query, key)

    def compute_scores(self, query, key):
        raise AssertionError("scores all pairs")


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="a traced loop does not count its iterations")
@pytest.mark.parametrize(("offset", "min_pairs", "max_pairs"), [(-50, 100, 100), (50, 20, 20), (-1, 21, 119)])
def test_attend_online_scores_linear_number_of_pairs(offset, min_pairs, max_pairs):
    query, value = (rng.normal(size=(3, n, 5)).astype("float32") for n in (20, 100))
    layer = make(Counting(), offset=offset)
    layer.build(query.shape, value.shape)
    Counting.pairs = 0
    layer.attend_online(query, value)
    assert min_pairs <= Counting.pairs <= max_pairs


def run_incrementally(run, layer, masks, **kwargs):
    cache, state, steps = layer.memory_cache(VALUE, KEY), layer.get_initial_state(BATCH, KEYS), []
    for t in range(QUERIES):
        each = {name: mask[:, t : t + 1] if name == "query_mask" else mask for name, mask in masks.items()}
        step, state = run(QUERY[:, t : t + 1], cache=cache, state=state, **each, **kwargs)
        steps.append(to_numpy(step))
    return np.concatenate(steps, 1), state


@pytest.mark.parametrize("training", [False, True])
def test_incremental_call_matches_full_call(kind, training):
    layer = make(**kind)
    start = layer.get_initial_state(BATCH, KEYS)
    expected = layer(QUERY, VALUE, KEY, state=start, training=training, **MASKS["some"])
    assert_close(run_incrementally(layer, layer, MASKS["some"], training=training), expected)


@pytest.mark.parametrize("masks", MASKS.values(), ids=list(MASKS))
def test_incremental_attend_online_matches_full_call(masks):
    layer = make(chunk_size=2)
    expected = layer(QUERY, VALUE, KEY, state=layer.get_initial_state(BATCH, KEYS), **masks)
    assert_close(run_incrementally(layer.attend_online, layer, masks), expected)


@pytest.mark.parametrize("training", [False, True])
def test_recurrent_decoder_keeps_alignment(training):
    layer = make(chunk_size=3, chunk_score="additive")
    cell = AttentionCell(keras.layers.GRUCell(5), layer, attend="after")
    outputs, _, weights, decisions = AttentionRNN(cell)(
        4 * QUERY, VALUE, memory_mask=VALUE_MASK, training=training
    )
    hidden = to_numpy(outputs)[..., :5]  # not changed by the attention
    _, expected, decided = run_layer(layer, hidden, VALUE, value_mask=VALUE_MASK, training=training)
    assert_close((weights, decisions), (expected, decided))


def test_sliding_window_restricts_alignment():
    layer = make(offset=50.0, bias=SlidingWindow(back=1, ahead=0))
    weights = run_layer(layer, QUERY, VALUE)[1]
    np.testing.assert_array_equal(weights.argmax(-1), [[0, 0, 1, 2]] * BATCH)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=name, marks=[pytest.mark.slow] if name in ("chunks", "additive") else [])
        for name, kind in KINDS.items()
    ],
)
def test_unknown_lengths_train_save_and_load(kind, tmp_path):
    query, value = keras.Input((None, 5)), keras.Input((None, 5))
    context, weights = make(noise=1.0, **kind)(query, value, return_attention_scores=True)
    model = keras.Model([query, value], [context, weights])
    model.compile("sgd", ["mse", None], run_eagerly=keras.backend.backend() == "torch")
    before = model.get_weights()
    for keys in (KEYS, KEYS - 2):
        model.train_on_batch([QUERY, VALUE[:, :keys]], [np.ones_like(QUERY)])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = model.layers[-1](QUERY, VALUE, return_attention_scores=True)
    for restored in (model, loaded):
        assert_close(restored([QUERY, VALUE]), expected)
    layer = model.layers[-1]
    assert MonotonicAttention.from_config(layer.get_config()).get_config() == layer.get_config()


def test_long_inputs_have_finite_gradients():
    layer = make("additive", offset=-4.0, noise=1.0, chunk_size=4)
    query, value = keras.Input((None, 5)), keras.Input((None, 5))
    model = keras.Model([query, value], layer(query, value))
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=keras.backend.backend() == "torch")
    inputs = [100 * rng.normal(size=(2, n, 5)).astype("float32") for n in (8, 200)]
    model.train_on_batch(inputs, np.ones((2, 8, 5)))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("dtype", ["float16", "mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_finite_and_matches_online(kind, dtype):
    layer = make(dtype=dtype, **kind)
    mask = VALUE_MASK & [[True], [False]]
    context, weights, _ = run_layer(layer, QUERY, VALUE, value_mask=mask, training=True)
    assert np.isfinite(context.astype("float32")).all()
    np.testing.assert_array_equal(weights[1].astype("float32"), 0)
    expected = layer(QUERY, VALUE, value_mask=mask)
    actual = layer.attend_online(QUERY, VALUE, value_mask=mask)
    assert actual.dtype == expected.dtype
    assert_close(*(keras.ops.cast(x, "float32") for x in (actual, expected)), atol=0.02)


REFUSED = {
    "distribution": (
        {"distribution": "softmax"},
        r"`distribution` must be 'monotonic' or a `Monotonic` layer\. Received: distribution='softmax'",
    ),
    "chunk_size": ({"chunk_size": 0}, r"`chunk_size` must be at least 1 .* Received: chunk_size=0"),
    "chunk_score": (
        {"chunk_score": "dot"},
        r"must be at least 2 with chunk_score='dot'. Received: chunk_size=1",
    ),
    "coverage": ({"bias": CoverageBias()}, r"`bias` must not need a coverage.*Received: bias=.*Coverage"),
}


@pytest.mark.parametrize(("argument", "message"), REFUSED.values(), ids=list(REFUSED))
def test_invalid_argument_raises(argument, message):
    with pytest.raises(ValueError, match=message):
        MonotonicAttention(**argument)


class Online(keras.layers.Layer):
    """Layer around `attend_online`, so that a model compiles it."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def build(self, query_shape, value_shape):
        self.attention.build(query_shape, value_shape)

    def call(self, query, value):
        return self.attention.attend_online(query, value, return_attention_scores=True)


@pytest.mark.parametrize("lengths", [(QUERIES, KEYS), (None, None)], ids=["known", "unknown"])
def test_compiled_attend_online_matches_call(lengths):
    layer = make(chunk_size=2, chunk_score="dot")
    inputs = [keras.Input((length, 5)) for length in lengths]
    model = keras.Model(inputs, Online(layer)(*inputs))
    compiled = keras.backend.backend() != "torch"  # compiling would call a C compiler
    model.compile(jit_compile=compiled, run_eagerly=not compiled)
    expected = layer(QUERY, VALUE, return_attention_scores=True)
    assert_close(model.predict([QUERY, VALUE], verbose=0), expected)


def test_attend_online_with_bias_raises():
    with pytest.raises(
        ValueError, match=r"`bias` must be None for `attend_online`. Received: .*SlidingWindow"
    ):
        make(bias=SlidingWindow(back=1)).attend_online(QUERY, VALUE)


def test_scores_accept_instances():
    layer = MonotonicAttention(Additive(3), chunk_size=2, chunk_score=Additive(4))
    assert layer.chunk_score is not None
    assert (layer.score.units, layer.chunk_score.units) == (3, 4)
