"""A toy model whose next-token probabilities depend on the whole prefix."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.steps import Decoded, Decoding, DecodingState
from foveal.pipelines.text.codec import END, PAD, START


class PrefixModel:
    """Random logits for every prefix; the state is the prefix, encoded as a number."""

    vocabulary_size, length, source_length = 5, 4, 3  # tokens: PAD, START, END and two words

    def __init__(self, batch: int, seed: int = 0):
        random = np.random.default_rng(seed)
        prefixes = self.vocabulary_size ** (self.length + 1)
        self.logits = random.normal(0, 2, (batch, prefixes, self.vocabulary_size)).astype("float32")
        self.attention = random.dirichlet(np.ones(self.source_length), (batch, prefixes)).astype("float32")
        self.batch = batch

    def step(self, tokens, state, index):
        prefixes = state.beams * self.vocabulary_size + tokens
        logits = tf.gather(self.logits, prefixes, batch_dims=1)
        attention = tf.gather(self.attention, prefixes, batch_dims=1)
        return logits, DecodingState(prefixes), {"attention": attention, "prefix": prefixes}

    def initialize(self, num_beams: int = 1):
        state = DecodingState(tf.zeros([self.batch, num_beams], tf.int32))
        focus = {
            "attention": tf.zeros([self.batch, num_beams, self.source_length]),
            "prefix": tf.zeros([self.batch, num_beams], tf.int32),
        }
        return Decoding(self.step, state, focus, self.batch, num_beams)

    def all_sequences(self, example: int, length_penalty=0.0, coverage_penalty=0.0):
        """List all sequences with their scores, the best one first."""
        sequences = []
        words = [END, *range(END + 1, self.vocabulary_size)]
        for length in range(1, self.length + 1):
            for tokens in itertools.product(words, repeat=length):
                has_end = END in tokens
                if (has_end and tokens.index(END) != length - 1) or (not has_end and length < self.length):
                    continue
                sequences.append((self.score(example, tokens, length_penalty, coverage_penalty), tokens))
        return sorted(sequences, reverse=True)

    def score(self, example, tokens, length_penalty=0.0, coverage_penalty=0.0):
        prefix, total, coverage = 0, 0.0, np.zeros(self.source_length)
        for previous, token in zip((START, *tokens), tokens, strict=False):
            prefix = prefix * self.vocabulary_size + previous
            logits = self.logits[example, prefix].astype("float64")
            logits[[PAD, START]] = -np.inf
            total += logits[token] - np.log(np.sum(np.exp(logits)))
            coverage += self.attention[example, prefix]
        bonus = coverage_penalty * np.sum(np.log(np.minimum(coverage, 1)))
        return total / ((5 + len(tokens)) / 6) ** length_penalty + bonus

    @staticmethod
    def tokens_of(decoded: Decoded, example: int, index: int = 0) -> tuple:
        """Return the tokens of a decoded sequence without padding."""
        return tuple(int(token) for token in decoded.tokens[example, index] if token != PAD)


@pytest.fixture
def prefix_model():
    return PrefixModel
