"""Text classifiers: the Keras model, its attention outputs, and its n-gram logits as an input."""

from collections.abc import Sequence

import keras
import numpy.typing as npt
from keras import ops

from ...layers import HashDropout
from ...layers.functional.tensor import Tensor
from ..text.codec import PAD
from .config import ModelConfig
from .networks.attention_pooling import pool_segments, pool_sequence
from .networks.encoders import convolutional_encoder, recurrent_encoder, transformer_encoder
from .networks.hashed_ngrams import ngram_ids
from .networks.sentences import sentence_mask

NETWORK, TABLE_LOGITS = "network", "table_logits"  # layers of a model with n-grams


def build(
    config: ModelConfig, vocabulary_size: int, num_classes: int, sentence_end_ids: Sequence[int] = ()
) -> keras.Model:
    """Build a text classifier.

    Args:
        config: architecture, attention and sizes.
        vocabulary_size: number of tokens.
        num_classes: number of classes.
        sentence_end_ids: tokens that end a sentence; required by the architecture `hierarchical`.

    Returns:
        A model `(batch, T)` of int32 ids -> logits `(batch, num_classes)`.

    Raises:
        ValueError: if `hidden_dim` is not a multiple of `num_heads`, or `hierarchical` has no
            `sentence_end_ids`.

    Example:
        >>> model = build(ModelConfig(hidden_dim=8, num_heads=2), vocabulary_size=300, num_classes=3)
        >>> model(np.array([[270, 261, 262]])).shape
        TensorShape([1, 3])

    Reference:
        Yang et al. 2016, Hierarchical Attention Networks for Document Classification.
    """
    _validate(config, sentence_end_ids)
    # Functional model
    text = keras.Input((None,), dtype="int32", name="text")
    mask = ops.not_equal(text, PAD)
    states = _encode(text, mask, config, vocabulary_size)
    if config.architecture == "hierarchical":
        states, mask = _encode_sentences(text, states, mask, config, sentence_end_ids)
    if config.architecture != "pooling" or not config.ngrams:
        return keras.Model(text, _classify(states, mask, config, num_classes), name=config.architecture)
    dtype = keras.config.dtype_policy().compute_dtype
    ngram_logits = keras.Input((None, num_classes), dtype=dtype, name="ngram_logits")
    states = ops.concatenate([states, ngram_logits], axis=-1)
    network = keras.Model([text, ngram_logits], _classify(states, mask, config, num_classes), name=NETWORK)
    logits = network([text, _table_logits(text, config, num_classes)])
    return keras.Model(text, logits, name=config.architecture)


def load_ngram_table(model: keras.Model, table: npt.ArrayLike) -> None:
    """Assign the table of n-gram logits, `(num_bins, num_classes)`, to a `pooling` model."""
    model.get_layer("ngram_table").embeddings.assign(table)


def with_attention_outputs(model: keras.Model) -> keras.Model:
    """Return the same model with its attention as outputs.

    Args:
        model: from `build`.

    Returns:
        A model of the same input with a dict of outputs: `logits` `(batch, num_classes)`; `attention_heads`
        `(batch, heads, T)` and their mean `attention` `(batch, T)`; `gate_heads` `(batch, heads)`, zeros
        without a gate, and their mean `gate` `(batch,)`. A hierarchical model also has `sentence_attention`
        and `sentence_gate`, both `(batch, sentences)`, means of the heads; its `attention_heads` are the
        products of sentence attention and word attention, summed over the sentences.
    """
    if NETWORK not in (layer.name for layer in model.layers):
        return keras.Model(model.input, _attention_outputs(model))
    network = with_ngram_logits_input(model)
    return keras.Model(model.input, network([model.input, model.get_layer(TABLE_LOGITS).output]))


def with_ngram_logits_input(model: keras.Model) -> keras.Model:
    """Return the network of a model with its attention as outputs and its n-gram logits as a second input.

    The table of the model is skipped, so that training can provide logits of a table that was fitted without
    the text (stacked generalization, Wolpert 1992). All variables are shared with the model.

    Args:
        model: a `pooling` model with n-grams, from `build`.

    Returns:
        A model `[ids (batch, T), logits (batch, T, num_classes)]` -> outputs of `with_attention_outputs`.
    """
    network = model.get_layer(NETWORK)
    return keras.Model(network.input, _attention_outputs(network))


class _AttentionOutputs(keras.layers.Layer):
    """Outputs of a classifier by name: logits, attention and gate, of the heads and their mean.

    A layer of its own, because the operations of a model that was loaded from a file keep their names, and
    names of new operations can be the same.
    """

    def __init__(self):
        super().__init__(name="attention_outputs", autocast=False)

    def call(
        self,
        logits: Tensor,
        weights: Tensor,
        gates: Tensor | None,
        word_weights: Tensor | None = None,
        word_gates: Tensor | None = None,
    ) -> dict[str, Tensor]:
        heads, gates = weights[:, :, 0], _or_zeros(gates, weights)[:, :, 0]  # of the only segment
        outputs = {"logits": logits, "gate_heads": gates, "gate": ops.mean(gates, axis=1)}
        if word_weights is not None:
            sentences = ops.mean(heads, axis=1)
            word_gates = _or_zeros(word_gates, word_weights)
            outputs |= {"sentence_attention": sentences, "sentence_gate": ops.mean(word_gates, axis=1)}
            heads = ops.sum(sentences[:, None, :, None] * word_weights, axis=2)
        return outputs | {"attention_heads": heads, "attention": ops.mean(heads, axis=1)}


def _or_zeros(gates: Tensor | None, weights: Tensor) -> Tensor:
    """Return the gates of these weights, zeros without a gate."""
    return ops.zeros_like(weights[..., 0]) if gates is None else gates


def _attention_outputs(model: keras.Model) -> dict[str, keras.KerasTensor]:
    names = ["pooling", *(["word_pooling"] if model.name == "hierarchical" else [])]
    weights = [x for name in names for x in _weights_and_gates(model, name)]
    return _AttentionOutputs()(model.output, *weights)


def _weights_and_gates(model: keras.Model, name: str) -> tuple[keras.KerasTensor, keras.KerasTensor | None]:
    """Return weights `(batch, heads, segments, T)` and gates `(batch, heads, segments)` of a layer."""
    layer = model.get_layer(name)
    _, weights, *decisions = layer.output
    return weights, decisions[0] if layer.gate is not None else None


def _encode(
    text: keras.KerasTensor, mask: keras.KerasTensor, config: ModelConfig, vocabulary_size: int
) -> keras.KerasTensor:
    """Return the states `(batch, T, dim)` of the architecture's encoder."""
    stream = _embed(text, config, vocabulary_size)
    if config.architecture == "pooling":
        return convolutional_encoder(stream, mask, config.kernel_size, config.hidden_dim, config.dropout)
    if config.architecture == "transformer":
        return transformer_encoder(
            stream,
            mask,
            num_heads=config.num_heads,
            intermediate_dim=config.intermediate_dim,
            num_layers=config.num_layers,
            position_encoding=config.position_encoding,
            window_size=config.window_size,
            dropout=config.dropout,
        )
    return recurrent_encoder(stream, mask, config.hidden_dim, config.num_layers, config.dropout)


def _encode_sentences(
    text: keras.KerasTensor,
    states: keras.KerasTensor,
    mask: keras.KerasTensor,
    config: ModelConfig,
    sentence_end_ids: Sequence[int],
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the states `(batch, sentences, dim)` of pooled sentences, and their mask."""
    segment_mask = sentence_mask(text, sentence_end_ids, config.max_sentences)
    states = pool_segments(
        states, mask, segment_mask, config.attention, config.num_heads, name="word_pooling"
    )
    mask = ops.any(ops.logical_and(segment_mask, mask[:, None]), axis=-1)
    states = recurrent_encoder(
        states, mask, config.hidden_dim, config.num_layers, config.dropout, name="sentences"
    )
    return states, mask


def _classify(
    states: keras.KerasTensor, mask: keras.KerasTensor, config: ModelConfig, num_classes: int
) -> keras.KerasTensor:
    """Pool the states and return the logits `(batch, num_classes)`."""
    pooled = pool_sequence(states, mask, config.attention, config.num_heads, name="pooling")
    pooled = HashDropout(config.dropout, name="pooling_dropout")(pooled)
    hidden = keras.layers.Dense(config.hidden_dim, "relu", name="readout")(pooled)
    return keras.layers.Dense(num_classes, name="logits")(hidden)


def _embed(text: keras.KerasTensor, config: ModelConfig, vocabulary_size: int) -> keras.KerasTensor:
    """Embed tokens; dropout zeroes all dimensions of some tokens in training."""
    dim = config.embedding_dim if config.architecture == "pooling" else config.hidden_dim
    initializer = keras.initializers.RandomNormal(stddev=dim**-0.5)
    stream = keras.layers.Embedding(vocabulary_size, dim, initializer, name="embedding")(text)
    kept = HashDropout(config.token_dropout, name="token_dropout")(ops.ones_like(stream[..., :1]))
    return HashDropout(config.dropout, name="embedding_dropout")(stream * kept)


def _table_logits(text: keras.KerasTensor, config: ModelConfig, num_classes: int) -> keras.KerasTensor:
    """Sum the table's logits of the n-grams that end at each position, `(batch, T, num_classes)`."""
    table = keras.layers.Embedding(config.num_bins, num_classes, "zeros", trainable=False, name="ngram_table")
    logits = sum(table(ids) for ids in ngram_ids(text, config.ngrams, config.num_bins))
    return keras.layers.Identity(name=TABLE_LOGITS)(logits)


def _validate(config: ModelConfig, sentence_end_ids: Sequence[int]) -> None:
    if config.hidden_dim % config.num_heads:
        raise ValueError(
            "`hidden_dim` must be a multiple of `num_heads`. "
            f"Received: hidden_dim={config.hidden_dim}, num_heads={config.num_heads}."
        )
    if config.architecture == "hierarchical" and not sentence_end_ids:
        raise ValueError(
            "`sentence_end_ids` must not be empty for architecture='hierarchical'. "
            f"Received: sentence_end_ids={list(sentence_end_ids)}."
        )
