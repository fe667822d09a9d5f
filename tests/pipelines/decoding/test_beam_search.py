"""Tests of beam search against brute force, on next-token probabilities that depend on the prefix."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.beam_search import beam_search
from foveal.pipelines.decoding.generate import generate
from foveal.pipelines.decoding.steps import Decoding, DecodingState
from foveal.pipelines.text.codec import END, START


@pytest.mark.parametrize(
    ("length_penalty", "coverage_penalty", "compiled"),
    [(0.0, 0.0, False), (1.3, 0.0, False), (0.6, 0.4, False), (0.6, 0.4, True)],
)
def test_beam_search_matches_exhaustive_search(prefix_model, length_penalty, coverage_penalty, compiled):
    model, num_beams, num_returned = prefix_model(batch=2), 60, 3

    @tf.function(jit_compile=compiled)
    def search():
        return beam_search(
            model.initialize(num_beams),
            max_length=model.length,
            num_return_sequences=num_returned,
            length_penalty=length_penalty,
            coverage_penalty=coverage_penalty,
        )

    decoded = search()
    for example in range(2):
        expected = model.all_sequences(example, length_penalty, coverage_penalty)[:num_returned]
        assert [model.tokens_of(decoded, example, index) for index in range(num_returned)] == [
            tokens for _, tokens in expected
        ]
        np.testing.assert_allclose(decoded.scores[example], [score for score, _ in expected], rtol=1e-5)


def test_beam_search_with_one_beam_matches_greedy_search(prefix_model):
    model = prefix_model(batch=5)
    beam = beam_search(model.initialize(1), max_length=model.length, length_penalty=0.0)
    greedy_result = generate(model.initialize(), max_length=model.length)
    np.testing.assert_array_equal(beam.tokens, greedy_result.tokens)
    np.testing.assert_allclose(beam.scores, greedy_result.scores, rtol=1e-6)
    np.testing.assert_allclose(beam.focus["attention"], greedy_result.focus["attention"])


def test_beam_search_returns_focus_of_returned_sequences(prefix_model):
    model = prefix_model(batch=3, seed=1)
    decoded = beam_search(model.initialize(4), max_length=model.length, num_return_sequences=2)
    for example, index in itertools.product(range(3), range(2)):
        prefix = 0
        tokens = model.tokens_of(decoded, example, index)
        for time, previous in enumerate((START, *tokens[:-1])):
            prefix = prefix * prefix_model.vocabulary_size + previous
            assert decoded.focus["prefix"][example, index, time] == prefix
            np.testing.assert_allclose(
                decoded.focus["attention"][example, index, time], model.attention[example, prefix]
            )
        assert not np.any(decoded.focus["attention"][example, index, len(tokens) :])


def test_beam_search_returns_score_of_returned_tokens(prefix_model):
    model = prefix_model(batch=4, seed=2)
    decoded = beam_search(
        model.initialize(2),
        max_length=model.length,
        length_penalty=0.7,
        coverage_penalty=0.3,
    )
    for example in range(4):
        expected = model.score(example, model.tokens_of(decoded, example), 0.7, 0.3)
        np.testing.assert_allclose(decoded.scores[example, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("search", [generate, beam_search])
def test_search_of_batch_matches_search_of_single_examples(prefix_model, search):
    model = prefix_model(batch=4, seed=3)
    num_beams = 1 if search is generate else 3
    batched = search(model.initialize(num_beams), max_length=model.length)
    for example in range(4):
        single = prefix_model(batch=1)
        single.logits = model.logits[example : example + 1]
        single.attention = model.attention[example : example + 1]
        decoded = search(single.initialize(num_beams), max_length=model.length)
        assert model.tokens_of(decoded, 0) == model.tokens_of(batched, example)
        np.testing.assert_allclose(decoded.scores[0], batched.scores[example], rtol=1e-6)


def all_beams_ended(model, example, num_beams, length_penalty):
    """Run a beam search in Python that stops when all of its beams have ended."""
    beams = [((), 0.0)]
    for _ in range(model.length):
        candidates = []
        for tokens, log_prob in beams:
            if tokens and (tokens[-1] == END or len(tokens) == model.length):
                candidates.append((tokens, log_prob))
                continue
            candidates += [
                ((*tokens, token), model.score(example, (*tokens, token)))
                for token in range(END, model.vocabulary_size)
            ]
        candidates.sort(key=lambda c: c[1] / ((5 + len(c[0])) / 6) ** length_penalty, reverse=True)
        beams = candidates[:num_beams]
    return [tokens for tokens, _ in beams]


@pytest.mark.parametrize("length_penalty", [0.0, 0.9, -0.5])
def test_early_stop_does_not_change_returned_sequences(prefix_model, length_penalty):
    for seed in range(6):
        model = prefix_model(batch=3, seed=seed)
        model.logits[..., END] += 2.0  # many sequences end early
        decoded = beam_search(
            model.initialize(4), model.length, num_return_sequences=2, length_penalty=length_penalty
        )
        for example in range(3):
            expected = all_beams_ended(model, example, 4, length_penalty)
            assert [model.tokens_of(decoded, example, index) for index in range(2)] == expected[:2]


def test_beam_search_stops_when_no_continuation_can_win():
    calls = []

    def step(tokens, state, index):
        calls.append(int(index))
        logits = tf.broadcast_to(5.0 * tf.one_hot(END, 5), [*tokens.shape, 5])
        return logits, state, {}

    decoded = beam_search(Decoding(step, DecodingState(), {}, batch_size=2, num_beams=3), max_length=50)
    assert decoded.tokens[:, 0, 0].numpy().tolist() == [END, END]
    assert len(calls) < 10


def test_coverage_penalty_ignores_masked_source_positions(prefix_model):
    model = prefix_model(batch=2)
    model.attention[..., -1] = 0.0
    mask = tf.constant([[True, True, False]] * 2)
    masked = beam_search(
        model.initialize(3),
        max_length=model.length,
        coverage_penalty=0.5,
        source_mask=mask,
    )
    short_model = prefix_model(batch=2)
    short_model.attention = model.attention[..., :-1]
    decoding = short_model.initialize(3)
    decoding.focus["attention"] = decoding.focus["attention"][..., :-1]
    unmasked = beam_search(decoding, max_length=model.length, coverage_penalty=0.5)
    np.testing.assert_array_equal(masked.tokens, unmasked.tokens)
    np.testing.assert_allclose(masked.scores, unmasked.scores, rtol=1e-6)


@pytest.mark.parametrize("search", [generate, beam_search])
def test_search_respects_max_lengths(prefix_model, search):
    model = prefix_model(batch=3, seed=4)
    model.logits[..., END] = -50.0
    num_beams = 1 if search is generate else 2
    max_lengths = tf.constant([2, 0, 3])
    decoded = search(model.initialize(num_beams), max_length=model.length, max_lengths=max_lengths)
    assert [len(model.tokens_of(decoded, example)) for example in range(3)] == [2, 0, 3]
    single = search(model.initialize(num_beams), max_length=2)
    assert model.tokens_of(single, 0) == model.tokens_of(decoded, 0)


def test_invalid_search_options_raise(prefix_model):
    model = prefix_model(batch=2)
    with pytest.raises(ValueError, match=r"must not be negative\. Received: coverage_penalty=-0.1"):
        beam_search(model.initialize(2), max_length=model.length, coverage_penalty=-0.1)
    with pytest.raises(ValueError, match=r"between 1 and `num_beams`.*num_return_sequences=3, num_beams=2"):
        beam_search(model.initialize(2), max_length=model.length, num_return_sequences=3)
