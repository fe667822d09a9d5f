"""WordPiece subword codec with byte fallback, in core TensorFlow operations (Wu et al. 2016)."""

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from .byte_alignment import replacement_alignment
from .ragged import expand_rows, merge_dims, row_of_values
from .vocabulary import train_vocabulary
from .word_splitting import split_words
from .wordpiece import SUFFIX_INDICATOR, longest_match

Ids: TypeAlias = tf.Tensor | tf.RaggedTensor
PAD, START, END = 0, 1, 2
SPECIAL_TOKENS = ["[PAD]", "[START]", "[END]"]
FIRST_BYTE_ID = len(SPECIAL_TOKENS)
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]


class TextCodec(tf.Module):
    """Subword tokenizer and detokenizer that restores the text exactly (Wu et al. 2016).

    A text is split into words, and each word into the longest tokens of the vocabulary, from left to right. A
    token that starts with a space (displayed as `▁`) starts a word after a space. A token that starts with
    `##` continues a word. Bytes that no token covers become byte tokens. Hence `decode(encode(text))` is
    `text` for all valid Unicode. Every byte that is not valid UTF-8 has an id too, and is decoded as U+FFFD.
    An empty text is one token: the space before it.

    All methods work on tensors, eagerly and in a `tf.function`. An exported `tf.Module` that holds the codec
    contains the vocabulary as an asset and loads with TensorFlow alone.

    Args:
        vocabulary: list of tokens, whose index is their id: `[PAD]`, `[START]`, `[END]`, the 256 bytes
            `<0x00>` to `<0xFF>`, then the trained tokens.

    Raises:
        ValueError: if the vocabulary starts with other tokens, or a token is empty, occurs twice, or has a
            line break.

    Example:
        >>> codec = TextCodec.train(["a rose is a rose", "arose"], vocabulary_size=300)
        >>> codec.decode(codec.encode(["a rose, arose!"])).numpy()
        array([b'a rose, arose!'], dtype=object)

    Reference:
        Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1.
    """

    def __init__(self, vocabulary: list[str]):
        super().__init__()
        _validate(vocabulary)
        self.vocabulary = tuple(vocabulary)
        texts = [token.removeprefix(SUFFIX_INDICATOR).encode() for token in vocabulary]
        self.max_token_bytes = max(map(len, texts))
        folder = tempfile.mkdtemp()  # an export copies the file of the table
        self._cleanup = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = os.path.join(folder, "vocabulary.txt")
        self.save(path)
        line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        self._to_id = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(path, tf.string, line, tf.int64, number), -1
        )
        num_reserved = FIRST_BYTE_ID + len(BYTE_TOKENS)
        reserved = [b""] * FIRST_BYTE_ID + [bytes([byte]) for byte in range(256)]
        self._texts = tf.constant(reserved + texts[num_reserved:])
        labels = [re.sub("^ ", "▁", token) for token in vocabulary[num_reserved:]]
        self._labels = tf.constant(SPECIAL_TOKENS + BYTE_TOKENS + labels)

    @classmethod
    def train(cls, texts: Iterable[str | bytes], vocabulary_size: int) -> "TextCodec":
        """Train a vocabulary on texts.

        Args:
            texts: training texts.
            vocabulary_size: largest number of tokens, special and byte tokens included.

        Raises:
            ValueError: if there is no text, or `vocabulary_size` leaves no token to train.
        """
        reserved = SPECIAL_TOKENS + BYTE_TOKENS
        if vocabulary_size <= len(reserved):
            raise ValueError(
                f"`vocabulary_size` must be greater than {len(reserved)}, the number of special and byte "
                f"tokens. Received: vocabulary_size={vocabulary_size}"
            )
        texts = list(texts)
        if not texts:
            raise ValueError("`texts` must hold at least one text. Received: texts=[]")
        return cls(train_vocabulary(texts, vocabulary_size, reserved))

    @classmethod
    def load(cls, path: str) -> "TextCodec":
        """Load a codec from the vocabulary that `save` wrote to `path`.

        Raises:
            ValueError: if the file is incomplete or holds no valid vocabulary.
        """
        with open(path, "rb") as file:
            *lines, incomplete = file.read().split(b"\n")
        if incomplete:
            raise ValueError(f"`path` must end with a line break. Received: {path}, ending {incomplete!r}")
        return cls([line.decode() for line in lines])

    def save(self, path: str) -> None:
        """Write the vocabulary to `path`: UTF-8, one token a line."""
        with open(f"{path}.part", "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{token}\n" for token in self.vocabulary)
        os.replace(f"{path}.part", path)

    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Encode texts `(batch,)` as ids `(batch, tokens)`, int32."""
        chunks = tf.strings.split(texts, " ")  # no word crosses a space: each distinct chunk is encoded once
        distinct, chunk_index = tf.unique(chunks.values, tf.int64)
        words = split_words(distinct)
        ids = merge_dims(words, self._encode_words(words.values))
        return merge_dims(chunks, tf.gather(ids, chunk_index))

    def encode_rows(
        self, texts: list[str], prefix: Sequence[int] = (), suffix: Sequence[int] = ()
    ) -> list[np.ndarray]:
        """Encode each text as a 1-D int32 array, between the ids of `prefix` and `suffix`."""
        ids = self.encode(tf.constant(texts, tf.string))
        rows = np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1])
        return [np.concatenate([prefix, row, suffix]).astype(np.int32) for row in rows]

    def byte_offsets(self, ids: Ids) -> tuple[Ids, Ids]:
        """Compute the byte offsets of each token in the text of its bytes, see `decoded_offsets`.

        A token covers the bytes `[start, end)`. The space before a word is excluded, unless the token is the
        space alone. The space before the text has no bytes. `START`, `END` and `PAD` have none either: their
        start is their end.

        Args:
            ids: `(batch, tokens)`, dense or ragged.

        Returns:
            The starts and the ends, int32, both in the shape of `ids`.
        """
        if not isinstance(ids, tf.RaggedTensor):
            starts, ends = self.byte_offsets(tf.RaggedTensor.from_tensor(ids))
            return starts.to_tensor(shape=ids.shape), ends.to_tensor(shape=ids.shape)
        text = _gather(self._texts, ids.values)
        length = tf.strings.length(text)
        has_space = tf.strings.substr(text, 0, 1) == " "
        row = row_of_values(ids)
        ends = tf.cumsum(length)
        ends -= tf.gather(tf.gather(tf.concat([[0], ends], 0), ids.row_starts()), row)
        has_first_space = tf.cast(has_space & (ends == length), tf.int32)  # the space before the text
        ends -= tf.gather(tf.math.unsorted_segment_max(has_first_space, row, ids.nrows()), row)
        starts = ends - length + tf.cast(has_space & (length > 1), tf.int32)
        return tuple(ids.with_values(tf.maximum(offsets, 0)) for offsets in (starts, ends))

    def row_byte_offsets(self, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Compute the byte offsets of rows of ids, as `encode_rows` returns them.

        Returns:
            `(tokens, 2)` int32 for each row: start and end of each token.
        """
        lengths = [len(ids) for ids in rows]
        ragged = tf.RaggedTensor.from_row_lengths(np.concatenate(rows), lengths)
        starts, ends = self.byte_offsets(ragged)
        offsets = np.stack([starts.values.numpy(), ends.values.numpy()], axis=-1)
        return np.split(offsets, np.cumsum(lengths)[:-1])

    def decode(self, ids: Ids) -> tf.Tensor:
        """Decode ids `(..., tokens)` up to the first `END`, without `PAD` and `START`: strings `(...)`."""
        return tf.strings.unicode_transcode(self._join(ids), "UTF-8", "UTF-8")

    def decoded_offsets(self, ids: tf.Tensor) -> tf.Tensor:
        """Compute the byte offsets of each token in `decode(ids)`, where U+FFFD replaces what is not UTF-8.

        Args:
            ids: `(batch, tokens)`, without tokens after `END`.

        Returns:
            `(batch, tokens, 2)` int32: starts and ends as those of `byte_offsets`. A token that is replaced
            in part covers the whole replacement.
        """
        rows = tf.range(tf.shape(ids)[0])[:, tf.newaxis]
        alignment = replacement_alignment(self._join(ids))
        return tf.stack(alignment.to_normalized(rows, *self.byte_offsets(ids)), axis=-1)

    def _join(self, ids: Ids) -> tf.Tensor:
        """Join the bytes of the tokens `(..., tokens)` up to the first `END`, without the first space."""
        if isinstance(ids, tf.RaggedTensor):
            ids = ids.to_tensor(PAD)
        ids = tf.convert_to_tensor(ids)
        ended = tf.cumsum(tf.cast(ids == END, tf.int32), axis=-1) > 0
        texts = tf.where(ended, b"", _gather(self._texts, ids))
        return tf.strings.regex_replace(tf.strings.reduce_join(texts, -1), "^ ", "")

    def ids_to_tokens(self, ids: Ids) -> Ids:
        """Convert ids to readable tokens of the same shape, with `▁` for the space before a word."""
        return tf.ragged.map_flat_values(lambda flat: _gather(self._labels, flat), ids)

    def _encode_words(self, words: tf.Tensor) -> tf.RaggedTensor:
        """Encode words as ids `(words, tokens)`: most words are one token, the others are matched."""
        ids = tf.cast(self._to_id.lookup(words), tf.int32)
        is_split = ids < 0
        split_ids = longest_match(
            tf.boolean_mask(words, is_split), self._to_id, self.max_token_bytes, FIRST_BYTE_ID
        )
        return expand_rows(ids, is_split, split_ids)


def _gather(strings: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
    """Gather the string of each id; an empty string for an invalid id."""
    ids = tf.convert_to_tensor(ids)
    is_valid = (ids >= 0) & (ids < tf.size(strings, ids.dtype))
    return tf.where(is_valid, tf.gather(strings, tf.where(is_valid, ids, 0)), b"")


def _validate(vocabulary: Sequence[str]) -> None:
    reserved = SPECIAL_TOKENS + BYTE_TOKENS
    if list(vocabulary[: len(reserved)]) != reserved:
        raise ValueError(
            f"`vocabulary` must start with {SPECIAL_TOKENS}, {BYTE_TOKENS[0]!r} to {BYTE_TOKENS[-1]!r}. "
            f"Received: {len(vocabulary)} tokens, {list(vocabulary[:4])} ..."
        )
    previous = set()
    for index, token in enumerate(vocabulary):
        if not token or token in previous or "\n" in token or "\r" in token:
            raise ValueError(
                "`vocabulary` must consist of distinct lines of text, none of them empty. "
                f"Received: {token!r} at index {index}"
            )
        previous.add(token)
