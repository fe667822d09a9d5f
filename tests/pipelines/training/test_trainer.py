"""The training loop on a tiny model: resuming, accumulating, averaging, stopping."""

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
from foveal.pipelines.training.losses import total_cross_entropy
from foveal.pipelines.training.trainer import InverseSquareRoot, Trainer, TrainingConfig, schedule, train

CONFIG = TrainingConfig(
    steps=8,
    warmup_steps=2,
    validation_freq=2,
    batch_tokens=24,
    compile=False,
    learning_rate=0.01,
    ema_momentum=0.9,
)


def new_model(seed=0):
    """Predicts the next id from the last one; dropout makes the random state matter."""
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32")
    hidden = keras.layers.Dropout(0.3)(keras.layers.Embedding(7, 4)(ids))
    return keras.Model(ids, keras.layers.Dense(7)(hidden))


def new_batches(config):
    random = np.random.default_rng(3)
    texts = [random.integers(1, 7, length) for length in random.integers(3, 9, 40)]
    return TokenBatches({"ids": texts}, config.batch_tokens, shapes=2, seed=config.seed)


def new_training(folder, config=CONFIG, model=None):
    model = model or new_model()

    def losses(batch):
        logits = model(batch["ids"][:, :-1], training=True)
        labels = batch["ids"][:, 1:]
        mask = labels != 0
        loss = total_cross_entropy(logits, labels, mask)
        return {"loss": loss, "tokens": tf.reduce_sum(tf.cast(mask, tf.float32))}

    return Trainer(model, losses, config, folder)


def run(folder, config=CONFIG, callbacks=()):
    training = new_training(folder, config)

    def validate():
        return {"score": float(tf.reduce_sum(training.weights[0]))}

    train(training, new_batches(config), validate, "score", callbacks)
    return training


def weights_of(training):
    return [w.numpy() for w in (*training.weights, *training.ema_weights, *training.best_weights)]


class StopAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch + 1 == self.step


def test_the_same_seed_gives_the_same_weights(tmp_path):
    one, other = (run(tmp_path / name) for name in ("one", "other"))
    for a, b in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_a_stopped_run_goes_on_to_the_weights_of_one_that_was_not(tmp_path, optimizer):
    config = dataclasses.replace(CONFIG, optimizer=optimizer)
    whole = run(tmp_path / "whole", config)
    run(tmp_path / "parts", config, callbacks=[StopAt(5)])  # after the checkpoint of step 4
    resumed = run(tmp_path / "parts", config)
    for a, b in zip(weights_of(whole), weights_of(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.3, 0.8])
def test_a_killed_process_goes_on_to_the_weights_of_one_that_was_not(tmp_path, moment):
    def start(name):
        command = [sys.executable, __file__, str(tmp_path / name)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    whole = start("whole")
    expected = whole.communicate(timeout=200)[0]
    victim = start("killed")
    assert victim.stdout is not None
    lines = iter(victim.stdout.readline, "")
    steps = int(moment * 8)
    next(line for line in lines if line.startswith(f"step {steps}"))
    victim.send_signal(signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL
    found = start("killed").communicate(timeout=200)[0]
    assert "weights" in expected
    assert found.splitlines()[-1] == expected.splitlines()[-1]


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path):
    training = new_training(tmp_path)
    training.step.assign(3)
    training.save()
    (tmp_path / "ckpt-9_temp").mkdir()
    (tmp_path / "ckpt-9_temp" / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    assert new_training(tmp_path).restore() == 3


def test_accumulated_batches_are_one_large_batch(tmp_path):
    rows = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [2, 4, 6, 0]], np.int32)  # uneven numbers of tokens
    config = TrainingConfig(compile=False, accumulate=2)
    parted, whole = (new_training(tmp_path / name, config, new_model()) for name in "ab")
    for training in (parted, whole):
        training.model.layers[2].rate = 0.0
    parted.accumulate({"ids": tf.constant(rows[:1])})
    parted.accumulate({"ids": tf.constant(rows[1:])})
    whole.accumulate({"ids": tf.constant(rows)})
    for training in (parted, whole):
        training.update(tf.constant(6.0))
    for a, b in zip(parted.weights, whole.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_an_update_follows_the_clipped_gradient_of_the_mean_loss_with_keras_adam(tmp_path):
    batch = {"ids": tf.constant([[1, 2, 3, 0], [4, 5, 6, 1]])}
    training = new_training(tmp_path, TrainingConfig(compile=False, global_clipnorm=0.1, warmup_steps=1))
    model = new_model()
    for either in (training.model, model):
        either.layers[2].rate = 0.0
    with tf.GradientTape() as tape:
        logits, labels = model(batch["ids"][:, :-1]), batch["ids"][:, 1:]
        each = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        loss = tf.reduce_mean(tf.boolean_mask(each, labels != 0))
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    adam = keras.optimizers.Adam(schedule(training.config), beta_2=0.98, epsilon=1e-9, global_clipnorm=0.1)
    adam.apply([tf.convert_to_tensor(g) for g in gradients], model.trainable_variables)
    training.accumulate(batch)
    training.update(tf.constant(5.0))
    for found, expected in zip(training.weights, model.trainable_variables, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
def test_compiling_changes_nothing_and_leaves_nothing_to_compile(tmp_path, monkeypatch, jit):
    training = new_training(tmp_path, TrainingConfig(compile=jit))
    before = [v.numpy() for v in (*training.model.variables, *training.gradients)]
    batches = [{"ids": tf.constant(ids)} for ids in ([[1, 2, 3]], [[1, 2, 3, 4]], [[1, 2], [4, 5]])]
    training.compile(batches)
    for variable, value in zip((*training.model.variables, *training.gradients), before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    monkeypatch.delattr(training, "losses")  # what a new trace would call
    assert all(np.isfinite(training.accumulate(batch)["loss"]) for batch in batches)


def test_a_step_traced_once_for_all_shapes_is_the_step_traced_for_each(tmp_path):
    """Shapes that differ in one side, in both, and columns that do not."""
    batches = [
        {"ids": tf.constant(ids), "column": tf.ones([len(ids), 2])}
        for ids in ([[1, 2, 3], [6, 5, 0]], [[1, 2, 3, 4], [4, 3, 2, 1]], [[1, 2, 3, 4, 5]])
    ]
    once, each = (new_training(tmp_path / name) for name in ("once", "each"))
    for training in (once, each):
        training.model.layers[2].rate = 0.0
    once.compile(batches)
    (step,) = set(once.concrete_functions.values())
    traced = step.structured_input_signature[0][0]
    assert [traced[name].shape.as_list() for name in ("ids", "column")] == [[None, None], [None, 2]]
    for batch in batches:
        found, expected = once.accumulate(batch), each.accumulate(batch)
        assert {name: float(x) for name, x in found.items()} == pytest.approx(
            {name: float(x) for name, x in expected.items()}, rel=1e-5
        )
    assert len(set(each.concrete_functions.values())) == 3
    for a, b in zip(once.gradients, each.gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_loss_that_is_not_finite_stops_the_run_before_it_spoils_the_weights(tmp_path):
    training = new_training(tmp_path)
    training.weights[0].assign(tf.fill(training.weights[0].shape, float("nan")))
    with pytest.raises(ValueError, match=r"expected a finite loss; received nan in step 1\. A lower"):
        train(training, new_batches(CONFIG), lambda: {"score": 0.0}, "score")
    assert np.isfinite(training.weights[1]).all()


def test_a_full_disk_leaves_the_checkpoint_that_was_there(tmp_path):
    training = new_training(tmp_path)
    training.step.assign(3)
    training.save()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    training.step.assign(4)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))  # no file may grow beyond 64 bytes
        with pytest.raises(tf.errors.OpError):
            training.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert new_training(tmp_path).restore() == 3


def test_the_average_is_evaluated_and_then_gives_way(tmp_path):
    training = new_training(tmp_path)  # `run` leaves the average itself in the model
    for _ in range(3):
        training.accumulate({"ids": tf.constant([[1, 2, 3, 4], [5, 6, 1, 2]])})
        training.update(tf.constant(6.0))
    trained, ema_weights = (
        [w.numpy() for w in either] for either in (training.weights, training.ema_weights)
    )
    assert all((w != average).any() for w, average in zip(trained, ema_weights, strict=True))
    with training.evaluated():
        for weight, average in zip(training.weights, ema_weights, strict=True):
            np.testing.assert_array_equal(weight, average)
    for weight, before in zip(training.weights, trained, strict=True):
        np.testing.assert_array_equal(weight, before)


def test_the_best_weights_are_left_in_the_model_and_training_stops_when_patience_ends(tmp_path):
    scores = iter([1.0, 3.0, 2.0, 2.5, 9.0])
    config = TrainingConfig(**{**CONFIG.__dict__, "steps": 20, "patience": 2})
    seen = []
    training = new_training(tmp_path, config)

    def validate():
        seen.append(training.weights[0].numpy())
        return {"score": next(scores)}

    told = train(training, new_batches(config), validate, "score")
    assert (told["best_score"], told["steps"]) == (3.0, 8)
    np.testing.assert_array_equal(training.weights[0], seen[1])


def test_keras_callbacks_see_updates_and_validations(tmp_path):
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(("update", batch, sorted(logs))),
        on_epoch_end=lambda epoch, logs: seen.append(("validation", epoch, sorted(logs))),
    )
    run(tmp_path, callbacks=[watch])
    assert seen[:3] == [
        ("update", 0, ["learning_rate", "loss", "tokens"]),
        ("update", 1, ["learning_rate", "loss", "tokens"]),
        ("validation", 2, ["best", "score"]),
    ]
    assert len(seen) == 8 + 4


def test_the_schedules_reach_their_peak_at_the_end_of_the_warm_up():
    rate = InverseSquareRoot(peak=0.5, warmup_steps=4)
    np.testing.assert_allclose([rate(s) for s in (0, 3, 15)], [0.125, 0.5, 0.25], rtol=1e-6)
    config = TrainingConfig(steps=100, warmup_steps=10, learning_rate=0.5)
    cosine = schedule(config)
    np.testing.assert_allclose([cosine(s) for s in (5, 10, 55)], [0.25, 0.5, 0.25], rtol=1e-5)
    assert float(cosine(100)) == pytest.approx(0, abs=1e-7)


def test_compiled_and_plain_steps_agree(tmp_path):
    plain, compiled = (
        new_training(tmp_path / str(jit), TrainingConfig(compile=jit), new_model()) for jit in (False, True)
    )
    batch = {"ids": tf.constant([[1, 2, 3, 0], [4, 5, 6, 1]])}
    for training in (plain, compiled):
        training.model.layers[2].rate = 0.0
        training.accumulate(batch)
    for a, b in zip(plain.gradients, compiled.gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


if __name__ == "__main__":  # the run that the test kills
    slow = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: (
            print("step", batch + 1, flush=True),
            time.sleep(0.2),
        )
    )
    trained = run(Path(sys.argv[1]), callbacks=[slow])
    print("weights", [w.tobytes().hex()[:64] for w in weights_of(trained)], flush=True)
