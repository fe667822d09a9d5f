"""Transformer of foveal's translation pipeline with random weights: its SavedModel and its trainer."""

import tempfile
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np
import tensorflow as tf

from foveal.benchmarks.machine import describe_machine
from foveal.layers import DecoderBlock, EncoderBlock, SinusoidalPositions
from foveal.pipelines.networks.position_encoding import PositionEncoding
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.text.codec import BYTE_TOKENS, SPECIAL_TOKENS, START, TextCodec
from foveal.pipelines.training.config import TrainingConfig
from foveal.pipelines.training.trainer import Trainer
from foveal.pipelines.translation.config import DecodingConfig, ModelConfig, TranslationConfig
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build
from foveal.pipelines.translation.train import losses

NUM_RESERVED = len(SPECIAL_TOKENS) + len(BYTE_TOKENS)
MAX_POSITIONS = 512  # rows of the position table of the peers

Weights = tuple[np.ndarray, np.ndarray]  # kernel and bias, or gamma and beta


class Foveal:
    """The pipeline's Transformer with random weights; each token of its vocabulary is a generated word.

    Args:
        vocabulary_size: number of tokens, with special tokens and bytes.
        threads: threads of an operation.
        gate, position_encoding: fields of `ModelConfig`. The peers have no gate, and add sinusoids.
        mixed_precision: whether training computes in bfloat16.
        **sizes: fields of `ModelConfig`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        threads: int,
        gate: bool = False,
        position_encoding: PositionEncoding = "sinusoidal",
        mixed_precision: bool = False,
        **sizes: Any,
    ):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        keras.config.set_dtype_policy("mixed_bfloat16" if mixed_precision else "float32")
        keras.utils.set_random_seed(0)
        model = ModelConfig(gate=gate, position_encoding=position_encoding, attention_dropout=0.0, **sizes)
        training = TrainingConfig(
            label_smoothing=0.1,
            global_clipnorm=1.0,
            ema_momentum=0,
            jit_compile=True,
            mixed_precision=mixed_precision,
        )
        decoding = DecodingConfig(length_penalty=0.0)  # scores are log-probabilities
        self.config = TranslationConfig(model=model, training=training, decoding=decoding)
        words = (" " + "".join(letters) for letters in product(ascii_lowercase, repeat=4))
        num_words = vocabulary_size - NUM_RESERVED
        self.codec = TextCodec([*SPECIAL_TOKENS, *BYTE_TOKENS, *islice(words, num_words)])
        self.network = build(replace(model, dropout=0.0), vocabulary_size)
        self.model = self.network.model
        _randomize(self.model)

    def vocabulary(self) -> list[str]:
        """Return the tokens in the order of their ids."""
        return list(self.codec.vocabulary)

    def weights(self) -> dict[str, Any]:
        """Return the weights by layer: kernel and bias of each dense layer, gamma and beta of each norm."""
        layers, layer = self.model.layers, self.model.get_layer
        table = SinusoidalPositions()(np.zeros((1, MAX_POSITIONS, self.config.model.hidden_dim), "float32"))
        return {
            "embedding": layer("embedding").embeddings.numpy(),
            "positions": np.array(table[0]),
            "encoder": [_block_weights(layer) for layer in layers if isinstance(layer, EncoderBlock)],
            "encoder_norm": _layer_weights(layer("encoder_norm")),
            "decoder": [_block_weights(layer) for layer in layers if isinstance(layer, DecoderBlock)],
            "decoder_norm": _layer_weights(layer("decoder_norm")),
        }

    def sentences(self, count: int, words: int) -> list[str]:
        """Return random sentences of `words` words."""
        return [text.decode() for text in self.codec.decode(self._random_ids(count, words)).numpy()]

    def batch(self, count: int, length: int) -> dict[str, np.ndarray]:
        """Return random training pairs of `length` tokens; START precedes the target."""
        source, target = np.split(self._random_ids(count, 2 * length), 2, axis=1)
        return {"source": source, "target": np.pad(target, [(0, 0), (1, 0)], constant_values=START)}

    def export(self) -> None:
        """Write the SavedModel and load it."""
        translator = build_translator(self.config, self.codec, self.network)
        with tempfile.TemporaryDirectory() as folder:
            export_saved_model(Path(folder), translator, translator.signatures(), self.model, {})
            self.signatures = load_saved_model(Path(folder)).signatures

    def translate(self, sentences: list[str], beams: int) -> tuple[list[str], list[float]]:
        """Return translations and their log-probabilities, by greedy search or by beam search."""
        signature = self.signatures["fast" if beams == 1 else "serving_default"]
        outputs = signature(text=tf.constant(sentences))
        return [text.decode() for text in outputs["text"].numpy()], outputs["score"].numpy().tolist()

    def describe_machine(self, threads: int) -> str:
        """Describe the processor and its limits."""
        return describe_machine(threads)

    def loss(self, batch: dict[str, np.ndarray]) -> float:
        """Return the mean loss of a token, without dropout."""
        return _mean_loss(losses(self.model, self.config.training.label_smoothing)(_as_tensors(batch)))

    def prepare_training(self) -> None:
        """Build a model with dropout and the same weights, and its trainer."""
        model = build(self.config.model, len(self.codec.vocabulary)).model
        for initial, weight in zip(self.model.trainable_variables, model.trainable_variables, strict=True):
            weight.assign(initial)
        training = self.config.training
        with tempfile.TemporaryDirectory() as folder:  # no checkpoint is written
            loss = losses(model, training.label_smoothing)
            self.trainer = Trainer(model, loss, training, Path(folder), monitor=["bleu"])

    def update(self, batch: dict[str, np.ndarray]) -> float:
        """Train for one step and return the loss before it."""
        sums = self.trainer.accumulate_gradients(_as_tensors(batch))
        self.trainer.update(sums["tokens"])
        return _mean_loss(sums)

    def _random_ids(self, count: int, length: int) -> np.ndarray:
        shape = (count, length)
        return np.random.default_rng(0).integers(NUM_RESERVED, len(self.codec.vocabulary), shape, np.int32)


def _randomize(model: keras.Model) -> None:
    """Randomize the weights so that translations are long and differ between models with different weights.

    Biases and norms leave their initial values, so that swapped weights in a peer are noticed. With tied
    embeddings a token would predict itself again; random signs in the last norm prevent that. The last norm
    adds a vector that lowers the logits of special tokens and bytes, so that no translation ends early.
    """
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign_add(rng.normal(0, 0.1, variable.shape))
    embeddings, norm = model.get_layer("embedding").embeddings, model.get_layer("decoder_norm")
    direction = rng.normal(size=norm.beta.shape)
    direction /= np.linalg.norm(direction)
    rows = embeddings.numpy()
    rows[:NUM_RESERVED] -= direction
    embeddings.assign(rows)
    norm.gamma.assign(rng.normal(size=norm.gamma.shape))
    norm.beta.assign(16 * direction)


def _block_weights(block: EncoderBlock | DecoderBlock) -> dict[str, Weights]:
    layers = {
        "self_attention_norm": block.attention_norm,
        "query_key_value": block.self_attention.query_key_value_dense,
        "self_attention_output": block.self_attention.output_dense,
        "feed_forward_norm": block.feed_forward_norm,
        "intermediate": block.intermediate_dense,
        "output": block.output_dense,
    }
    if isinstance(block, DecoderBlock) and (attention := block.cross_attention) is not None:
        layers |= {
            "cross_attention_norm": block.cross_attention_norm,
            "query": attention.query_dense,
            "key": attention.key_dense,
            "value": attention.value_dense,
            "cross_attention_output": attention.output_dense,
        }
    return {name: _layer_weights(layer) for name, layer in layers.items()}


def _layer_weights(layer: keras.Layer) -> Weights:
    """Kernel and bias, or gain and bias; heads are merged."""
    first, second = layer.get_weights()
    second = second.ravel()
    return first.reshape(-1, second.size) if first.ndim > 1 else first, second


def _mean_loss(sums: dict[str, tf.Tensor]) -> float:
    return float(sums["loss"] / sums["tokens"])


def _as_tensors(batch: dict[str, np.ndarray]) -> dict[str, tf.Tensor]:
    return {name: tf.constant(ids) for name, ids in batch.items()}
