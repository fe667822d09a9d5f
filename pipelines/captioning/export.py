"""Serving graph of the captioner: encoded images in, text and attention out."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ..decoding.decoder import Decoder
from ..decoding.minimum_bayes_risk import minimum_bayes_risk
from ..decoding.search import Decoded, beam_search, generate
from ..saved_model.export import batch_signature
from ..text.codec import TextCodec
from .config import DecodingConfig
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

    @batch_signature(IMAGE)
    def serve(self, image: tf.Tensor) -> Outputs:
        pixels, _, valid = decode_images(image, self.image_size)
        return self._decode_outputs(self._beam_search(self._encode(pixels), valid), valid)

    @batch_signature(IMAGE)
    def explain(self, image: tf.Tensor) -> Outputs:
        pixels, sizes, valid = decode_images(image, self.image_size)
        decoded = self._beam_search(self._encode(pixels), valid, FOCUS_KEYS)
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
        return self._decode_outputs(self._greedy_search(self._encode(pixels), valid), valid)

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
        return self.codec.decode(self._greedy_search(memory, valid).tokens[:, 0])

    def _encode(self, pixels: tf.Tensor) -> tf.Tensor:
        return self.network.projection(self.network.encoder(tf.cast(pixels, tf.float32)))

    def _beam_search(self, memory: tf.Tensor, valid: tf.Tensor, focus_keys: tuple[str, ...] = ()) -> Decoded:
        decoding, max_length = self.decoding, self.max_sequence_length
        decoded = beam_search(
            *self.decoder.initialize(memory, decoding.num_beams, None, focus_keys),
            tf.shape(memory)[0],
            max_length,
            tf.where(valid, max_length, 0),
            num_beams=decoding.num_beams,
            num_return_sequences=decoding.num_beams if decoding.minimum_bayes_risk else 1,
            length_penalty=decoding.length_penalty,
        )
        return minimum_bayes_risk(decoded) if decoding.minimum_bayes_risk else decoded

    def _greedy_search(self, memory: tf.Tensor, valid: tf.Tensor) -> Decoded:
        max_length = self.max_sequence_length
        initial = self.decoder.initialize(memory, 1, max_length)
        return generate(*initial, tf.shape(memory)[0], max_length, tf.where(valid, max_length, 0))

    def _decode_outputs(self, decoded: Decoded, valid: tf.Tensor) -> Outputs:
        text = self.codec.decode(decoded.tokens[:, 0])
        return {"text": text, "score": decoded.scores[:, 0], "valid": valid}
