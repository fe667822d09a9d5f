"""The models of the sentiment pipeline: one to train, and the same with all that it looked at."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ...layers import HashDropout
from ..text.codec import PAD
from .config import ModelConfig
from .networks.attention_pooling import look, pool_segments
from .networks.encoders import convolve, recur, transform
from .networks.hashed_ngrams import hashed_ngrams
from .networks.sentences import sentence_mask


def build(config: ModelConfig, vocabulary_size: int, classes: int, ends: Sequence[int] = ()) -> keras.Model:
    """A classifier of texts.

    Args:
        config: the architecture, its attention and its sizes.
        vocabulary_size: number of pieces.
        classes: number of classes.
        ends: the pieces that end a sentence, which `hierarchical` needs.

    Returns:
        A model `(batch, T)` int32 ids -> logits `(batch, classes)`.

    Raises:
        ValueError: if the width is not a multiple of the heads, or sentences have no ends.

    Reference:
        Yang et al. 2016, Hierarchical Attention Networks for Document Classification.
    """
    _validate(config, ends)
    text = keras.Input((None,), dtype="int32", name="text")
    mask = ops.not_equal(text, PAD)
    stream = _embed(text, config, vocabulary_size)
    if config.architecture == "pooling":
        states = convolve(stream, mask, config)
        if config.ngrams:
            states = ops.concatenate([states, _evidence_of_runs(text, config, classes)], axis=-1)
    elif config.architecture == "transformer":
        states = transform(stream, mask, config)
    else:
        states = recur(stream, mask, config)
    if config.architecture == "hierarchical":
        members = sentence_mask(text, ends, config.sentences)
        states = pool_segments(states, mask, members, config, name="words")
        mask = ops.any(ops.logical_and(members, mask[:, None]), axis=-1)
        states = recur(states, mask, config, name="sentences")
    evidence = look(states, mask, config, name="evidence")
    evidence = HashDropout(config.dropout, name="evidence_dropout")(evidence)
    hidden = keras.layers.Dense(config.width, "relu", name="readout")(evidence)
    logits = keras.layers.Dense(classes, name="logits")(hidden)
    return keras.Model(text, logits, name=config.architecture)


def load_ngram_table(model: keras.Model, table: np.ndarray) -> None:
    """Tell a `pooling` model what its runs of pieces say of the classes: see `evidence`."""
    model.get_layer("ngram_table").embeddings.assign(table)


def watch(model: keras.Model) -> keras.Model:
    """The same model, with all that it looked at.

    Returns:
        A model of a dict: `logits`; `attention_heads` `(batch, heads, T)`, of all sentences together, and
        their mean `attention` `(batch, T)`; `gate_heads` `(batch, heads)`, zeros where there is none, and
        their mean `gate` `(batch,)`; of a hierarchical model also `sentence_attention` and
        `sentence_gate`, both `(batch, sentences)`, the means of the heads.
    """
    weights, gates = _seen(model, "evidence")  # of the one stretch that the whole text is
    heads, gates = weights[:, :, 0], gates[:, :, 0]
    told = {"logits": model.output, "gate_heads": gates, "gate": ops.mean(gates, axis=1)}
    if model.name == "hierarchical":
        sentences = ops.mean(heads, axis=1)
        weights, gates = _seen(model, "words")  # (batch, heads, sentences, T)
        told |= {"sentence_attention": sentences, "sentence_gate": ops.mean(gates, axis=1)}
        heads = ops.sum(sentences[:, None, :, None] * weights, axis=2)
    told |= {"attention_heads": heads, "attention": ops.mean(heads, axis=1)}
    return keras.Model(model.input, told)


def _seen(model: keras.Model, name: str) -> tuple[Any, Any]:
    """Weights `(batch, heads, stretches, T)` and gates `(batch, heads, stretches)` of a layer."""
    layer = model.get_layer(name)
    _, weights, *decisions = layer.output
    return weights, decisions[0] if layer.gate is not None else ops.zeros_like(weights[..., 0])


def _embed(text: Any, config: ModelConfig, vocabulary_size: int) -> Any:
    """Embedded pieces, some of them hidden in training."""
    width = config.embedding_dim if config.architecture == "pooling" else config.width
    initializer = keras.initializers.RandomNormal(stddev=width**-0.5)
    stream = keras.layers.Embedding(vocabulary_size, width, initializer, name="embedding")(text)
    stream = _hide(stream, config, "hidden")
    return HashDropout(config.dropout, name="embedding_dropout")(stream)


def _evidence_of_runs(text: Any, config: ModelConfig, classes: int) -> Any:
    """What the runs of pieces that end at each position say of the classes, `(batch, T, classes)`."""
    table = keras.layers.Embedding(config.num_bins, classes, "zeros", trainable=False, name="ngram_table")
    heard = sum(table(run) for run in ngram_ids(text, config))
    return keras.layers.Identity(name="ngram_evidence")(heard)


def ngram_ids(text: Any, config: ModelConfig) -> list[Any]:
    """The buckets of the runs of 1 to `ngrams` pieces that end at each position, each `(batch, T)`."""
    return [hashed_ngrams(text, order, config.num_bins) for order in range(1, config.ngrams + 1)]


def _hide(stream: Any, config: ModelConfig, name: str) -> Any:
    """Whole positions are zeroed in training."""
    return stream * HashDropout(config.token_dropout, name=name)(ops.ones_like(stream[..., :1]))


def _validate(config: ModelConfig, ends: Sequence[int]) -> None:
    if config.width % config.heads:
        raise ValueError(f"width must be a multiple of heads, {config.heads}. Received: {config.width}")
    if config.architecture == "hierarchical" and not ends:
        raise ValueError("expected pieces that end a sentence, for a hierarchical model; received none")
