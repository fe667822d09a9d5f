"""Language model: train a decoder-only Transformer, generate with a cache, and record its attention.

    python examples/language_model.py

The text is the English half of `phrases`, which is generated offline. Training takes about a minute on a
CPU.
"""

import argparse
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from foveal import focus
from foveal.datasets import load_translation
from foveal.layers import DecoderBlock

START, END, LENGTH = "<start>", "<end>", 20


class LanguageModel(keras.Model):
    """Decoder-only Transformer: rotary positions, grouped keys, sinks and an output gate."""

    def __init__(self, vocabulary_size, hidden_dim=64, num_layers=2, num_heads=4):
        super().__init__()
        self.embedding = keras.layers.Embedding(vocabulary_size, hidden_dim)
        self.blocks = [
            DecoderBlock(
                num_heads,
                intermediate_dim=4 * hidden_dim,
                bias="rotary",
                distribution="sink_softmax",
                num_key_value_heads=num_heads // 2,
                self_attention_gate="output",
                name=f"block_{index}",
            )
            for index in range(num_layers)
        ]
        self.norm = keras.layers.LayerNormalization()
        self.logits = keras.layers.Dense(vocabulary_size)

    def call(self, tokens):
        hidden = self.embedding(tokens)
        for block in self.blocks:
            hidden = block(hidden)
        return self.logits(self.norm(hidden))

    def step(self, tokens, caches):
        """Return the logits of new tokens, and the caches with their keys and values."""
        hidden, new_caches = self.embedding(tokens), []
        for block, cache in zip(self.blocks, caches, strict=True):
            hidden, cache = block(hidden, cache=cache, cache_index="end")
            new_caches.append(cache)
        return self.logits(self.norm(hidden)), new_caches

    def generate(self, tokens, count):
        """Append the `count` most probable tokens, one at a time; each step reads the last token alone."""
        caches = [block.init_cache(len(tokens), length=0) for block in self.blocks]
        last = tokens
        for _ in range(count):
            logits, caches = self.step(last, caches)
            last = ops.cast(ops.argmax(logits[:, -1:], axis=-1), tokens.dtype)
            tokens = ops.concatenate([tokens, last], axis=1)
        return tokens


def load_tokens(num_sentences):
    """Return tokens `(sentences, LENGTH)`, 0 at padding, and the word of each token."""
    sentences = load_translation("phrases", f"train[:{num_sentences}]").source
    words = [[START, *sentence.split()[: LENGTH - 2], END] for sentence in sentences]
    vocabulary = ["", *sorted({word for sentence in words for word in sentence})]
    index = {word: token for token, word in enumerate(vocabulary)}
    tokens = [[index[word] for word in sentence] for sentence in words]
    return np.array([row + [0] * (LENGTH - len(row)) for row in tokens], "int32"), vocabulary


def train(tokens, vocabulary_size, epochs):
    """Train a model to predict the next token."""
    model = LanguageModel(vocabulary_size)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(tokens[:, :-1], tokens[:, 1:], batch_size=64, epochs=epochs, verbose=2)
    return model


def describe_attention(model, tokens, words):
    """Return a line for each token: the earlier token with the highest weight in the last block."""
    record = focus.record(model, tokens)[-1]
    weights = record.weights[0].mean(axis=0)  # of the heads
    return [
        f"{word:>12} <- {words[row.argmax()]} {row.max():.2f}, sink {1 - row.sum():.2f}"
        for word, row in zip(words, weights, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=8000)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(0)

    tokens, vocabulary = load_tokens(options.sentences)
    model = train(tokens, len(vocabulary), options.epochs)
    generated = ops.convert_to_numpy(model.generate(ops.convert_to_tensor(tokens[:1, :3]), LENGTH - 3))
    words = [vocabulary[token] for token in generated[0]]
    words = words[: words.index(END) + 1] if END in words else words
    print(" ".join(words))
    print("\n".join(describe_attention(model, generated[:, : len(words)], words)))


if __name__ == "__main__":
    main()
