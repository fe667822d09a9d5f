"""The captioner as it is served: encoded pictures in, text and focus out, in one graph."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ..decoding.decoder import Decoder
from ..decoding.minimum_bayes_risk import minimum_bayes_risk
from ..decoding.search import Decoded, beam_search, generate
from ..saved_model.export import batch_signature
from ..text.codec import TextCodec
from .config import CaptioningConfig
from .image_decoding import cell_regions, read_images
from .model import Network, build_decoder, trains_encoder

FOCUS_KEYS = ("attention", "gate", "attention_heads", "gate_heads")
IMAGE = tf.TensorSpec([None], tf.string, name="image")


class Captioner(tf.Module):
    """Describes encoded pictures; what training validates with is what is exported.

    Signatures, all over a batch of strings, each a JPEG or PNG file of any size:

    - `serving_default`: `image` -> `text`, `score`, `valid` (beam search);
    - `explain`: the same, and `target_tokens` (batch, T), `target_offsets` (batch, T, 2) in bytes of the
      text, `attention` (batch, T, R, C), `gate` (batch, T), both for every block and head
      (`attention_heads` (batch, T, blocks, heads, R, C), `gate_heads`), and `regions` (batch, R, C, 4): top,
      left, bottom and right of each cell in pixels of the original picture;
    - `fast`: `image` -> `text`, `score`, `valid`, greedy.

    What is no picture that can be read (see `images.read_images`) has the text "", the score 0, regions
    of 0, and is not `valid`; the others in its batch are not touched by it.

    Args:
        codec: text to ids and back.
        network: a trained model of this pipeline.
        config: that it was trained with.
    """

    def __init__(self, codec: TextCodec, network: Network, config: CaptioningConfig):
        super().__init__()
        self.codec = codec
        self.weights = [variable.value for variable in network.model.weights]  # tracked once, without Keras
        self.config = config
        self.network = network  # a dataclass: not tracked
        self.decoder: Decoder = build_decoder(network, config.model)

    @batch_signature(IMAGE)
    def serve(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        pixels, _, valid = self._read(image)
        return self._written(self._search(self._memory(pixels), valid), valid)

    @batch_signature(IMAGE)
    def explain(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        pixels, sizes, valid = self._read(image)
        found = self._search(self._memory(pixels), valid, FOCUS_KEYS)
        told = {name: focus[:, 0] for name, focus in found.focus.items()}
        for name in ("attention", "attention_heads"):
            cells = tf.concat([tf.shape(told[name])[:-1], self.network.grid], axis=0)
            told[name] = tf.reshape(told[name], cells)
        ids = found.tokens[:, 0]
        told["target_tokens"] = self.codec.pieces(ids)
        told["target_offsets"] = tf.stack(self.codec.spans(ids), axis=-1)
        told["regions"] = cell_regions(sizes, *self.network.grid)
        return self._written(found, valid) | told

    @batch_signature(IMAGE)
    def fast(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        pixels, _, valid = self._read(image)
        return self._written(self._generate(self._memory(pixels), valid), valid)

    def signatures(self) -> dict[str, Callable]:
        """What the SavedModel offers, by name."""
        return {"serving_default": self.serve, "explain": self.explain, "fast": self.fast}

    def describe(self, seen: np.ndarray) -> list[str]:
        """Greedy captions of pictures as training sees them: their pixels, or a frozen encoder's grids."""
        return [text.decode() for text in self._describe(tf.constant(seen)).numpy()]

    @tf.function(reduce_retracing=True)
    def _describe(self, seen: tf.Tensor) -> tf.Tensor:
        memory = self._memory(seen) if trains_encoder(self.config.model) else self.network.projection(seen)
        return self.codec.decode(self._generate(memory, tf.fill([tf.shape(seen)[0]], True)).tokens[:, 0])

    def _read(self, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        return read_images(image, self.config.data.image_size)

    def _memory(self, pixels: tf.Tensor) -> tf.Tensor:
        return self.network.projection(self.network.encoder(tf.cast(pixels, tf.float32)))

    def _search(self, memory: tf.Tensor, valid: tf.Tensor, focus_keys: tuple[str, ...] = ()) -> Decoded:
        decoding, longest = self.config.decoding, self.config.data.max_sequence_length
        found = beam_search(
            *self.decoder.start(memory, decoding.num_beams, None, focus_keys),
            tf.shape(memory)[0],
            longest,
            tf.where(valid, longest, 0),
            num_beams=decoding.num_beams,
            best=decoding.num_beams if decoding.minimum_bayes_risk else 1,
            length_penalty=decoding.length_penalty,
        )
        return minimum_bayes_risk(found) if decoding.minimum_bayes_risk else found

    def _generate(self, memory: tf.Tensor, valid: tf.Tensor) -> Decoded:
        longest = self.config.data.max_sequence_length
        start = self.decoder.start(memory, 1, longest)
        return generate(*start, tf.shape(memory)[0], longest, tf.where(valid, longest, 0))

    def _written(self, found: Decoded, valid: tf.Tensor) -> dict[str, tf.Tensor]:
        text = self.codec.decode(found.tokens[:, 0])
        return {"text": text, "score": found.scores[:, 0], "valid": valid}
