"""Tests of the labels of recorded attention."""

import keras
import numpy as np
import pytest

from foveal.focus import ImageAxis, TextAxis, record
from foveal.layers import AttentionPooling

TOKENS = [["a", "big", "cat"], ["two", "dogs"]]
IDS = np.array([[1, 2, 3, 0], [4, 5, 0, 0]])


def labels_of(axes):
    return None if axes is None else [axis.labels for axis in axes]


def by_layer(records):
    by_name = {focus.layer: focus for focus in records}
    return by_name["encoder"], by_name["decoder"], by_name["cross"]


def embedded_input(length, name):
    inputs = keras.Input((length,), dtype="int32", name=name)
    return inputs, keras.layers.Embedding(9, 8, mask_zero=True)(inputs)


@pytest.fixture(scope="module")
def classifier():
    """Self-attention, then pooling with a mean query."""
    inputs, states = embedded_input(None, "text")
    states = keras.layers.MultiHeadAttention(2, 4, name="self")(states, states)
    query = keras.ops.mean(states, axis=1, keepdims=True)
    return keras.Model(inputs, keras.layers.MultiHeadAttention(2, 4, name="pool")(query, states))


@pytest.fixture(scope="module")
def translator():
    (source, encoded), (target, decoded) = embedded_input(None, "source"), embedded_input(None, "target")
    encoded = keras.layers.MultiHeadAttention(2, 4, name="encoder")(encoded, encoded)
    decoded = keras.layers.MultiHeadAttention(2, 4, name="decoder")(decoded, decoded, use_causal_mask=True)
    outputs = keras.layers.MultiHeadAttention(2, 4, name="cross")(decoded, encoded)
    return keras.Model([source, target], outputs)


@pytest.mark.parametrize(
    "labels",
    [
        TOKENS,
        tuple(map(tuple, TOKENS)),
        [[token.encode() for token in tokens] for tokens in TOKENS],
        [TextAxis.from_tokens(tokens) for tokens in TOKENS],
        [TOKENS],
        {0: TOKENS},
    ],
)
def test_tokens_label_the_axes_of_the_length_of_the_input(classifier, labels):
    attention, pooled = record(classifier, IDS, labels=labels)
    assert labels_of(attention.queries) == labels_of(attention.keys) == labels_of(pooled.keys) == TOKENS
    assert pooled.queries is None
    assert attention.example(1).weights.shape == (1, 2, 2, 2)  # without padding


def test_array_of_token_ids_labels_the_axes(classifier):
    [attention, _] = record(classifier, IDS, labels=IDS)
    assert labels_of(attention.keys) == [["1", "2", "3", "0"], ["4", "5", "0", "0"]]


def test_labels_of_several_batches(classifier):
    [attention, _] = record(classifier, np.repeat(IDS, 3, axis=0), batch_size=4, labels=TOKENS * 3)
    assert labels_of(attention.queries) == TOKENS * 3


@pytest.mark.parametrize("structure", [list, dict])
def test_labels_have_the_structure_of_the_inputs(translator, structure):
    source, target = IDS, np.array([[1, 2, 3], [4, 5, 6]])
    targets = [["um", "gato", "grande"], ["dois", "c\u00e3es"]]
    inputs, labels = [source, target], [TOKENS, targets]
    if structure is dict:
        inputs = {"source": source, "target": target}
        labels = {"target": targets, "source": TOKENS}
    encoder, decoder, cross = by_layer(record(translator, inputs, labels=labels))
    assert labels_of(encoder.queries) == labels_of(encoder.keys) == TOKENS
    assert labels_of(decoder.queries) == labels_of(decoder.keys) == targets
    assert labels_of(cross.queries) == targets
    assert labels_of(cross.keys) == TOKENS


def test_labels_of_one_of_several_inputs(translator):
    inputs = [IDS, np.array([[1, 2, 3], [4, 5, 6]])]
    encoder, decoder, cross = by_layer(record(translator, inputs, labels=[TOKENS, None]))
    assert labels_of(encoder.keys) == labels_of(cross.keys) == TOKENS
    assert decoder.queries is decoder.keys is cross.queries is None


def test_labels_of_inputs_of_equal_length(translator):
    same = record(translator, [IDS, IDS], labels=TOKENS)
    assert all(labels_of(focus.queries) == TOKENS for focus in same)
    with pytest.raises(
        ValueError, match=r"`labels` must be those of inputs of different lengths.* 4 of an axis"
    ):
        record(translator, [IDS, IDS], labels=[TOKENS, TOKENS[::-1]])


def test_image_axes_label_the_axes_of_their_length():
    inputs = keras.Input((4, 6, 3))
    cells = keras.layers.Reshape((6, 12))(inputs)
    model = keras.Model(inputs, keras.layers.MultiHeadAttention(2, 4)(cells, cells))
    grid = ImageAxis.from_grid(2, 3, (4, 6))
    [focus] = record(model, np.ones((2, 4, 6, 3)), labels=[grid, grid])
    assert focus.queries == focus.keys == [grid, grid]


def test_labels_of_embedded_inputs_and_of_strings():
    pooling = AttentionPooling()
    [focus] = record(pooling, np.ones((2, 3, 4), "float32"), labels=TOKENS)
    assert labels_of(focus.keys) == TOKENS
    vectorization = keras.layers.TextVectorization(vocabulary=["a", "big", "cat"], output_sequence_length=6)
    inputs = keras.Input((), dtype="string")
    embedded = keras.layers.Embedding(9, 8)(vectorization(inputs))
    model = keras.Model(inputs, keras.layers.MultiHeadAttention(2, 4)(embedded, embedded))
    texts = keras.ops.convert_to_tensor([" ".join(tokens) for tokens in TOKENS])
    [focus] = record(model, texts, labels=TOKENS)
    assert labels_of(focus.queries) == TOKENS


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (TOKENS[0], r"`labels` must be a list of the tokens of each of 2 examples. Received: \['a', 'big'"),
        ("a big cat", "each of 2 examples. Received: 'a big cat'"),
        (TOKENS[:1], "Received: labels of 1 examples"),
        (
            [["a"] * 5, ["b"]],
            "at most 4 tokens for each example, the length of the input. Received: 5 tokens",
        ),
        ([ImageAxis.from_grid(3, 3, (9, 9))] * 2, "length of an axis .*9 regions"),
        ({"texts": TOKENS}, r"structure of `inputs`.* Received: labels of inputs \['texts'\]"),
        ([TOKENS, TOKENS], r"the inputs are \[0\]"),
    ],
)
def test_labels_that_do_not_fit_raise(classifier, labels, message):
    with pytest.raises(ValueError, match=message):
        record(classifier, IDS, labels=labels)


def test_labels_of_the_examples_alone_for_inputs_of_different_lengths_raise(translator):
    with pytest.raises(ValueError, match=r"structure of `inputs`.* inputs of lengths \[4, 5\]"):
        record(translator, [IDS, np.ones((2, 5), int)], labels=TOKENS)
