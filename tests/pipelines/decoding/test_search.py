"""The searches against brute force, on tables of next-token probabilities that depend on the whole prefix."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.search import Decoded, beam_search, generate, greedy, sample
from foveal.pipelines.text.codec import END, PAD, START

VOCABULARY, LENGTH, SOURCE = 5, 4, 3  # pieces: PAD, START, END and two words


class PrefixModel:
    """Random logits for every prefix; the prefix, as a number, is the state."""

    def __init__(self, batch: int, seed: int = 0):
        random = np.random.default_rng(seed)
        prefixes = VOCABULARY ** (LENGTH + 1)
        self.logits = random.normal(0, 2, (batch, prefixes, VOCABULARY)).astype("float32")
        self.attention = random.dirichlet(np.ones(SOURCE), (batch, prefixes)).astype("float32")
        self.batch = batch

    def step(self, tokens, state, index):
        rows = tf.shape(tokens)[0]
        prefix = state * VOCABULARY + tf.reshape(tokens, [-1])
        place = tf.reshape(prefix, [rows, -1])
        logits = tf.gather(self.logits, place, batch_dims=1)
        attention = tf.gather(self.attention, place, batch_dims=1)
        return logits, prefix, {"attention": attention, "prefix": place}

    def start(self, beams: int = 1):
        state = tf.zeros([self.batch * beams], tf.int32)
        focus = {
            "attention": tf.zeros([self.batch, beams, SOURCE]),
            "prefix": tf.zeros([self.batch, beams], tf.int32),
        }
        return state, focus, self.batch

    def every_sequence(self, example: int, length_penalty=0.0, coverage_penalty=0.0):
        """All sequences with their scores, best first."""
        found = []
        words = [END, *range(END + 1, VOCABULARY)]
        for length in range(1, LENGTH + 1):
            for tokens in itertools.product(words, repeat=length):
                ends = END in tokens
                if (ends and tokens.index(END) != length - 1) or (not ends and length < LENGTH):
                    continue
                found.append((self.score(example, tokens, length_penalty, coverage_penalty), tokens))
        return sorted(found, reverse=True)

    def score(self, example, tokens, length_penalty=0.0, coverage_penalty=0.0):
        prefix, total, coverage = 0, 0.0, np.zeros(SOURCE)
        for last, token in zip((START, *tokens), tokens, strict=False):
            prefix = prefix * VOCABULARY + last
            logits = self.logits[example, prefix].astype("float64")
            logits[[PAD, START]] = -np.inf
            total += logits[token] - np.log(np.sum(np.exp(logits)))
            coverage += self.attention[example, prefix]
        bonus = coverage_penalty * np.sum(np.log(np.minimum(coverage, 1)))
        return total / ((5 + len(tokens)) / 6) ** length_penalty + bonus


def tokens_of(decoded: Decoded, example: int, place: int = 0) -> tuple:
    return tuple(int(t) for t in decoded.tokens[example, place] if t != PAD)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("length_penalty", "coverage_penalty"), [(0.0, 0.0), (1.3, 0.0), (0.6, 0.4)])
def test_a_wide_beam_finds_what_exhaustive_search_finds(length_penalty, coverage_penalty, compiled):
    model, beams, best = PrefixModel(batch=2), 60, 3

    @tf.function(jit_compile=compiled)
    def search():
        return beam_search(
            model.step,
            *model.start(beams),
            beams=beams,
            max_length=LENGTH,
            best=best,
            length_penalty=length_penalty,
            coverage_penalty=coverage_penalty,
        )

    decoded = search()
    for example in range(2):
        expected = model.every_sequence(example, length_penalty, coverage_penalty)[:best]
        assert [tokens_of(decoded, example, i) for i in range(best)] == [tokens for _, tokens in expected]
        np.testing.assert_allclose(decoded.scores[example], [score for score, _ in expected], rtol=1e-5)


def test_one_beam_without_penalty_is_greedy():
    model = PrefixModel(batch=5)
    beam = beam_search(model.step, *model.start(1), beams=1, max_length=LENGTH, length_penalty=0.0)
    one = generate(model.step, *model.start(), max_length=LENGTH)
    np.testing.assert_array_equal(beam.tokens, one.tokens)
    np.testing.assert_allclose(beam.scores, one.scores, rtol=1e-6)
    np.testing.assert_allclose(beam.focus["attention"], one.focus["attention"])


def test_the_focus_returned_is_that_of_the_winner_at_each_step():
    model = PrefixModel(batch=3, seed=1)
    decoded = beam_search(model.step, *model.start(4), beams=4, max_length=LENGTH, best=2)
    for example, place in itertools.product(range(3), range(2)):
        prefix = 0
        tokens = tokens_of(decoded, example, place)
        for time, last in enumerate((START, *tokens[:-1])):
            prefix = prefix * VOCABULARY + last
            assert decoded.focus["prefix"][example, place, time] == prefix
            np.testing.assert_allclose(
                decoded.focus["attention"][example, place, time], model.attention[example, prefix]
            )
        assert not np.any(decoded.focus["attention"][example, place, len(tokens) :])


def test_the_score_is_that_of_the_tokens_returned():
    model = PrefixModel(batch=4, seed=2)
    decoded = beam_search(
        model.step,
        *model.start(2),
        beams=2,
        max_length=LENGTH,
        length_penalty=0.7,
        coverage_penalty=0.3,
    )
    for example in range(4):
        expected = model.score(example, tokens_of(decoded, example), 0.7, 0.3)
        np.testing.assert_allclose(decoded.scores[example, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("search", [generate, beam_search])
def test_a_batch_gives_what_its_examples_give_alone(search):
    model = PrefixModel(batch=4, seed=3)
    beams, options = (1, {}) if search is generate else (3, {"beams": 3})
    together = search(model.step, *model.start(beams), max_length=LENGTH, **options)
    for example in range(4):
        alone = PrefixModel(batch=1)
        alone.logits = model.logits[example : example + 1]
        alone.attention = model.attention[example : example + 1]
        decoded = search(alone.step, *alone.start(beams), max_length=LENGTH, **options)
        assert tokens_of(decoded, 0) == tokens_of(together, example)
        np.testing.assert_allclose(decoded.scores[0], together.scores[example], rtol=1e-6)


def test_the_coverage_penalty_leaves_masked_source_positions_out():
    model = PrefixModel(batch=2)
    model.attention[..., -1] = 0.0
    mask = tf.constant([[True, True, False]] * 2)
    masked = beam_search(
        model.step,
        *model.start(3),
        beams=3,
        max_length=LENGTH,
        coverage_penalty=0.5,
        source_mask=mask,
    )
    short = PrefixModel(batch=2)
    short.attention = model.attention[..., :-1]
    state, focus, batch_size = short.start(3)
    focus["attention"] = focus["attention"][..., :-1]
    shorter = beam_search(
        short.step, state, focus, batch_size, max_length=LENGTH, beams=3, coverage_penalty=0.5
    )
    np.testing.assert_array_equal(masked.tokens, shorter.tokens)
    np.testing.assert_allclose(masked.scores, shorter.scores, rtol=1e-6)


def test_the_search_stops_when_all_have_ended():
    calls = []

    def step(tokens, state, index):
        calls.append(int(index))
        logits = tf.one_hot(tf.fill(tf.shape(tokens), END if index == 2 else END + 1), VOCABULARY) * 90.0
        return logits, state, {"attention": tf.ones([*tokens.shape, SOURCE])}

    focus = {"attention": tf.zeros([2, 1, SOURCE])}
    decoded = generate(step, tf.zeros([2]), focus, 2, max_length=50)
    assert calls == [0, 1, 2]
    assert tokens_of(decoded, 0) == (END + 1, END + 1, END)
    assert decoded.tokens.shape == (2, 1, 50)


@pytest.mark.parametrize("search", [generate, beam_search])
def test_an_example_is_cut_at_its_own_limit(search):
    model = PrefixModel(batch=3, seed=4)
    model.logits[..., END] = -50.0
    beams, options = (1, {}) if search is generate else (2, {"beams": 2})
    limits = tf.constant([2, 0, 3])
    decoded = search(model.step, *model.start(beams), max_length=LENGTH, limits=limits, **options)
    assert [len(tokens_of(decoded, example)) for example in range(3)] == [2, 0, 3]
    alone = search(model.step, *model.start(beams), max_length=2, **options)
    assert tokens_of(alone, 0) == tokens_of(decoded, 0)


def test_samples_follow_the_probabilities_of_the_truncated_distribution():
    log_probs = tf.math.log([[0.5, 0.3, 0.15, 0.05]])
    rows = tf.repeat(log_probs, 20_000, axis=0)

    def frequencies(**options):
        drawn = sample(seed=7, **options)(rows, tf.constant(3))
        return np.bincount(drawn, minlength=4) / 20_000

    np.testing.assert_allclose(frequencies(), [0.5, 0.3, 0.15, 0.05], atol=0.015)
    np.testing.assert_allclose(frequencies(top_k=2), [5 / 8, 3 / 8, 0, 0], atol=0.015)
    np.testing.assert_allclose(frequencies(top_p=0.79), [5 / 8, 3 / 8, 0, 0], atol=0.015)
    np.testing.assert_allclose(frequencies(top_p=1e-6), [1, 0, 0, 0])
    hot = np.array([0.5, 0.3, 0.15, 0.05]) ** 2
    np.testing.assert_allclose(frequencies(temperature=0.5), hot / hot.sum(), atol=0.015)


def test_the_same_seed_draws_the_same_tokens_and_another_one_others():
    model = PrefixModel(batch=5)

    def draw(seed):
        return generate(model.step, *model.start(), max_length=LENGTH, choose=sample(seed=seed)).tokens

    np.testing.assert_array_equal(draw(1), draw(1))
    assert np.any(draw(1).numpy() != draw(2).numpy())


def test_a_low_temperature_is_greedy():
    model = PrefixModel(batch=5)
    cold = generate(model.step, *model.start(), max_length=LENGTH, choose=sample(temperature=1e-4))
    likeliest = generate(model.step, *model.start(), max_length=LENGTH, choose=greedy)
    np.testing.assert_array_equal(cold.tokens, likeliest.tokens)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature must be positive; received 0.0"),
        ({"top_k": -1}, "received -1"),
        ({"top_p": 1.5}, "top_p must be in"),
    ],
)
def test_sampling_options_out_of_range_raise(options, message):
    with pytest.raises(ValueError, match=message):
        sample(**options)


def test_more_results_than_beams_raise():
    model = PrefixModel(batch=2)
    with pytest.raises(ValueError, match=r"between 1 and beams=2; received 3"):
        beam_search(model.step, *model.start(2), beams=2, max_length=LENGTH, best=3)
