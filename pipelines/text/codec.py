"""Subwords in core TensorFlow operations: text to ids, ids to the same text, each piece's bytes."""

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from .wordpiece import SUFFIX_INDICATOR, longest_match

Ids: TypeAlias = tf.Tensor | tf.RaggedTensor
PAD, START, END = 0, 1, 2
SPECIAL_TOKENS = ["[PAD]", "[START]", "[END]"]
FIRST_BYTE_ID = len(SPECIAL_TOKENS)
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]
SEPARATOR = b"\xff"  # no valid text has this byte;
INVALID = b"\xfe"  # where another has it, this one, as invalid, takes its place
MAX_WORD_BYTES = 256  # bytes; a run of letters that is longer is cut, so that its pieces are soon found

# A word is a run of letters, an English ending after its apostrophe, or any other visible character
# by itself: digits too, so that a number never seen is made of pieces that were. A space goes with
# the word that it stands before, and so needs no sign of its own. The rest is taken one by one.
WORD = r" ?[\pL\pM]+|['\x{2019}](?:s|t|re|ve|m|ll|d)\b| ?[^\pZ\pC]|(?s:.)"
LEARNABLE = r"[^\pC\p{Zl}\p{Zp}]+"  # a piece is a line of a file: no line breaks, no controls


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Words of `texts`, each with the space before it: all the bytes of `" " + text`, in order."""
    parts = tf.strings.split(texts, SEPARATOR)
    rows = parts.value_rowids()
    parts = tf.strings.join([INVALID, parts.values])
    texts = tf.strings.unsorted_segment_join(parts, rows, tf.size(texts))
    texts = tf.strings.join([" ", tf.strings.substr(texts, 1, tf.int32.max)])
    marked = tf.strings.regex_replace(texts, WORD, SEPARATOR + rb"\0")
    words = tf.strings.split(tf.strings.substr(marked, 1, tf.int32.max), SEPARATOR)
    starts = tf.ragged.range(0, tf.strings.length(words.values), MAX_WORD_BYTES)
    whole = tf.gather(words.values, _row_of_values(starts))
    sizes = tf.fill(tf.shape(starts.values), MAX_WORD_BYTES)
    return _merge(words, starts.with_values(tf.strings.substr(whole, starts.values, sizes)))


class TextCodec(tf.Module):
    """WordPiece subwords that restore the text exactly (Wu et al. 2016).

    A text is split into words, and each word into the longest pieces of the vocabulary, from left
    to right. A piece that starts with a space (shown as `▁`) starts a word after a space, a piece
    that starts with `##` goes on with a word. What no piece covers becomes bytes, one id each. So
    `decode(encode(text))` is `text` for all valid Unicode; every byte that is not valid UTF-8 has
    an id too, and is decoded as U+FFFD. An empty text is one piece: the space before it.

    All methods work on tensors, eagerly and in a `tf.function`. An exported `tf.Module` that holds
    the codec carries the vocabulary as an asset and loads with TensorFlow alone.

    Args:
        vocabulary: list of strings, the id of each being its place: `[PAD]`, `[START]`, `[END]`,
            the 256 bytes `<0x00>` to `<0xFF>`, then the learned pieces.

    Raises:
        ValueError: if the vocabulary starts otherwise, or if a piece is empty, twice there, or
            has a line break.

    Example:
        >>> codec = TextCodec.learn(["a rose is a rose", "arose"], vocabulary_size=300)
        >>> codec.decode(codec.encode(["a rose, arose!"])).numpy()
        array([b'a rose, arose!'], dtype=object)

    Reference:
        Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1.
    """

    def __init__(self, vocabulary: list[str]):
        super().__init__()
        _validate(vocabulary)
        self.vocabulary = tuple(vocabulary)
        self.longest = max(len(piece.removeprefix(SUFFIX_INDICATOR).encode()) for piece in vocabulary)
        self._folder = tempfile.TemporaryDirectory()  # an export copies the file that lies here
        path = os.path.join(self._folder.name, "vocabulary.txt")
        self.save(path)
        line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        self._to_id = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(path, tf.string, line, tf.int64, number), -1
        )
        raw = [b""] * FIRST_BYTE_ID + [bytes([byte]) for byte in range(256)]
        learned = vocabulary[len(raw) :]
        self._texts = tf.constant(raw + [piece.removeprefix(SUFFIX_INDICATOR).encode() for piece in learned])
        self._labels = tf.constant(
            SPECIAL_TOKENS + BYTE_TOKENS + [re.sub("^ ", "▁", piece) for piece in learned]
        )

    @classmethod
    def learn(cls, texts: Iterable[str | bytes], vocabulary_size: int) -> "TextCodec":
        """Learn at most `vocabulary_size` pieces (specials and bytes included) from `texts`."""
        import keras_nlp  # here: it takes seconds, and only learning needs it

        reserved = SPECIAL_TOKENS + BYTE_TOKENS
        if vocabulary_size <= len(reserved):
            raise ValueError(
                f"vocabulary_size must be more than {len(reserved)}, the special ids and the bytes."
                f" Received: {vocabulary_size}"
            )
        texts = list(texts)
        if not texts:
            raise ValueError("texts must hold at least one text. Received none")
        words = tf.data.Dataset.from_tensor_slices(texts).batch(1000).map(_learnable_words)
        pieces = keras_nlp.tokenizers.compute_word_piece_vocabulary(
            words, vocabulary_size, split=False, reserved_tokens=reserved
        )
        return cls(pieces)

    @classmethod
    def load(cls, path: str) -> "TextCodec":
        """The codec whose vocabulary `save` wrote to `path`."""
        with open(path, "rb") as file:
            *lines, rest = file.read().split(b"\n")
        if rest:
            raise ValueError(f"{path} must end with a line break. Received {rest!r}: cut short?")
        return cls([line.decode() for line in lines])

    def save(self, path: str) -> None:
        """Write the vocabulary to `path`: UTF-8, one piece a line."""
        with open(f"{path}.part", "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{piece}\n" for piece in self.vocabulary)
        os.replace(f"{path}.part", path)

    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Ids `(batch, pieces)`, int32, of `texts`, `(batch,)` strings."""
        chunks = tf.strings.split(texts, " ")  # words do not cross a space: each chunk once
        distinct, place = tf.unique(chunks.values, tf.int64)
        words = split_words(distinct)
        ids = _merge(words, self._encode_words(words.values))
        return _merge(chunks, tf.gather(ids, place))

    def rows(self, texts: list[str], first: Sequence[int] = (), last: Sequence[int] = ()) -> list[np.ndarray]:
        """The ids of each text, 1-D int32, between those of `first` and those of `last`."""
        ids = self.encode(tf.constant(texts, tf.string))
        pieces = np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1])
        return [np.concatenate([first, row, last]).astype(np.int32) for row in pieces]

    def spans(self, ids: Ids) -> tuple[Ids, Ids]:
        """From which to which byte of `decode(ids)` each piece goes: two of the shape of `ids`.

        A piece is bytes `[start, end)`. The space that a word starts with is left out, unless it is
        the whole piece; the space before the text is nowhere in it, and `START`, `END` and `PAD` have
        no bytes: they start where they end.
        """
        if not isinstance(ids, tf.RaggedTensor):
            starts, ends = self.spans(tf.RaggedTensor.from_tensor(ids))
            return starts.to_tensor(shape=ids.shape), ends.to_tensor(shape=ids.shape)
        text = _gather(self._texts, ids.values)
        length = tf.strings.length(text)
        spaced = tf.strings.substr(text, 0, 1) == " "
        row = _row_of_values(ids)
        ends = tf.cumsum(length)
        ends -= tf.gather(tf.gather(tf.concat([[0], ends], 0), ids.row_starts()), row)
        left_out = tf.cast(spaced & (ends == length), tf.int32)  # the space before the text
        ends -= tf.gather(tf.math.unsorted_segment_max(left_out, row, ids.nrows()), row)
        starts = ends - length + tf.cast(spaced & (length > 1), tf.int32)
        return tuple(ids.with_values(tf.maximum(part, 0)) for part in (starts, ends))

    def row_byte_offsets(self, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The same for rows of ids as `rows` gives them: `(pieces, 2)` int32 for each row."""
        lengths = [len(ids) for ids in rows]
        starts, ends = self.spans(tf.RaggedTensor.from_row_lengths(np.concatenate(rows), lengths))
        spans = np.stack([starts.values.numpy(), ends.values.numpy()], axis=-1)
        return np.split(spans, np.cumsum(lengths)[:-1])

    def decode(self, ids: Ids) -> tf.Tensor:
        """Texts `(...)` of ids `(..., pieces)` up to the first `END`, without `PAD` and `START`."""
        if isinstance(ids, tf.RaggedTensor):
            ids = ids.to_tensor(PAD)
        ids = tf.convert_to_tensor(ids)
        ended = tf.cumsum(tf.cast(ids == END, tf.int32), axis=-1) > 0
        texts = tf.where(ended, b"", _gather(self._texts, ids))
        texts = tf.strings.regex_replace(tf.strings.reduce_join(texts, -1), "^ ", "")
        return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")

    def pieces(self, ids: Ids) -> Ids:
        """What each id stands for, readable, in the shape of `ids`: `▁` for the space in front."""
        return tf.ragged.map_flat_values(lambda flat: _gather(self._labels, flat), ids)

    def _encode_words(self, words):
        """Ids `(words, pieces)`: most words are one piece, the others are matched."""
        ids = tf.cast(self._to_id.lookup(words), tf.int32)
        unknown = ids < 0
        parts = longest_match(tf.boolean_mask(words, unknown), self._to_id, self.longest, FIRST_BYTE_ID)
        lengths = tf.concat([tf.ones_like(ids, tf.int64), parts.row_lengths()], 0)
        rows = tf.RaggedTensor.from_row_lengths(tf.concat([ids, parts.values], 0), lengths, validate=False)
        count = tf.size(ids)
        row = tf.where(unknown, count - 1 + tf.cumsum(tf.cast(unknown, tf.int32)), tf.range(count))
        return tf.gather(rows, row)


def _merge(outer, inner):
    """What `outer.with_values(inner).merge_dims(1, 2)` gives, without its checks."""
    splits = tf.gather(inner.row_splits, outer.row_splits)
    return tf.RaggedTensor.from_row_splits(inner.values, splits, validate=False)


def _row_of_values(ragged):
    """What `value_rowids()` gives, in memory that one long row does not multiply."""
    starts, size = ragged.row_starts()[:, tf.newaxis], tf.size(ragged.values)
    ones = tf.ones_like(starts[:, 0], tf.int32)
    return tf.cumsum(tf.scatter_nd(starts, ones, [tf.cast(size, tf.int64) + 1]))[:-1] - 1


def _gather(strings, ids):
    """The string of each id; none for a number that is no id."""
    ids = tf.convert_to_tensor(ids)
    known = (ids >= 0) & (ids < tf.size(strings, ids.dtype))
    return tf.where(known, tf.gather(strings, tf.where(known, ids, 0)), b"")


def _learnable_words(texts):
    """Flat words of `texts` that can be lines of a vocabulary file."""
    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")
    words = split_words(valid).values
    words = tf.boolean_mask(words, tf.strings.regex_full_match(words, LEARNABLE))
    return tf.tile(words, [10])  # the learner drops what it sees less than ten times


def _validate(vocabulary):
    reserved = SPECIAL_TOKENS + BYTE_TOKENS
    if list(vocabulary[: len(reserved)]) != reserved:
        raise ValueError(
            f"vocabulary must start with {SPECIAL_TOKENS}, {BYTE_TOKENS[0]!r} to {BYTE_TOKENS[-1]!r}."
            f" Received {len(vocabulary)} pieces: {list(vocabulary[:4])} ..."
        )
    seen = set()
    for number, piece in enumerate(vocabulary):
        if not piece or piece in seen or "\n" in piece or "\r" in piece:
            raise ValueError(
                "A piece of a vocabulary must be one line of text, not empty and not twice there."
                f" Received {piece!r} at place {number}."
            )
        seen.add(piece)
