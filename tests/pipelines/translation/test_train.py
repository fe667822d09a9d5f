"""Tests of training: learning, reproducibility, warm start and losses."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.text.codec import END, PAD, START
from foveal.pipelines.training.losses import FROM_INPUT, FROM_SENTINEL, NO_GOLD
from foveal.pipelines.training.trainer import common_input_spec
from foveal.pipelines.training.warm_start import load_codec
from foveal.pipelines.translation.config import ModelConfig
from foveal.pipelines.translation.data import encode_pairs, prepare
from foveal.pipelines.translation.lexical_shortlist import learn_shortlist
from foveal.pipelines.translation.train import losses, resolve_gate_loss_weight, train_translator


@pytest.fixture(scope="module")
def data(tiny_config):
    return prepare(tiny_config.data)


def with_training(config, runs, **training):
    settings = dataclasses.replace(config.training, **training)
    return dataclasses.replace(config, training=settings, runs=runs)


@pytest.mark.slow  # test_train.py of the sentiment pipeline has a fast case
def test_same_seed_gives_same_weights_and_finished_run_is_reused(tiny_config, data, tmp_path):
    results = []
    for name in ("first", "second", "second"):  # the last one finds the run finished
        model, _, metrics = train_translator(with_training(tiny_config, tmp_path / name), data)
        results.append((metrics, [weight.numpy() for weight in model.trainable_weights]))
    assert results[1][0] == results[2][0]
    seconds = [metrics.pop("seconds") for metrics, _ in results]
    assert min(seconds) > 0
    for metrics, weights in results[1:]:
        assert metrics == results[0][0]
        for weight, expected in zip(weights, results[0][1], strict=True):
            np.testing.assert_array_equal(weight, expected)


@pytest.mark.slow
def test_training_learns_toy_language(toy_config, tmp_path):
    config = with_training(
        toy_config,
        tmp_path,
        steps=200,
        validation_freq=100,
        learning_rate=0.01,
        warmup_steps=20,
        label_smoothing=0.0,
    )
    model_config = dataclasses.replace(config.model, hidden_dim=32, dropout=0.0)
    _, _, metrics = train_translator(dataclasses.replace(config, model=model_config), prepare(config.data))
    assert metrics["best_bleu"] > 60
    assert metrics["steps"] == 200


@pytest.mark.parametrize("untrained", [("rnn", False)], ids=["rnn"], indirect=True)
def test_warm_start_takes_vocabulary_and_weights(tiny_config, data, untrained, exported, tmp_path):
    frozen = with_training(tiny_config, tmp_path, steps=1, learning_rate=0.0)
    config = dataclasses.replace(frozen, model=untrained.config.model, warm_start_from=exported)
    own_data = prepare(tiny_config.data, codec=load_codec(exported))
    assert own_data.codec.vocabulary == untrained.codec.vocabulary != data.codec.vocabulary
    model, _, _ = train_translator(config, own_data)
    for weight, expected in zip(model.trainable_weights, untrained.model.trainable_weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.slow
def test_shortlist_is_learned_and_its_coverage_printed(tiny_config, data, tmp_path, capsys):
    decoding = dataclasses.replace(tiny_config.decoding, shortlist_size=3)
    config = dataclasses.replace(with_training(tiny_config, tmp_path, steps=1), decoding=decoding)
    _, translator, _ = train_translator(config, data)
    assert translator.shortlist is not None
    expected = learn_shortlist(data.train, len(data.codec.vocabulary), 3)
    source = tf.constant([[*data.train["source"][0]]])
    for actual, tensor in zip(translator.shortlist(source), expected(source), strict=True):
        np.testing.assert_array_equal(actual, tensor)
    coverage = expected.coverage(encode_pairs(data.codec, data.validation))
    assert f"shortlist: 3 translations of each source token; {coverage:.1%} of" in capsys.readouterr().out


def test_losses_with_common_input_spec_match_each_batch(untrained):
    rng = np.random.default_rng(0)
    batches = [
        {
            "source": tf.constant(rng.integers(5, 300, (rows, source_length)), tf.int32),
            "target": tf.constant(rng.integers(5, 300, (rows, target_length)), tf.int32),
            "gold": tf.constant(rng.integers(0, 2, (rows, 5, 4)), tf.int32),
        }
        for rows, source_length, target_length in ((2, 3, 4), (3, 5, 4), (2, 4, 6))
    ]
    compute_losses = losses(untrained.model, label_smoothing=0.1, attention_loss_weight=0.5)
    traced = tf.function(compute_losses, input_signature=[common_input_spec(batches)])
    for batch in batches:
        sums, expected = traced(batch), compute_losses(batch)
        for name in expected:
            np.testing.assert_allclose(sums[name], expected[name], rtol=1e-4)


def test_attention_loss_is_cross_entropy_to_gold_links(untrained):
    batch = {
        "source": tf.constant([[5, 9, 260, END, PAD], [270, 8, END, PAD, PAD]]),
        "target": tf.constant([[START, 7, 265, END], [START, 262, END, PAD]]),
        "gold": tf.constant([[[1, 0, 1, 0], [0, 0, 0, 0]], [[0, 1, 0, 0], [0, 0, 0, 0]]]),
    }

    def loss(attention_loss_weight):
        return float(losses(untrained.model, 0.0, attention_loss_weight)(batch)["loss"])

    inputs = {"source": batch["source"], "target": batch["target"][:, :-1]}
    attention = untrained.model(inputs)["attention"].numpy()
    expected = -(np.log(attention[0, 0, [0, 2]]).mean() + np.log(attention[1, 0, 1]))
    assert loss(0.5) - loss(0.0) == pytest.approx(0.5 * expected, rel=1e-4)


def test_gate_loss_weight_depends_on_gate_and_alignments(data):
    aligned = data.train_text
    without = dataclasses.replace(data, train_text=ParallelText(aligned.source, aligned.target))

    def weight(data, **fields):
        return resolve_gate_loss_weight(ModelConfig(**fields), data).gate_loss_weight or 0.0

    assert weight(without) == 0
    with_gold = dataclasses.replace(data, train_text=ParallelText(["a"], ["b"], [np.array([[0, 0]])]))
    assert weight(with_gold) > 0
    assert weight(with_gold, gate=False) == 0
    assert weight(with_gold, gate_loss_weight=2.0) == 2
    with pytest.raises(ValueError, match="`gate_loss_weight` must be 0 without a gate"):
        weight(with_gold, gate=False, gate_loss_weight=1.0)
    with pytest.raises(ValueError, match=r"must be 0 \(none\) or positive\..* gate_loss_weight=-0\.5"):
        weight(with_gold, gate_loss_weight=-0.5)


def test_gate_loss_is_the_cross_entropy_with_gold(untrained):
    batch = {
        "source": tf.constant([[5, 9, 260, END, PAD]]),
        "target": tf.constant([[START, 7, 265, END]]),
        "gate_gold": tf.constant([[FROM_SENTINEL, FROM_INPUT, NO_GOLD]]),
    }

    def loss(gate_loss_weight):
        return float(losses(untrained.model, 0.0, 0.0, gate_loss_weight)(batch)["loss"])

    outputs = untrained.model({"source": batch["source"], "target": batch["target"][:, :-1]})
    if "gate" not in outputs:
        pytest.skip("this model has no gate")
    gate = outputs["gate"].numpy()[0]  # (layers, T)
    expected = -np.mean(np.log(gate[:, 0]) + np.log(1 - gate[:, 1]))
    assert loss(0.5) - loss(0.0) == pytest.approx(0.5 * expected, rel=1e-3)
