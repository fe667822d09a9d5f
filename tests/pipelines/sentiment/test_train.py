"""Tests of training: learning, reproducibility, losses, and cross-fitted n-gram logits."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment import train
from foveal.pipelines.sentiment.data import prepare
from foveal.pipelines.sentiment.evaluate import evaluate
from foveal.pipelines.sentiment.model import build, load_ngram_table, with_attention_outputs
from foveal.pipelines.sentiment.train import (
    fit_ngrams,
    losses,
    predict_from_text,
    predict_with_ngram_logits,
    train_classifier,
)
from foveal.pipelines.training.trainer import common_input_spec


@pytest.fixture(scope="module")
def data(toy_config):
    return prepare(toy_config.data)


@pytest.fixture(scope="module")
def pooling(toy_config):
    """A pooling model without dropout."""
    keras.utils.set_random_seed(2)
    return build(dataclasses.replace(toy_config.model, dropout=0.0), vocabulary_size=340, num_classes=3)


def with_training(config, runs, **training):
    settings = dataclasses.replace(config.training, **training)
    return dataclasses.replace(config, training=settings, runs=runs)


def test_training_reaches_full_accuracy_and_finished_run_is_reused(toy_config, data, tmp_path):
    config = with_training(
        toy_config, tmp_path, steps=120, validation_freq=60, learning_rate=0.02, warmup_steps=10
    )
    model_config = dataclasses.replace(config.model, hidden_dim=16, dropout=0.0)
    config = dataclasses.replace(config, model=model_config)
    model, classifier, metrics = train_classifier(config, data)
    assert metrics["best_accuracy"] == 100
    assert 0.05 <= metrics["temperature"] <= 20
    assert evaluate(classifier.serve, data.tests["test"])["accuracy"] == 1
    same_model, _, same_metrics = train_classifier(config, data)
    assert metrics == same_metrics
    for weight, same_weight in zip(model.get_weights(), same_model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, same_weight)


def test_few_validation_texts_are_not_calibrated(toy_config, data, tmp_path, capsys, monkeypatch):
    config = with_training(toy_config, tmp_path, steps=2)
    monkeypatch.setattr(train, "MIN_CALIBRATION_TEXTS", len(data.validation))
    assert train_classifier(config, data)[2]["temperature"] != 1
    monkeypatch.setattr(train, "MIN_CALIBRATION_TEXTS", len(data.validation) + 1)
    capsys.readouterr()
    assert train_classifier(config, data)[2]["temperature"] == 1
    assert "not calibrated: that needs 21 or more validation texts, not 20" in capsys.readouterr().out


def test_same_seed_gives_same_weights_and_temperature(toy_config, data, tmp_path):
    results = []
    for name in ("first", "second"):
        model, _, metrics = train_classifier(with_training(toy_config, tmp_path / name), data)
        metrics.pop("seconds")
        results.append((metrics, model.get_weights()))
    (metrics, weights), (same_metrics, same_weights) = results
    assert metrics == same_metrics
    for weight, same_weight in zip(weights, same_weights, strict=True):
        np.testing.assert_array_equal(weight, same_weight)


def test_loss_is_sum_over_texts_and_ignores_padding_rows(pooling):
    text = np.array([[260, 261, 0], [262, 0, 0], [0, 0, 0]], np.int32)
    label = np.array([2, 0, 0], np.int32)
    batch = {"text": tf.constant(text), "label": tf.constant(label)}
    sums = losses(predict_from_text(pooling), label_smoothing=0.0)(batch)
    log_probabilities = tf.math.log_softmax(pooling(text)).numpy()
    expected = -log_probabilities[0, 2] - log_probabilities[1, 0]
    assert float(sums["loss"]) == pytest.approx(expected, rel=1e-5)
    assert float(sums["tokens"]) == 2
    assert float(sums["accuracy"]) == sum(log_probabilities[:2].argmax(1) == label[:2])


@pytest.mark.parametrize("jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_training_loss_uses_cross_fitted_ngram_logits(toy_config, data, pooling, jit_compile):
    """Brute force: the loss of each fold is that of the inference model with the table of the fold."""
    tables, folds = fit_ngrams(pooling, toy_config.model, data, seed=0)
    table = pooling.get_layer("ngram_table").embeddings.numpy()
    rows = [np.flatnonzero(folds == fold)[:2] for fold in range(len(tables))]
    texts = [data.train["text"][row] for row in np.concatenate(rows)]
    batch = {
        "text": tf.ragged.constant([ids.tolist() for ids in texts], tf.int32).to_tensor(),
        "label": tf.constant(data.labels[np.concatenate(rows)]),
        "fold": tf.constant(folds[np.concatenate(rows)]),
    }
    predict = predict_with_ngram_logits(pooling, tables, toy_config.model.ngrams)
    compute_losses = tf.function(losses(predict, label_smoothing=0.1), jit_compile=jit_compile)
    sums = compute_losses(batch)
    inference_losses = losses(predict_from_text(pooling), label_smoothing=0.1)
    expected = 0.0
    for fold in range(len(tables)):
        load_ngram_table(pooling, tables[fold])
        in_fold = {name: values[2 * fold : 2 * fold + 2] for name, values in batch.items()}
        expected += float(inference_losses(in_fold)["loss"])
    load_ngram_table(pooling, table)
    assert float(sums["loss"]) == pytest.approx(expected, rel=1e-5)
    assert float(inference_losses(batch)["loss"]) != pytest.approx(expected, rel=1e-3)


def test_fit_ngrams_assigns_table_of_all_texts(toy_config, data, pooling):
    tables, folds = fit_ngrams(pooling, toy_config.model, data, seed=0)
    table = pooling.get_layer("ngram_table").embeddings.numpy()
    assert table.any()
    assert tables.shape[1:] == table.shape
    assert all(np.abs(fold_table - table).max() > 1e-3 for fold_table in tables)
    assert folds.shape == data.labels.shape


def test_losses_with_common_input_spec_match_each_batch(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("its samples depend on the batch")
    rng = np.random.default_rng(0)
    batches = [
        {
            "text": tf.constant(rng.integers(260, 288, (rows, tokens)), tf.int32),
            "label": tf.constant(rng.integers(0, 3, rows), tf.int32),
            "gold": tf.constant(rng.integers(0, 2, (rows, 1, 4)), tf.int32),
        }
        for rows, tokens in ((2, 3), (4, 5))
    ]
    compute_losses = losses(
        lambda batch: untrained.attention_model(batch["text"]), label_smoothing=0.1, attention_loss_weight=0.5
    )
    traced = tf.function(compute_losses, input_signature=[common_input_spec(batches)])
    for batch in batches:
        sums, expected = traced(batch), compute_losses(batch)
        for name in expected:
            np.testing.assert_allclose(sums[name], expected[name], rtol=1e-4)


def test_attention_loss_is_cross_entropy_to_gold_tokens(pooling):
    batch = {
        "text": tf.constant([[260, 261, 262], [262, 0, 0]]),
        "label": tf.constant([2, 0]),
        "gold": tf.constant([[[False, True, True]], [[False, False, False]]]),
    }

    def loss(attention_loss_weight):
        return float(losses(predict_from_text(pooling), 0.0, attention_loss_weight)(batch)["loss"])

    attention = with_attention_outputs(pooling)(batch["text"])["attention"].numpy()
    expected = -np.log(attention[0, 1:]).mean()
    assert loss(0.5) - loss(0.0) == pytest.approx(0.5 * expected, rel=1e-4)
