"""foveal as its user has it: what the pipeline exports translates, what it trains with trains."""

import tempfile
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase

import keras
import numpy as np
import tensorflow as tf

from foveal.layers import DecoderBlock, EncoderBlock, SinusoidalPositions
from foveal.pipelines.saved_model import export
from foveal.pipelines.text.codec import BYTE_TOKENS, SPECIAL_TOKENS, START, TextCodec
from foveal.pipelines.training.trainer import Trainer, TrainingConfig
from foveal.pipelines.translation.config import ModelConfig, TranslationConfig
from foveal.pipelines.translation.export import Translator
from foveal.pipelines.translation.model import build
from foveal.pipelines.translation.train import losses as losses_of

RESERVED = len(SPECIAL_TOKENS) + len(BYTE_TOKENS)
LONGEST = 512  # positions that the peers get a table for


class Foveal:
    """The pipeline's Transformer with random weights, its vocabulary one invented word a piece.

    Args:
        vocabulary_size: special ids and bytes included.
        threads: that an operation may use.
        **sizes: of the model, as in its config.
    """

    def __init__(self, vocabulary_size: int, threads: int, **sizes):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        keras.utils.set_random_seed(0)
        # As the peers: without a gate, positions added to the embeddings.
        model = ModelConfig(gate=False, positions="sinusoidal", attention_dropout=0.0, **sizes)
        training = TrainingConfig(label_smoothing=0.1, global_clipnorm=1.0, ema_momentum=0, jit_compile=True)
        self.config = TranslationConfig(model=model, training=training)
        words = (" " + "".join(letters) for letters in product(ascii_lowercase, repeat=4))
        self.codec = TextCodec([*SPECIAL_TOKENS, *BYTE_TOKENS, *islice(words, vocabulary_size - RESERVED)])
        self.model = build(replace(model, dropout=0.0), vocabulary_size)
        _randomize(self.model)

    def vocabulary(self) -> list[str]:
        return list(self.codec.vocabulary)

    def weights(self) -> dict:
        """Each kernel with its bias and each gamma with its beta, by what they do."""
        layers, layer = self.model.layers, self.model.get_layer
        table = SinusoidalPositions()(np.zeros((1, LONGEST, self.config.model.hidden_dim), "float32"))
        return {
            "embedding": layer("embedding").embeddings.numpy(),
            "positions": np.array(table[0]),
            "encoder": [_block(layer) for layer in layers if isinstance(layer, EncoderBlock)],
            "encoder_norm": _pair(layer("encoder_norm")),
            "decoder": [_block(layer) for layer in layers if isinstance(layer, DecoderBlock)],
            "decoder_norm": _pair(layer("decoder_norm")),
        }

    def sentences(self, count: int, words: int) -> list[str]:
        return [text.decode() for text in self.codec.decode(self._ids(count, words)).numpy()]

    def batch(self, count: int, length: int) -> dict[str, np.ndarray]:
        """Sentences to train on, all of `length` pieces, START before those of the target."""
        source, target = np.split(self._ids(count, 2 * length), 2, axis=1)
        return {"source": source, "target": np.pad(target, [(0, 0), (1, 0)], constant_values=START)}

    def export(self) -> None:
        """Write the SavedModel and load it."""
        translator = Translator(self.codec, self.model, self.config)
        with tempfile.TemporaryDirectory() as folder:
            export.export(Path(folder), translator, translator.signatures(), self.model, {})
            self.fast = export.load(Path(folder)).signatures["fast"]

    def translate(self, sentences: list[str]) -> tuple[list[str], list[float]]:
        """Translations and their log-probabilities."""
        found = self.fast(text=tf.constant(sentences))
        return [text.decode() for text in found["text"].numpy()], found["score"].numpy().tolist()

    def loss(self, batch: dict[str, np.ndarray]) -> float:
        """The mean loss of a token, without dropout."""
        return self._mean(losses_of(self.model, self.config)(_tensors(batch)))

    def prepare_training(self) -> None:
        """Give a model with dropout the same weights, and a run to train it."""
        model = build(self.config.model, len(self.codec.vocabulary))
        for start, weight in zip(self.model.trainable_variables, model.trainable_variables, strict=True):
            weight.assign(start)
        losses = losses_of(model, self.config)
        with tempfile.TemporaryDirectory() as folder:  # nothing is saved
            self.training = Trainer(model, losses, self.config.training, Path(folder))

    def update(self, batch: dict[str, np.ndarray]) -> float:
        """One step of training; returns the loss before it."""
        sums = self.training.accumulate(_tensors(batch))
        self.training.update(sums["tokens"])
        return self._mean(sums)

    def _ids(self, count: int, length: int) -> np.ndarray:
        shape = (count, length)
        return np.random.default_rng(0).integers(RESERVED, len(self.codec.vocabulary), shape, np.int32)

    def _mean(self, sums: dict[str, tf.Tensor]) -> float:
        return float(sums["loss"] / sums["tokens"])


def _randomize(model: keras.Model) -> None:
    """Make translations that tell two models apart: of many words, none of them an end.

    Biases and norms leave their first values, so that a peer cannot mix them up unnoticed. With tied
    embeddings a word would call for itself again, so the last norm turns some dimensions around. The
    rows of special ids and bytes get a share of one direction that it leads away from.
    """
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign_add(random.normal(0, 0.1, variable.shape))
    embeddings, norm = model.get_layer("embedding").embeddings, model.get_layer("decoder_norm")
    away = random.normal(size=norm.beta.shape)
    away /= np.linalg.norm(away)
    rows = embeddings.numpy()
    rows[:RESERVED] -= away
    embeddings.assign(rows)
    norm.gamma.assign(random.normal(size=norm.gamma.shape))
    norm.beta.assign(16 * away)


def _block(block: EncoderBlock | DecoderBlock) -> dict:
    parts = {
        "self_norm": block.attention_norm,
        "query_key_value": block.self_attention.query_key_value_dense,
        "self_output": block.self_attention.output_dense,
        "feed_forward_norm": block.feed_forward_norm,
        "intermediate": block.intermediate_dense,
        "output": block.output_dense,
    }
    if isinstance(block, DecoderBlock):
        attention = block.cross_attention
        parts |= {
            "memory_norm": block.cross_attention_norm,
            "query": attention.query_dense,
            "key": attention.key_dense,
            "value": attention.value_dense,
            "memory_output": attention.output_dense,
        }
    return {name: _pair(layer) for name, layer in parts.items()}


def _pair(layer: keras.Layer) -> tuple[np.ndarray, np.ndarray]:
    first, second = layer.get_weights()
    return first, second


def _tensors(batch: dict[str, np.ndarray]) -> dict[str, tf.Tensor]:
    return {name: tf.constant(ids) for name, ids in batch.items()}
