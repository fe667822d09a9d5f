"""Speed of the text codec, compared with keras_nlp's WordPieceTokenizer and with Hugging Face's tokenizers.

`python benchmarks/text_codec.py [file of lines]`. All use one trained vocabulary on batches of 1,000
sentences; the first two are traced. They are not equivalent: the peers drop the spaces and cannot restore
the text. Without a file the sentences consist of generated words with Zipf frequencies, so that many words
are not in the vocabulary.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras_nlp
import numpy as np
import tensorflow as tf
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit

from foveal.benchmarks.timing import alternate, timed
from foveal.pipelines.text.codec import TextCodec

NUM_SENTENCES, BATCH_SIZE, VOCABULARY_SIZE = 20_000, 1_000, 4_000
REPETITIONS, SINGLE_REPETITIONS = 10, 500


def main() -> None:
    sentences = read_sentences(Path(sys.argv[1])) if sys.argv[1:] else generate_sentences()
    start = time.perf_counter()
    codec = TextCodec.train(sentences, VOCABULARY_SIZE)
    print(f"trained {len(codec.vocabulary)} tokens in {time.perf_counter() - start:.1f} s")
    peer = keras_nlp.tokenizers.WordPieceTokenizer(
        [*codec.vocabulary, "[UNK]"], lowercase=False, strip_accents=False
    )
    batches = [sentences[i : i + BATCH_SIZE] for i in range(0, len(sentences), BATCH_SIZE)]
    word_piece = build_word_piece(codec)
    runs = {
        "foveal": encode_all(codec.encode, batches),
        "keras_nlp": encode_all(peer.tokenize, batches),
        "tokenizers": lambda: [word_piece.encode_batch(batch) for batch in batches],
    }
    times = alternate([timed(run) for run in runs.values()], REPETITIONS)
    for name, seconds in zip(runs, times, strict=True):
        print(f"{name:10} encodes {BATCH_SIZE * len(batches) / min(seconds):9,.0f} sentences/s")
    num_tokens = sum(len(codec.encode(tf.constant(batch)).values) for batch in batches)
    peer_tokens = sum(len(encoding.ids) for batch in batches for encoding in word_piece.encode_batch(batch))
    print(f"tokens: {num_tokens:,} of foveal, {peer_tokens:,} of tokenizers")
    (times_of_one,) = alternate([timed(encode_exported(codec, sentences[0]))], SINGLE_REPETITIONS)
    print(f"one sentence in a SavedModel: {1000 * statistics.median(times_of_one):.2f} ms")


def read_sentences(path: Path) -> list[str]:
    """Read the first lines of a file, a whole number of batches."""
    return path.read_text(encoding="utf-8").split("\n")[: NUM_SENTENCES // BATCH_SIZE * BATCH_SIZE]


def generate_sentences() -> list[str]:
    """Generate sentences of random words; the frequency of a word is the inverse of its rank (Zipf)."""
    rng = np.random.default_rng(0)
    syllables = [c + v + e for c in "bdfgklmnprstvz" for v in "aeiouéü" for e in ("", "n", "r", "s")]
    words = ["".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(20_000)]
    frequencies = 1 / np.arange(1, len(words) + 1)
    samples = iter(rng.choice(words, 16 * NUM_SENTENCES, p=frequencies / frequencies.sum()))
    lengths = rng.integers(5, 16, NUM_SENTENCES)
    return [" ".join(next(samples) for _ in range(n)).capitalize() + "." for n in lengths]


def build_word_piece(codec: TextCodec) -> Tokenizer:
    """Build the WordPiece tokenizer of Hugging Face with the vocabulary of a codec."""
    tokens = [token[1:] if token.startswith(" ") else f"##{token}" for token in codec.vocabulary]
    vocabulary = {token: index for index, token in enumerate(tokens)} | {"[UNK]": len(tokens)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=1000))
    tokenizer.pre_tokenizer = WhitespaceSplit()  # pyright: ignore[reportAttributeAccessIssue]
    return tokenizer


def encode_all(encode: Callable, batches: list[list[str]]) -> Callable[[], None]:
    """Trace an encoder, and build a function that encodes all batches."""
    traced = tf.function(encode).get_concrete_function(tf.TensorSpec([None], tf.string))
    tensors = [tf.constant(batch) for batch in batches]

    def run() -> None:
        for batch in tensors:
            traced(batch)

    return run


def encode_exported(codec: TextCodec, sentence: str) -> Callable[[], dict[str, tf.Tensor]]:
    """Export the codec as a SavedModel, and build a function that encodes one sentence with it."""
    module = tf.Module()
    module.codec = codec
    encode = tf.function(lambda text: {"ids": codec.encode(text).to_tensor()})
    signature = encode.get_concrete_function(tf.TensorSpec([None], tf.string, name="text"))
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signature)
        serve = tf.saved_model.load(folder).signatures["serving_default"]
    return lambda: serve(text=tf.constant([sentence]))


if __name__ == "__main__":
    main()
