"""Serving graph of the captioner: encoded images in, text and attention out."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ..decoding.beam_search import beam_search
from ..decoding.decoder import Decoder
from ..decoding.generate import generate
from ..decoding.minimum_bayes_risk import minimum_bayes_risk
from ..decoding.shape_buckets import crop_decoded, next_power_of_two, pad_to
from ..decoding.steps import Decoded
from ..saved_model.export import batch_signature
from ..text.codec import TextCodec
from .config import CaptioningConfig, DecodingConfig
from .image_decoding import cell_regions, decode_images
from .model import CaptioningNetwork, build_decoder

FOCUS_KEYS = ("attention", "gate", "attention_heads", "gate_heads")
IMAGE = tf.TensorSpec([None], tf.string, name="image")

Outputs = dict[str, tf.Tensor]


class Captioner(tf.Module):
    """Captioner of encoded images; training validates with the graph that is exported.

    Signatures, all over a batch of strings, each an image file (see `decode_images`):

    - `serving_default`: `image` -> `text`, `score`, `valid` (beam search);
    - `explain`: also `target_tokens` (batch, T), `target_offsets` (batch, T, 2) in bytes of the text,
      `attention` (batch, T, R, C), `gate` (batch, T), both for every layer and head
      (`attention_heads` (batch, T, layers, heads, R, C), `gate_heads`), and `regions` (batch, R, C, 4): top,
      left, bottom and right of each cell in pixels of the original image;
    - `fast`: `image` -> `text`, `score`, `valid`, greedy.

    XLA compiles the searches: the first call of each size takes seconds. Sizes are powers of two.

    An image that cannot be decoded has the text "", the score 0 and regions of 0, and
    is not `valid`; it does not disturb its neighbours.

    Args:
        codec: text to ids and back.
        network: a trained model of this pipeline.
        decoding: configuration of the search.
        image_size: side of the square images of the model, in pixels.
        max_sequence_length: largest number of tokens of a caption.
    """

    def __init__(
        self,
        codec: TextCodec,
        network: CaptioningNetwork,
        decoding: DecodingConfig,
        image_size: int,
        max_sequence_length: int,
    ):
        super().__init__()
        self.codec = codec
        self.weights = [variable.value for variable in network.model.weights]  # tracked once, without Keras
        self.network = network  # a dataclass: not tracked
        self.decoding = decoding
        self.image_size = image_size
        self.max_sequence_length = max_sequence_length
        self.decoder: Decoder = build_decoder(network)
        jit_compile = decoding.compile_search
        self._compiled_beam_search = tf.function(self._beam_search, jit_compile=jit_compile)
        self._compiled_greedy_search = tf.function(self._greedy_search, jit_compile=jit_compile)

    @batch_signature(IMAGE)
    def serve(self, image: tf.Tensor) -> Outputs:
        pixels, _, valid = decode_images(image, self.image_size)
        decoded = self._decode(self._compiled_beam_search, self._encode(pixels), valid)
        return self._decode_outputs(decoded, valid)

    @batch_signature(IMAGE)
    def explain(self, image: tf.Tensor) -> Outputs:
        pixels, sizes, valid = decode_images(image, self.image_size)
        decoded = self._decode(self._compiled_beam_search, self._encode(pixels), valid, FOCUS_KEYS)
        outputs = {name: focus[:, 0] for name, focus in decoded.focus.items()}
        for name in ("attention", "attention_heads"):
            shape = tf.concat([tf.shape(outputs[name])[:-1], self.network.grid], axis=0)
            outputs[name] = tf.reshape(outputs[name], shape)
        ids = decoded.tokens[:, 0]
        outputs["target_tokens"] = self.codec.ids_to_tokens(ids)
        outputs["target_offsets"] = self.codec.decoded_offsets(ids)
        outputs["regions"] = cell_regions(sizes, *self.network.grid)
        return self._decode_outputs(decoded, valid) | outputs

    @batch_signature(IMAGE)
    def fast(self, image: tf.Tensor) -> Outputs:
        pixels, _, valid = decode_images(image, self.image_size)
        decoded = self._decode(self._compiled_greedy_search, self._encode(pixels), valid)
        return self._decode_outputs(decoded, valid)

    def signatures(self) -> dict[str, Callable]:
        """Return the signatures of the SavedModel by name."""
        return {"serving_default": self.serve, "explain": self.explain, "fast": self.fast}

    def describe(self, features: np.ndarray) -> list[str]:
        """Caption images greedily from their features: pixels, or the grids of a frozen encoder."""
        return [text.decode() for text in self._describe(tf.constant(features)).numpy()]

    @tf.function(reduce_retracing=True)
    def _describe(self, features: tf.Tensor) -> tf.Tensor:
        encode = self._encode if self.network.trains_encoder else self.network.projection
        memory = encode(features)
        valid = tf.fill([tf.shape(features)[0]], True)
        decoded = self._decode(self._compiled_greedy_search, memory, valid)
        return self.codec.decode(decoded.tokens[:, 0])

    def _encode(self, pixels: tf.Tensor) -> tf.Tensor:
        return self.network.projection(self.network.encoder(tf.cast(pixels, tf.float32)))

    def _decode(
        self, search: Callable[..., Decoded], memory: tf.Tensor, valid: tf.Tensor, *arguments: tuple
    ) -> Decoded:
        """Run a compiled search in batches of powers of two."""
        batch_size, rows = tf.shape(memory)[0], next_power_of_two(tf.shape(memory)[0])
        max_lengths = tf.where(valid, self.max_sequence_length, 0)
        decoded = search(pad_to(memory, rows), pad_to(max_lengths, rows), *arguments)
        return crop_decoded(decoded, batch_size, self.max_sequence_length, tf.shape(memory)[1])

    def _beam_search(
        self, memory: tf.Tensor, max_lengths: tf.Tensor, focus_keys: tuple[str, ...] = ()
    ) -> Decoded:
        decoding = self.decoding
        decoded = beam_search(
            self.decoder.initialize(memory, decoding.num_beams, focus_keys),
            self.max_sequence_length,
            max_lengths,
            num_return_sequences=decoding.num_beams if decoding.minimum_bayes_risk else 1,
            length_penalty=decoding.length_penalty,
        )
        return minimum_bayes_risk(decoded) if decoding.minimum_bayes_risk else decoded

    def _greedy_search(self, memory: tf.Tensor, max_lengths: tf.Tensor) -> Decoded:
        return generate(self.decoder.initialize(memory), self.max_sequence_length, max_lengths)

    def _decode_outputs(self, decoded: Decoded, valid: tf.Tensor) -> Outputs:
        text = self.codec.decode(decoded.tokens[:, 0])
        return {"text": text, "score": decoded.scores[:, 0], "valid": valid}


def build_captioner(config: CaptioningConfig, codec: TextCodec, network: CaptioningNetwork) -> Captioner:
    """Build the captioner of a network and its configuration.

    Args:
        config: of data and decoding.
        codec: text to ids and back.
        network: from `build`.
    """
    data = config.data
    return Captioner(codec, network, config.decoding, data.image_size, data.max_sequence_length)
