"""Text codec beside keras_nlp's WordPieceTokenizer: `python benchmarks/text_codec.py [file of lines]`.

Both use one learned vocabulary, traced, on batches of 1,000 sentences. They do not do the same:
keras_nlp drops the spaces and cannot restore the text. Without a file the sentences are made of
invented words, the n-th of them n times rarer than the first, so that many words are no piece.
"""

import sys
import tempfile
import time

import keras_nlp
import numpy as np
import tensorflow as tf

from foveal.pipelines.text.codec import TextCodec

SENTENCES, BATCH, ROUNDS = 20_000, 1_000, 5


def invented_sentences() -> list[str]:
    random = np.random.default_rng(0)
    syllables = [c + v + e for c in "bdfgklmnprstvz" for v in "aeiouéü" for e in ("", "n", "r", "s")]
    words = ["".join(random.choice(syllables, random.integers(1, 5))) for _ in range(20_000)]
    odds = 1 / np.arange(1, len(words) + 1)
    drawn = iter(random.choice(words, 16 * SENTENCES, p=odds / odds.sum()))
    lengths = random.integers(5, 16, SENTENCES)
    return [" ".join(next(drawn) for _ in range(n)).capitalize() + "." for n in lengths]


def sentences_per_second(function, batches: list[tf.Tensor]) -> float:
    traced = tf.function(function).get_concrete_function(tf.TensorSpec([None], tf.string))
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for batch in batches:
            traced(batch)
        times.append(time.perf_counter() - start)
    return BATCH * len(batches) / min(times)


def served_milliseconds(codec: TextCodec, sentence: str) -> float:
    """Median time of an exported signature that encodes one sentence."""
    module = tf.Module()
    module.codec = codec
    encode = tf.function(lambda text: {"ids": codec.encode(text).to_tensor()})
    signature = encode.get_concrete_function(tf.TensorSpec([None], tf.string, name="text"))
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signature)
        serve = tf.saved_model.load(folder).signatures["serving_default"]
    times = []
    for _ in range(500):
        start = time.perf_counter()
        serve(text=tf.constant([sentence]))
        times.append(time.perf_counter() - start)
    return 1000 * sorted(times)[len(times) // 2]


def main() -> None:
    sentences = invented_sentences()
    if sys.argv[1:]:
        with open(sys.argv[1], encoding="utf-8") as file:
            sentences = file.read().split("\n")[: SENTENCES // BATCH * BATCH]
    start = time.perf_counter()
    codec = TextCodec.learn(sentences, 4_000)
    print(f"learned {len(codec.vocabulary)} pieces in {time.perf_counter() - start:.1f} s")
    peer = keras_nlp.tokenizers.WordPieceTokenizer(
        [*codec.vocabulary, "[UNK]"], lowercase=False, strip_accents=False
    )
    batches = [tf.constant(sentences[i : i + BATCH]) for i in range(0, len(sentences), BATCH)]
    for name, function in [("foveal", codec.encode), ("keras_nlp", peer.tokenize)] * 2:
        print(f"{name:9} encodes {sentences_per_second(function, batches):9,.0f} sentences/s")
    print(f"one sentence in a SavedModel: {served_milliseconds(codec, sentences[0]):.2f} ms")


if __name__ == "__main__":
    main()
