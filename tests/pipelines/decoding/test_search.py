"""Tests of the searches against brute force, on next-token probabilities that depend on the prefix."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.beam_search import beam_search
from foveal.pipelines.decoding.generate import generate, greedy, sample
from foveal.pipelines.decoding.steps import Decoded, Decoding, DecodingState
from foveal.pipelines.text.codec import END, PAD, START

VOCABULARY, LENGTH, SOURCE = 5, 4, 3  # tokens: PAD, START, END and two words


class PrefixModel:
    """Random logits for every prefix; the state is the prefix, encoded as a number."""

    def __init__(self, batch: int, seed: int = 0):
        random = np.random.default_rng(seed)
        prefixes = VOCABULARY ** (LENGTH + 1)
        self.logits = random.normal(0, 2, (batch, prefixes, VOCABULARY)).astype("float32")
        self.attention = random.dirichlet(np.ones(SOURCE), (batch, prefixes)).astype("float32")
        self.batch = batch

    def step(self, tokens, state, index):
        prefixes = state.beams * VOCABULARY + tokens
        logits = tf.gather(self.logits, prefixes, batch_dims=1)
        attention = tf.gather(self.attention, prefixes, batch_dims=1)
        return logits, DecodingState(prefixes), {"attention": attention, "prefix": prefixes}

    def initialize(self, num_beams: int = 1):
        state = DecodingState(tf.zeros([self.batch, num_beams], tf.int32))
        focus = {
            "attention": tf.zeros([self.batch, num_beams, SOURCE]),
            "prefix": tf.zeros([self.batch, num_beams], tf.int32),
        }
        return Decoding(self.step, state, focus, self.batch, num_beams)

    def all_sequences(self, example: int, length_penalty=0.0, coverage_penalty=0.0):
        """List all sequences with their scores, the best one first."""
        sequences = []
        words = [END, *range(END + 1, VOCABULARY)]
        for length in range(1, LENGTH + 1):
            for tokens in itertools.product(words, repeat=length):
                has_end = END in tokens
                if (has_end and tokens.index(END) != length - 1) or (not has_end and length < LENGTH):
                    continue
                sequences.append((self.score(example, tokens, length_penalty, coverage_penalty), tokens))
        return sorted(sequences, reverse=True)

    def score(self, example, tokens, length_penalty=0.0, coverage_penalty=0.0):
        prefix, total, coverage = 0, 0.0, np.zeros(SOURCE)
        for previous, token in zip((START, *tokens), tokens, strict=False):
            prefix = prefix * VOCABULARY + previous
            logits = self.logits[example, prefix].astype("float64")
            logits[[PAD, START]] = -np.inf
            total += logits[token] - np.log(np.sum(np.exp(logits)))
            coverage += self.attention[example, prefix]
        bonus = coverage_penalty * np.sum(np.log(np.minimum(coverage, 1)))
        return total / ((5 + len(tokens)) / 6) ** length_penalty + bonus


def tokens_of(decoded: Decoded, example: int, index: int = 0) -> tuple:
    return tuple(int(t) for t in decoded.tokens[example, index] if t != PAD)


@pytest.mark.parametrize(
    ("length_penalty", "coverage_penalty", "compiled"),
    [(0.0, 0.0, False), (1.3, 0.0, False), (0.6, 0.4, False), (0.6, 0.4, True)],
)
def test_beam_search_matches_exhaustive_search(length_penalty, coverage_penalty, compiled):
    model, num_beams, num_returned = PrefixModel(batch=2), 60, 3

    @tf.function(jit_compile=compiled)
    def search():
        return beam_search(
            model.initialize(num_beams),
            max_length=LENGTH,
            num_return_sequences=num_returned,
            length_penalty=length_penalty,
            coverage_penalty=coverage_penalty,
        )

    decoded = search()
    for example in range(2):
        expected = model.all_sequences(example, length_penalty, coverage_penalty)[:num_returned]
        assert [tokens_of(decoded, example, index) for index in range(num_returned)] == [
            tokens for _, tokens in expected
        ]
        np.testing.assert_allclose(decoded.scores[example], [score for score, _ in expected], rtol=1e-5)


def test_beam_search_with_one_beam_matches_greedy_search():
    model = PrefixModel(batch=5)
    beam = beam_search(model.initialize(1), max_length=LENGTH, length_penalty=0.0)
    greedy_result = generate(model.initialize(), max_length=LENGTH)
    np.testing.assert_array_equal(beam.tokens, greedy_result.tokens)
    np.testing.assert_allclose(beam.scores, greedy_result.scores, rtol=1e-6)
    np.testing.assert_allclose(beam.focus["attention"], greedy_result.focus["attention"])


def test_beam_search_returns_focus_of_returned_sequences():
    model = PrefixModel(batch=3, seed=1)
    decoded = beam_search(model.initialize(4), max_length=LENGTH, num_return_sequences=2)
    for example, index in itertools.product(range(3), range(2)):
        prefix = 0
        tokens = tokens_of(decoded, example, index)
        for time, previous in enumerate((START, *tokens[:-1])):
            prefix = prefix * VOCABULARY + previous
            assert decoded.focus["prefix"][example, index, time] == prefix
            np.testing.assert_allclose(
                decoded.focus["attention"][example, index, time], model.attention[example, prefix]
            )
        assert not np.any(decoded.focus["attention"][example, index, len(tokens) :])


def test_beam_search_returns_score_of_returned_tokens():
    model = PrefixModel(batch=4, seed=2)
    decoded = beam_search(
        model.initialize(2),
        max_length=LENGTH,
        length_penalty=0.7,
        coverage_penalty=0.3,
    )
    for example in range(4):
        expected = model.score(example, tokens_of(decoded, example), 0.7, 0.3)
        np.testing.assert_allclose(decoded.scores[example, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("search", [generate, beam_search])
def test_search_of_batch_matches_search_of_single_examples(search):
    model = PrefixModel(batch=4, seed=3)
    num_beams = 1 if search is generate else 3
    batched = search(model.initialize(num_beams), max_length=LENGTH)
    for example in range(4):
        single = PrefixModel(batch=1)
        single.logits = model.logits[example : example + 1]
        single.attention = model.attention[example : example + 1]
        decoded = search(single.initialize(num_beams), max_length=LENGTH)
        assert tokens_of(decoded, 0) == tokens_of(batched, example)
        np.testing.assert_allclose(decoded.scores[0], batched.scores[example], rtol=1e-6)


def all_beams_ended(model, example, decoded, length_penalty):
    """Run a beam search in Python that stops when all of its beams have ended."""
    beams = [((), 0.0)]
    for _ in range(LENGTH):
        candidates = []
        for tokens, log_prob in beams:
            if tokens and (tokens[-1] == END or len(tokens) == LENGTH):
                candidates.append((tokens, log_prob))
                continue
            candidates += [
                ((*tokens, token), model.score(example, (*tokens, token))) for token in range(END, VOCABULARY)
            ]
        candidates.sort(key=lambda c: c[1] / ((5 + len(c[0])) / 6) ** length_penalty, reverse=True)
        beams = candidates[: decoded.tokens.shape[1] + 2]
    return [tokens for tokens, _ in beams]


@pytest.mark.parametrize("length_penalty", [0.0, 0.9, -0.5])
def test_early_stop_does_not_change_returned_sequences(length_penalty):
    for seed in range(6):
        model = PrefixModel(batch=3, seed=seed)
        model.logits[..., END] += 2.0  # many sequences end early
        decoded = beam_search(
            model.initialize(4), LENGTH, num_return_sequences=2, length_penalty=length_penalty
        )
        for example in range(3):
            expected = all_beams_ended(model, example, decoded, length_penalty)
            assert [tokens_of(decoded, example, index) for index in range(2)] == expected[:2]


def test_beam_search_stops_when_no_continuation_can_win():
    calls = []

    def step(tokens, state, index):
        calls.append(int(index))
        logits = tf.fill([*tokens.shape, VOCABULARY], 0.0) + tf.one_hot(END, VOCABULARY) * 5.0
        return logits, state, {}

    decoded = beam_search(Decoding(step, DecodingState(), {}, batch_size=2, num_beams=3), max_length=50)
    assert tokens_of(decoded, 0) == (END,)
    assert len(calls) < 10


def test_coverage_penalty_ignores_masked_source_positions():
    model = PrefixModel(batch=2)
    model.attention[..., -1] = 0.0
    mask = tf.constant([[True, True, False]] * 2)
    masked = beam_search(
        model.initialize(3),
        max_length=LENGTH,
        coverage_penalty=0.5,
        source_mask=mask,
    )
    short_model = PrefixModel(batch=2)
    short_model.attention = model.attention[..., :-1]
    decoding = short_model.initialize(3)
    decoding.focus["attention"] = decoding.focus["attention"][..., :-1]
    unmasked = beam_search(decoding, max_length=LENGTH, coverage_penalty=0.5)
    np.testing.assert_array_equal(masked.tokens, unmasked.tokens)
    np.testing.assert_allclose(masked.scores, unmasked.scores, rtol=1e-6)


def test_generate_stops_when_all_sequences_have_ended():
    calls = []

    def step(tokens, state, index):
        calls.append(int(index))
        logits = tf.one_hot(tf.fill(tf.shape(tokens), END if index == 2 else END + 1), VOCABULARY) * 90.0
        return logits, state, {"attention": tf.ones([*tokens.shape, SOURCE])}

    focus = {"attention": tf.zeros([2, 1, SOURCE])}
    decoded = generate(Decoding(step, DecodingState(), focus, batch_size=2), max_length=50)
    assert calls == [0, 1, 2]
    assert tokens_of(decoded, 0) == (END + 1, END + 1, END)
    assert decoded.tokens.shape == (2, 1, 50)


@pytest.mark.parametrize("search", [generate, beam_search])
def test_search_respects_max_lengths(search):
    model = PrefixModel(batch=3, seed=4)
    model.logits[..., END] = -50.0
    num_beams = 1 if search is generate else 2
    max_lengths = tf.constant([2, 0, 3])
    decoded = search(model.initialize(num_beams), max_length=LENGTH, max_lengths=max_lengths)
    assert [len(tokens_of(decoded, example)) for example in range(3)] == [2, 0, 3]
    single = search(model.initialize(num_beams), max_length=2)
    assert tokens_of(single, 0) == tokens_of(decoded, 0)


def test_sample_frequencies_match_truncated_distribution():
    log_probs = tf.math.log([[0.5, 0.3, 0.15, 0.05]])
    rows = tf.repeat(log_probs, 20_000, axis=0)

    def frequencies(**options):
        tokens = sample(seed=7, **options)(rows, tf.constant(3))
        return np.bincount(tokens, minlength=4) / 20_000

    np.testing.assert_allclose(frequencies(), [0.5, 0.3, 0.15, 0.05], atol=0.015)
    np.testing.assert_allclose(frequencies(top_k=2), [5 / 8, 3 / 8, 0, 0], atol=0.015)
    np.testing.assert_allclose(frequencies(top_p=0.79), [5 / 8, 3 / 8, 0, 0], atol=0.015)
    np.testing.assert_allclose(frequencies(top_p=1e-6), [1, 0, 0, 0])
    sharpened = np.array([0.5, 0.3, 0.15, 0.05]) ** 2
    np.testing.assert_allclose(frequencies(temperature=0.5), sharpened / sharpened.sum(), atol=0.015)


def test_sample_depends_on_seed_only():
    model = PrefixModel(batch=5)

    def generate_with(seed):
        return generate(model.initialize(), max_length=LENGTH, sampler=sample(seed=seed)).tokens

    np.testing.assert_array_equal(generate_with(1), generate_with(1))
    assert np.any(generate_with(1).numpy() != generate_with(2).numpy())


def test_sample_at_low_temperature_matches_greedy():
    model = PrefixModel(batch=5)
    sampled = generate(model.initialize(), max_length=LENGTH, sampler=sample(temperature=1e-4))
    expected = generate(model.initialize(), max_length=LENGTH, sampler=greedy)
    np.testing.assert_array_equal(sampled.tokens, expected.tokens)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, r"`temperature` must be positive\. Received: temperature=0\.0"),
        ({"top_k": -1}, r"`top_k` must be 0 .* Received: top_k=-1"),
        ({"top_p": 1.5}, "`top_p` must be in"),
    ],
)
def test_invalid_sampling_options_raise(options, message):
    with pytest.raises(ValueError, match=message):
        sample(**options)


def test_invalid_search_options_raise():
    model = PrefixModel(batch=2)
    with pytest.raises(ValueError, match=r"must not be negative\. Received: coverage_penalty=-0.1"):
        beam_search(model.initialize(2), max_length=LENGTH, coverage_penalty=-0.1)
    with pytest.raises(ValueError, match=r"between 1 and `num_beams`.*num_return_sequences=3, num_beams=2"):
        beam_search(model.initialize(2), max_length=LENGTH, num_return_sequences=3)
