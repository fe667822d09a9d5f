"""SavedModel signatures of the translator: text in, translation and attention out, in one graph."""

from collections.abc import Callable

import keras
import tensorflow as tf

from ..decoding.beam_search import beam_search
from ..decoding.decoder import Decoder
from ..decoding.generate import generate
from ..decoding.shape_buckets import crop_decoded, next_power_of_two, pad_to
from ..decoding.shortlist import Shortlist
from ..decoding.steps import Decoded
from ..saved_model.export import batch_signature
from ..text.byte_alignment import ByteAlignment
from ..text.codec import END, PAD, TextCodec
from ..text.normalization import is_blank, keep_with_alignment, normalize_with_alignment
from .config import DecodingConfig, TranslationConfig
from .lexical_shortlist import LexicalShortlist
from .model import TranslationNetwork, build_decoder

FOCUS_KEYS = ("attention", "gate", "attention_heads", "gate_heads")
TEXT = tf.TensorSpec([None], tf.string, name="text")


class Translator(tf.Module):
    """Translator of raw text; training validates with the same graph that is exported.

    Signatures, all over a batch of strings:

    - `serving_default`: `text` -> `text`, `score` (beam search), `bytes_read`;
    - `explain`: the same, and `source_tokens` (batch, S), `source_offsets` (batch, S, 2) in bytes of
      the input, `target_tokens` and `target_offsets` likewise in the translation, `attention`
      (batch, T, S), `gate` (batch, T), and both for every block and head: `attention_heads`
      (batch, T, blocks, heads, S), `gate_heads` (batch, T, blocks, heads);
    - `fast`: `text` -> `text`, `score`, `bytes_read`, by greedy search.

    XLA compiles the searches: the first call of each size takes seconds. Sizes are powers of two. With a
    shortlist its size is one of them.

    A text of more than `max_sequence_length` tokens is truncated: `bytes_read` is the number of bytes before
    the truncation, all bytes of a shorter text, and `source_tokens` holds the tokens that are translated. A
    blank text has an empty translation with score 0.

    Args:
        codec: tokenizer.
        model: a trained Keras model; its variables are tracked.
        decoder: step-by-step decoder of the model.
        decoding: configuration of the searches.
        max_sequence_length: maximum tokens of a source, END included.
        normalize: whether to normalize the texts, see `foveal.pipelines.text.normalization.normalize`.
        shortlist: candidate tokens of each source, which the searches are restricted to; None: the whole
            vocabulary. Scores are then normalized over the candidates, see `Shortlist`.

    Raises:
        ValueError: if there is a shortlist and `decoding.shortlist_size` is 0, or none and it is positive.

    Example:
        >>> from foveal.pipelines.text.codec import BYTE_TOKENS, SPECIAL_TOKENS
        >>> from foveal.pipelines.translation.config import ModelConfig
        >>> from foveal.pipelines.translation.model import build
        >>> codec = TextCodec([*SPECIAL_TOKENS, *BYTE_TOKENS, " dog"])
        >>> config = TranslationConfig(model=ModelConfig(hidden_dim=8, num_heads=2, intermediate_dim=12))
        >>> translator = build_translator(config, codec, build(config.model, len(codec.vocabulary)))
        >>> list(translator.signatures())
        ['serving_default', 'explain', 'fast']
    """

    def __init__(
        self,
        codec: TextCodec,
        model: keras.Model,
        decoder: Decoder,
        decoding: DecodingConfig,
        max_sequence_length: int,
        normalize: bool = True,
        shortlist: LexicalShortlist | None = None,
    ):
        super().__init__()
        if (shortlist is not None) != (decoding.shortlist_size > 0):
            raise ValueError(
                "`shortlist` must be given if and only if `shortlist_size` is positive, see "
                f"`learn_shortlist`. Received: shortlist={shortlist}, "
                f"shortlist_size={decoding.shortlist_size}"
            )
        self.codec = codec
        self.weights = [variable.value for variable in model.weights]  # tracked once, without Keras
        self.decoder = decoder
        self.decoding = decoding
        self.shortlist = shortlist
        self.max_sequence_length = max_sequence_length
        self._normalize = normalize_with_alignment if normalize else keep_with_alignment
        jit_compile = decoding.compile_search
        self._compiled_beam_search = tf.function(self._beam_search, jit_compile=jit_compile)
        self._compiled_greedy_search = tf.function(self._greedy_search, jit_compile=jit_compile)

    @batch_signature(TEXT)
    def serve(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        source, max_lengths, alignment = self._tokenize(text)
        decoded = self._decode(self._compiled_beam_search, source, max_lengths)
        return self._decode_outputs(source, alignment, decoded)

    @batch_signature(TEXT)
    def explain(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        source, max_lengths, alignment = self._tokenize(text)
        decoded = self._decode(self._compiled_beam_search, source, max_lengths, FOCUS_KEYS)
        outputs = {name: focus[:, 0] for name, focus in decoded.focus.items()}
        target = decoded.tokens[:, 0]
        offsets = alignment.to_given(tf.range(tf.size(text))[:, tf.newaxis], *self.codec.byte_offsets(source))
        outputs |= {
            "source_tokens": self.codec.ids_to_tokens(source),
            "source_offsets": tf.stack(offsets, axis=-1),
            "target_tokens": self.codec.ids_to_tokens(target),
            "target_offsets": self.codec.decoded_offsets(target),
        }
        return self._decode_outputs(source, alignment, decoded) | outputs

    @batch_signature(TEXT)
    def fast(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        source, max_lengths, alignment = self._tokenize(text)
        decoded = self._decode(self._compiled_greedy_search, source, max_lengths)
        return self._decode_outputs(source, alignment, decoded)

    def signatures(self) -> dict[str, Callable]:
        """Return the signatures of the SavedModel by name."""
        return {"serving_default": self.serve, "explain": self.explain, "fast": self.fast}

    def _tokenize(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, ByteAlignment]:
        """Tokenize the normal form of texts.

        Returns:
            Ids `(batch, S)` that end with END, the maximum lengths `(batch,)` of translations, and the
            alignment of the normal form.
        """
        normal, alignment = self._normalize(text)
        max_tokens = self.max_sequence_length - 1  # and END
        # No token that is kept depends on a later byte, so the tokens of a long text cost no more.
        start = tf.strings.substr(normal, 0, (max_tokens + 2) * self.codec.max_token_bytes)
        ids = self.codec.encode(start)[:, :max_tokens]
        source = tf.concat([ids, tf.fill([tf.shape(text)[0], 1], END)], axis=1)
        max_lengths = max_translation_length(tf.cast(source.row_lengths(), tf.int32))
        return source.to_tensor(PAD), tf.where(is_blank(normal), 0, max_lengths), alignment

    def _decode(
        self, search: Callable[..., Decoded], source: tf.Tensor, max_lengths: tf.Tensor, *arguments: tuple
    ) -> Decoded:
        """Run a compiled search in sizes of powers of two."""
        batch_size, length = tf.unstack(tf.shape(source))
        rows, columns = next_power_of_two(batch_size), next_power_of_two(length, minimum=8)
        source = pad_to(source, rows, columns)
        shortlist = None if self.shortlist is None else self.shortlist(source)
        decoded = search(source, pad_to(max_lengths, rows), shortlist, *arguments)
        if shortlist is not None:
            decoded = decoded._replace(tokens=shortlist.ids(decoded.tokens))
        return crop_decoded(decoded, batch_size, tf.maximum(tf.reduce_max(max_lengths), 1), length)

    def _beam_search(
        self,
        source: tf.Tensor,
        max_lengths: tf.Tensor,
        shortlist: Shortlist | None,
        focus_keys: tuple[str, ...] = (),
    ) -> Decoded:
        decoding = self.decoding
        if decoding.coverage_penalty and "attention" not in focus_keys:
            focus_keys = (*focus_keys, "attention")
        return beam_search(
            self.decoder.initialize(source, decoding.num_beams, focus_keys, shortlist),
            max_translation_length(tf.shape(source)[1]),
            max_lengths,
            length_penalty=decoding.length_penalty,
            coverage_penalty=decoding.coverage_penalty,
            source_mask=tf.not_equal(source, PAD),
        )

    def _greedy_search(
        self, source: tf.Tensor, max_lengths: tf.Tensor, shortlist: Shortlist | None
    ) -> Decoded:
        max_length = max_translation_length(tf.shape(source)[1])
        return generate(self.decoder.initialize(source, shortlist=shortlist), max_length, max_lengths)

    def _decode_outputs(
        self, source: tf.Tensor, alignment: ByteAlignment, decoded: Decoded
    ) -> dict[str, tf.Tensor]:
        _, ends = self.codec.byte_offsets(source)
        return {
            "text": self.codec.decode(decoded.tokens[:, 0]),
            "score": decoded.scores[:, 0],
            "bytes_read": alignment.bytes_read(tf.reduce_max(ends, axis=-1)),
        }


def build_translator(
    config: TranslationConfig,
    codec: TextCodec,
    network: TranslationNetwork,
    shortlist: LexicalShortlist | None = None,
) -> Translator:
    """Build the translator of a network and its configuration.

    Args:
        config: of model, decoding, data and training.
        codec: tokenizer.
        network: from `build`.
        shortlist: from `learn_shortlist`, where `config.decoding.shortlist_size` is positive.
    """
    return Translator(
        codec,
        network.model,
        build_decoder(network, config.model.alignment_layer),
        config.decoding,
        config.data.max_sequence_length,
        config.data.normalize,
        shortlist,
    )


def max_translation_length(source_length: tf.Tensor) -> tf.Tensor:
    """Return the maximum number of tokens of a translation, given that of its source."""
    return 2 * source_length + 10
