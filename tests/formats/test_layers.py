"""Exports of the layers to ONNX and LiteRT give the outputs of Keras, for any batch size and lengths."""

import re

import keras
import numpy as np
import pytest

from foveal.layers import (
    AdaptiveAttention,
    AdaptiveHalting,
    AttentionCell,
    AttentionPooling,
    AttentionRNN,
    DecoderBlock,
    EncoderBlock,
    GaussianBias,
    HardAttention,
    HashDropout,
    LearnedBias,
    LocalAttention,
    Location,
    MonotonicAttention,
    MonotonicChunkwise,
    MultiHeadAttention,
    PerHead,
    SelfAttention,
    SinusoidalPositions,
    SlidingWindow,
    SoftAttention,
    TopK,
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of the converters
rng = np.random.default_rng(0)
DIM, MAX_LENGTH = 8, 16
SIZES = [(2, 5, 6), (1, 3, 2), (3, 1, 7)]  # batch, queries, keys


def inputs(**dims):
    """Create the symbolic inputs of a model: sequences of these widths, and a mask of the keys."""
    tensors = {name: keras.Input((None, dim), name=name) for name, dim in dims.items()}
    return tensors | {"mask": keras.Input((None,), dtype="bool", name="mask")}


def model_of(inputs, output, weights=None, **decisions):
    """Build a model whose outputs have names."""
    outputs = {"output": output} | ({} if weights is None else {"weights": weights})
    return keras.Model(inputs, outputs | decisions)


def with_memory(layer, decisions=(), **call):
    """Build a model of a layer that attends to a memory; its outputs include weights and decisions."""
    x = inputs(query=DIM, memory=DIM)
    flags = {"return_attention_scores": True, "return_decisions": bool(decisions)}
    output, weights, *rest = layer(x["query"], x["memory"], value_mask=x["mask"], **flags, **call)
    return model_of(x, output, weights, **{name: rest[0][name] for name in decisions})


def with_itself(layer, **call):
    """Build a model of a self-attention layer, with its weights."""
    x = inputs(query=DIM)
    return model_of(x, *layer(x["query"], query_mask=x["mask"], return_attention_scores=True, **call))


def multi_head(**slots):
    return lambda: with_memory(MultiHeadAttention(2, 4, **slots))


def self_attention(bias):
    return lambda: with_itself(SelfAttention(2, 4, bias=bias))


def attention_without_weights():
    x = inputs(query=DIM, memory=DIM)
    return model_of(x, MultiHeadAttention(2, 4)(x["query"], x["memory"], value_mask=x["mask"]))


def local_attention_without_weights():
    x = inputs(query=DIM)
    return model_of(x, LocalAttention(2, 4, window=1)(x["query"], query_mask=x["mask"]))


def adaptive_attention():
    x = inputs(query=DIM, memory=DIM, words=5)
    lstm = x["words"], x["query"], x["query"]
    output, weights, decisions = AdaptiveAttention()(
        x["query"],
        x["memory"],
        lstm=lstm,
        value_mask=x["mask"],
        return_attention_scores=True,
        return_decisions=True,
    )
    return model_of(x, output, weights, gate=decisions["gate"])


def attention_pooling():
    x = inputs(query=DIM)
    return model_of(x, *AttentionPooling()(x["query"], mask=x["mask"], return_attention_scores=True))


def prior_bias():
    x = inputs(query=DIM, memory=DIM) | {"prior": keras.Input((None, None), name="prior")}
    layer = MultiHeadAttention(2, 4, bias="prior")
    return model_of(x, layer(x["query"], x["memory"], value_mask=x["mask"], prior=x["prior"]))


def attention_rnn(cell, attention, attend="before"):
    def build():
        x = inputs(query=DIM, memory=DIM)
        layer = AttentionRNN(AttentionCell(cell(DIM), attention(), attend=attend))
        outputs, _, weights, _ = layer(x["query"], x["memory"], memory_mask=x["mask"])
        return model_of(x, outputs, weights)

    return build


def encoder_block():
    x = inputs(query=DIM)
    return model_of(x, EncoderBlock(2, 12)(x["query"], mask=x["mask"]))


def decoder_block():
    x = inputs(query=DIM, memory=DIM)
    return model_of(x, DecoderBlock(2, 12, gate="sentinel")(x["query"], x["memory"], memory_mask=x["mask"]))


def adaptive_halting():
    x = inputs(query=DIM)
    layer = AdaptiveHalting(keras.layers.Dense(DIM, activation="tanh"), max_steps=4)
    output, decisions = layer(x["query"], mask=x["mask"], return_decisions=True)
    return model_of(x, output, halting=decisions["halting"])


def without_mask(layer):
    def build():
        x = {"query": keras.Input((None, DIM), name="query")}
        return model_of(x, layer(x["query"]))

    return build


CASES = {
    "SoftAttention": lambda: with_memory(SoftAttention()),
    "HardAttention": lambda: with_memory(HardAttention(), ["sample", "log_prob"]),
    "MonotonicAttention": lambda: with_memory(MonotonicAttention()),
    "MonotonicAttention, chunks": lambda: with_memory(MonotonicAttention(chunk_size=2)),
    "AdaptiveAttention": adaptive_attention,
    "AttentionPooling": attention_pooling,
    "MultiHeadAttention": attention_without_weights,
    "MultiHeadAttention, grouped queries": multi_head(num_key_value_heads=1),
    "SelfAttention, causal": lambda: with_itself(SelfAttention(2, 4), use_causal_mask=True),
    "LocalAttention": local_attention_without_weights,
    "LocalAttention, weights": lambda: with_itself(LocalAttention(2, 4, window=1)),
    "AttentionRNN, GRU": attention_rnn(keras.layers.GRUCell, lambda: SoftAttention("additive")),
    "AttentionRNN, LSTM": attention_rnn(keras.layers.LSTMCell, AdaptiveAttention, attend="after"),
    "EncoderBlock": encoder_block,
    "DecoderBlock": decoder_block,
    "AdaptiveHalting": adaptive_halting,
    "SinusoidalPositions": without_mask(SinusoidalPositions()),
    "HashDropout": without_mask(HashDropout(0.5)),
    **{
        f"score {score}": multi_head(score=score)
        for score in ("dot", "scaled_dot", "general", "additive", "concat", "cosine")
    },
    "score location": multi_head(score=Location(MAX_LENGTH)),
    **{
        f"bias {bias}": self_attention(bias)
        for bias in (
            *("adaptive_span", "alibi", "coverage", "diagonal", "predicted_gaussian", "relative", "rotary"),
        )
    },
    "bias gaussian": self_attention(GaussianBias(2.0)),
    "bias learned": self_attention(LearnedBias(max_distance=4)),
    "bias prior": prior_bias,
    "bias window": self_attention(SlidingWindow(1, 2)),
    **{
        f"distribution {distribution}": multi_head(distribution=distribution)
        for distribution in (
            *("softmax", "sparsemax", "entmax15", "entmax", "sink_softmax"),
            *("reinforce", "gumbel", "straight_through", "monotonic"),
        )
    },
    "distribution TopK": multi_head(distribution=TopK(2)),
    "distribution PerHead": multi_head(distribution=PerHead(["softmax", "entmax15"])),
    "distribution MonotonicChunkwise": multi_head(distribution=MonotonicChunkwise(2)),
    "gate sentinel": lambda: with_memory(MultiHeadAttention(2, 4, gate="sentinel"), ["gate"]),
    "gate output": multi_head(gate="output"),
}

NO_ONNX = {"distribution entmax"}
NO_LITERT = {name for name in CASES if re.search("AttentionRNN|[Mm]onotonic|coverage", name)}  # loops


def build_called(name):
    """Build the model of a case with random weights and call it once, as an export requires."""
    keras.utils.set_random_seed(1)
    model = CASES[name]()
    for variable in model.trainable_variables:
        variable.assign(variable + rng.normal(scale=0.1, size=variable.shape))
    model(random_inputs(model, *SIZES[0]))
    return model


def random_inputs(model, batch, queries, keys):
    """Draw inputs by name; the last example of three has no unmasked key."""
    lengths = {"memory": keys, "mask": keys if "memory" in model.input else queries}
    values = {
        name: rng.normal(size=(batch, lengths.get(name, queries), tensor.shape[-1] or keys)).astype("float32")
        for name, tensor in model.input.items()
        if name != "mask"
    }
    if "prior" in values:
        values["prior"] = np.abs(values["prior"])
    if "mask" in model.input:
        visible = np.arange(lengths["mask"]) < [[lengths["mask"]], [1], [0]][:batch]
        values["mask"] = visible
    return values


def check_same_outputs(run, model, all_sizes=SIZES):
    for sizes in all_sizes:
        values = random_inputs(model, *sizes)
        expected, actual = model(values), run(values)
        assert actual.keys() == expected.keys()
        for key, output in expected.items():
            np.testing.assert_allclose(actual[key], output, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_ONNX))
def test_onnx_gives_outputs_of_keras(name, run_onnx):
    model = build_called(name)
    check_same_outputs(run_onnx(model), model)


@pytest.mark.parametrize("name", sorted(NO_ONNX))
def test_onnx_runtime_names_unsupported_operation(name, run_onnx):
    with pytest.raises(Exception, match="No Op registered for Log1p"):
        run_onnx(build_called(name))


@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_LITERT))
def test_litert_gives_outputs_of_keras(name, run_litert):
    model = build_called(name)
    check_same_outputs(run_litert(model), model)


@pytest.mark.parametrize("name", sorted(NO_LITERT))
def test_litert_with_fixed_sizes_gives_outputs_of_keras(name, run_litert):
    model = build_called(name)
    values = random_inputs(model, *SIZES[0])
    run = run_litert(model, {key: value.shape for key, value in values.items()})
    check_same_outputs(run, model, SIZES[:1])


@pytest.mark.parametrize("name", ["AttentionRNN, GRU", "MonotonicAttention"])
def test_litert_converter_names_unsupported_operation(name, run_litert):
    with pytest.raises(Exception, match="Lowering tensor list ops is failed"):
        run_litert(build_called(name))
