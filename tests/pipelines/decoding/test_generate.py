"""Tests of greedy search and sampling."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.generate import generate, greedy, sample
from foveal.pipelines.decoding.steps import Decoding, DecodingState
from foveal.pipelines.text.codec import END, PAD


def test_generate_stops_when_all_sequences_have_ended():
    calls = []

    def step(tokens, state, index):
        calls.append(int(index))
        best = END if index == 2 else END + 1
        logits = tf.broadcast_to(90.0 * tf.one_hot(best, 5), [*tokens.shape, 5])
        return logits, state, {"attention": tf.ones([*tokens.shape, 3])}

    focus = {"attention": tf.zeros([2, 1, 3])}
    decoded = generate(Decoding(step, DecodingState(), focus, batch_size=2), max_length=50)
    assert calls == [0, 1, 2]
    assert decoded.tokens[0, 0, :4].numpy().tolist() == [END + 1, END + 1, END, PAD]
    assert decoded.tokens.shape == (2, 1, 50)


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


def test_sample_depends_on_seed_only(prefix_model):
    model = prefix_model(batch=5)

    def generate_with(seed):
        return generate(model.initialize(), max_length=model.length, sampler=sample(seed=seed)).tokens

    np.testing.assert_array_equal(generate_with(1), generate_with(1))
    assert np.any(generate_with(1).numpy() != generate_with(2).numpy())


def test_sample_at_low_temperature_matches_greedy(prefix_model):
    model = prefix_model(batch=5)
    sampled = generate(model.initialize(), max_length=model.length, sampler=sample(temperature=1e-4))
    expected = generate(model.initialize(), max_length=model.length, sampler=greedy)
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
