"""Tests of the trainer: exact resumption, updates, compilation, checkpoints, best weights."""

import dataclasses
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.training.batching import TokenBatches
from foveal.pipelines.training.config import TrainingConfig
from foveal.pipelines.training.losses import total_cross_entropy
from foveal.pipelines.training.optimizers import build_learning_rate_schedule
from foveal.pipelines.training.trainer import Trainer

CONFIG = TrainingConfig(
    steps=8,
    warmup_steps=2,
    validation_freq=2,
    batch_tokens=24,
    jit_compile=False,
    learning_rate=0.01,
    ema_momentum=0.9,
)


def new_model(seed=0):
    """Predict the next id from the previous one; dropout makes the result depend on the random state."""
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32")
    hidden = keras.layers.Dropout(0.3)(keras.layers.Embedding(7, 4)(ids))
    return keras.Model(ids, keras.layers.Dense(7)(hidden))


def new_batches(config):
    random = np.random.default_rng(3)
    texts = [random.integers(1, 7, length) for length in random.integers(3, 9, 40)]
    return TokenBatches({"ids": texts}, config.batch_tokens, num_buckets=2, seed=config.seed)


def new_trainer(folder, config=CONFIG, model=None, monitor=("score",)):
    model = model or new_model()

    def losses(batch):
        logits = model(batch["ids"][:, :-1], trainer=True)
        labels = batch["ids"][:, 1:]
        mask = labels != 0
        loss = total_cross_entropy(logits, labels, mask)
        return {"loss": loss, "tokens": tf.reduce_sum(tf.cast(mask, tf.float32))}

    return Trainer(model, losses, config, folder, monitor)


def run(folder, config=CONFIG, callbacks=()):
    trainer = new_trainer(folder, config)

    def validate():
        return {"score": float(tf.reduce_sum(trainer.weights[0]))}

    trainer.fit(new_batches(config), validate, callbacks)
    return trainer


def weights_of(trainer):
    return [w.numpy() for w in (*trainer.weights, *trainer.ema_weights, *trainer.best_weights)]


class StopAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch + 1 == self.step


def test_fit_with_same_seed_gives_same_weights(tmp_path):
    first, second = (run(tmp_path / name) for name in ("first", "second"))
    for a, b in zip(weights_of(first), weights_of(second), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_resumed_run_matches_undisturbed_run(tmp_path, optimizer):
    config = dataclasses.replace(CONFIG, optimizer=optimizer)
    undisturbed = run(tmp_path / "undisturbed", config)
    run(tmp_path / "resumed", config, callbacks=[StopAt(5)])  # after the checkpoint of step 4
    resumed = run(tmp_path / "resumed", config)
    for a, b in zip(weights_of(undisturbed), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.3, 0.8])
def test_run_resumed_after_sigkill_matches_undisturbed_run(tmp_path, moment):
    def start(name):
        command = [sys.executable, __file__, str(tmp_path / name)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def last_line(name):
        with start(name) as process:
            return process.communicate(timeout=200)[0].splitlines()[-1]

    expected = last_line("undisturbed")
    with start("killed") as process:
        assert process.stdout is not None
        steps = int(moment * 8)
        next(line for line in process.stdout if line.startswith(f"step {steps}"))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert expected.startswith("weights")
    assert last_line("killed") == expected


def test_incomplete_checkpoint_is_ignored(tmp_path):
    trainer = new_trainer(tmp_path)
    trainer.step.assign(3)
    trainer.save()
    (tmp_path / "ckpt-9_temp").mkdir()
    (tmp_path / "ckpt-9_temp" / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    assert new_trainer(tmp_path).restore() == 3


def test_accumulated_gradients_match_one_large_batch(tmp_path):
    rows = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [2, 4, 6, 0]], np.int32)  # uneven numbers of tokens
    config = TrainingConfig(jit_compile=False, gradient_accumulation_steps=2)
    accumulated, single = (new_trainer(tmp_path / name, config, new_model()) for name in "ab")
    for trainer in (accumulated, single):
        trainer.model.layers[2].rate = 0.0
    accumulated.accumulate_gradients({"ids": tf.constant(rows[:1])})
    accumulated.accumulate_gradients({"ids": tf.constant(rows[1:])})
    single.accumulate_gradients({"ids": tf.constant(rows)})
    for trainer in (accumulated, single):
        trainer.update(tf.constant(6.0))
    for a, b in zip(accumulated.weights, single.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_update_matches_keras_adam_on_clipped_mean_gradient(tmp_path):
    batch = {"ids": tf.constant([[1, 2, 3, 0], [4, 5, 6, 1]])}
    trainer = new_trainer(tmp_path, TrainingConfig(jit_compile=False, global_clipnorm=0.1, warmup_steps=1))
    model = new_model()
    for network in (trainer.model, model):
        network.layers[2].rate = 0.0
    with tf.GradientTape() as tape:
        logits, labels = model(batch["ids"][:, :-1]), batch["ids"][:, 1:]
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        loss = tf.reduce_mean(tf.boolean_mask(losses, labels != 0))
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    adam = keras.optimizers.Adam(
        build_learning_rate_schedule(trainer.config), beta_2=0.98, epsilon=1e-9, global_clipnorm=0.1
    )
    adam.apply([tf.convert_to_tensor(g) for g in gradients], model.trainable_variables)
    trainer.accumulate_gradients(batch)
    trainer.update(tf.constant(5.0))
    for weight, expected in zip(trainer.weights, model.trainable_variables, strict=True):
        np.testing.assert_allclose(weight, expected, atol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
def test_build_steps_keeps_state_and_traces_all_shapes(tmp_path, monkeypatch, jit):
    trainer = new_trainer(tmp_path, TrainingConfig(jit_compile=jit))
    before = [v.numpy() for v in (*trainer.model.variables, *trainer.gradients)]
    batches = [{"ids": tf.constant(ids)} for ids in ([[1, 2, 3]], [[1, 2, 3, 4]], [[1, 2], [4, 5]])]
    trainer.build_steps(batches)
    for variable, value in zip((*trainer.model.variables, *trainer.gradients), before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    monkeypatch.delattr(trainer, "losses")  # a new trace would call it
    assert all(np.isfinite(trainer.accumulate_gradients(batch)["loss"]) for batch in batches)


def test_shared_trace_matches_traces_per_shape(tmp_path):
    # Shapes that differ in one dimension or in both, and a column of constant shape.
    batches = [
        {"ids": tf.constant(ids), "column": tf.ones([len(ids), 2])}
        for ids in ([[1, 2, 3], [6, 5, 0]], [[1, 2, 3, 4], [4, 3, 2, 1]], [[1, 2, 3, 4, 5]])
    ]
    shared, separate = (new_trainer(tmp_path / name) for name in ("shared", "separate"))
    for trainer in (shared, separate):
        trainer.model.layers[2].rate = 0.0
    shared.build_steps(batches)
    (step,) = set(shared.concrete_functions.values())
    traced = step.structured_input_signature[0][0]
    assert [traced[name].shape.as_list() for name in ("ids", "column")] == [[None, None], [None, 2]]
    for batch in batches:
        sums, expected = shared.accumulate_gradients(batch), separate.accumulate_gradients(batch)
        assert {name: float(x) for name, x in sums.items()} == pytest.approx(
            {name: float(x) for name, x in expected.items()}, rel=1e-5
        )
    assert len(set(separate.concrete_functions.values())) == 3
    for a, b in zip(shared.gradients, separate.gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_non_finite_loss_raises_before_update(tmp_path):
    trainer = new_trainer(tmp_path)
    trainer.weights[0].assign(tf.fill(trainer.weights[0].shape, float("nan")))
    with pytest.raises(
        ValueError, match=r"loss must be finite. Received: loss=nan in step 1\. A lower `learning_rate`"
    ):
        trainer.fit(new_batches(CONFIG), lambda: {"score": 0.0})
    assert np.isfinite(trainer.weights[1]).all()


def test_full_disk_keeps_previous_checkpoint(tmp_path):
    trainer = new_trainer(tmp_path)
    trainer.step.assign(3)
    trainer.save()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    trainer.step.assign(4)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))  # bytes per file
        with pytest.raises(tf.errors.OpError):
            trainer.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert new_trainer(tmp_path).restore() == 3


def test_swap_in_evaluation_weights_restores_trained_weights(tmp_path):
    trainer = new_trainer(tmp_path)  # `run` ends with the averages in the model
    for _ in range(3):
        trainer.accumulate_gradients({"ids": tf.constant([[1, 2, 3, 4], [5, 6, 1, 2]])})
        trainer.update(tf.constant(6.0))
    trained, ema_weights = (
        [w.numpy() for w in weights] for weights in (trainer.weights, trainer.ema_weights)
    )
    assert all((w != average).any() for w, average in zip(trained, ema_weights, strict=True))
    with trainer.swap_in_evaluation_weights():
        for weight, average in zip(trainer.weights, ema_weights, strict=True):
            np.testing.assert_array_equal(weight, average)
    for weight, before in zip(trainer.weights, trained, strict=True):
        np.testing.assert_array_equal(weight, before)


def test_fit_loads_best_weights_and_stops_after_patience(tmp_path):
    scores = iter([1.0, 3.0, 2.0, 2.5, 9.0])
    config = TrainingConfig(**{**CONFIG.__dict__, "steps": 20, "patience": 2})
    validated = []
    trainer = new_trainer(tmp_path, config)

    def validate():
        validated.append(trainer.weights[0].numpy())
        return {"score": next(scores)}

    metrics = trainer.fit(new_batches(config), validate)
    assert (metrics["best_score"], metrics["steps"]) == (3.0, 8)
    np.testing.assert_array_equal(trainer.weights[0], validated[1])


def test_second_metric_breaks_ties_and_resets_patience(tmp_path):
    scores = iter([(0.0, 5.0), (0.0, 6.0), (0.0, 4.0), (1.0, 3.0), (1.0, 7.0), (0.9, 9.0), (0.0, 8.0)])
    config = TrainingConfig(**{**CONFIG.__dict__, "steps": 40, "patience": 2})
    trainer = new_trainer(tmp_path, config, monitor=("bleu", "chrf"))
    validated = []

    def validate() -> dict[str, float]:
        validated.append(trainer.weights[0].numpy())
        return dict(zip(("bleu", "chrf"), next(scores, (0.0, 0.0)), strict=True))

    metrics = trainer.fit(new_batches(config), validate)
    assert (metrics["best_bleu"], metrics["best_chrf"]) == (1.0, 7.0)
    assert len(validated) == 8  # the sixth improves chrF; two more do not improve anything
    np.testing.assert_array_equal(trainer.weights[0], validated[4])


def test_callbacks_receive_updates_and_validations(tmp_path):
    calls = []
    recorder = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: calls.append(("update", batch, sorted(logs))),
        on_epoch_end=lambda epoch, logs: calls.append(("validation", epoch, sorted(logs))),
    )
    run(tmp_path, callbacks=[recorder])
    assert calls[:3] == [
        ("update", 0, ["learning_rate", "loss", "tokens"]),
        ("update", 1, ["learning_rate", "loss", "tokens"]),
        ("validation", 2, ["best", "score"]),
    ]
    assert len(calls) == 8 + 4


def test_compiled_step_matches_uncompiled_step(tmp_path):
    uncompiled, compiled = (
        new_trainer(tmp_path / str(jit), TrainingConfig(jit_compile=jit), new_model())
        for jit in (False, True)
    )
    batch = {"ids": tf.constant([[1, 2, 3, 0], [4, 5, 6, 1]])}
    for trainer in (uncompiled, compiled):
        trainer.model.layers[2].rate = 0.0
        trainer.accumulate_gradients(batch)
    for a, b in zip(uncompiled.gradients, compiled.gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


if __name__ == "__main__":  # the run that the test interrupts
    delay = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: (
            print("step", batch + 1, flush=True),
            time.sleep(0.2),
        )
    )
    trainer = run(Path(sys.argv[1]), callbacks=[delay])
    print("weights", [w.tobytes().hex()[:64] for w in weights_of(trainer)], flush=True)
