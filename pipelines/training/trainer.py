"""Trainer with compiled steps, weight averaging and checkpoints that resume exactly.

A run is a function of its configuration, its data and its seed. Everything that changes during the run
(weights, optimizer, averages, random state, best weights, step) is stored in one checkpoint, and the batch of
a step depends on the step alone. A run that is interrupted therefore continues from its last checkpoint and
ends with the weights of an undisturbed run.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .batching import TokenBatches
from .config import TrainingConfig
from .optimizers import build_optimizer

Batch = dict[str, tf.Tensor]
Losses = dict[str, tf.Tensor]
Metrics = dict[str, float]


class Trainer:
    """Training loop of a model: compiled steps, averaged weights, validation, checkpoints.

    Args:
        model: a built Keras model.
        losses: function of a batch that returns `{"loss": sum, "tokens": count, ...}`, scalars that are
            summed over batches; `loss / tokens` is minimized.
        config: optimization and its schedule.
        folder: folder of the checkpoints; created if it does not exist.
        monitor: names of the metrics to maximize. The first one selects the best weights; the others break
            ties, in their order.
    """

    def __init__(
        self,
        model: keras.Model,
        losses: Callable[[Batch], Losses],
        config: TrainingConfig,
        folder: Path,
        monitor: Sequence[str],
    ):
        self.model = model
        self.losses = losses
        self.config = config
        self.monitor = monitor
        self.optimizer = build_optimizer(config, model)
        self.optimizer.build(model.trainable_variables)
        self.weights = [variable.value for variable in model.trainable_variables]
        self.gradients = [tf.Variable(tf.zeros_like(w), trainable=False) for w in self.weights]
        self.ema_weights = [tf.Variable(w, trainable=False) for w in self.weights]
        self.best_weights = [tf.Variable(w, trainable=False) for w in self.weights]
        self.step = tf.Variable(0, dtype=tf.int64)
        self.best = tf.Variable([-math.inf] * len(monitor), dtype=tf.float64)
        self.highest = tf.Variable([-math.inf] * len(monitor), dtype=tf.float64)
        self.epochs_without_improvement = tf.Variable(0, dtype=tf.int64)
        self.seconds = tf.Variable(0.0, dtype=tf.float64)
        self.tokens = tf.Variable(0.0, dtype=tf.float64)
        self.checkpoints = self._checkpoint_manager(folder)
        self.concrete_functions: dict[tuple, Callable] = {}
        self.update = tf.function(self._update)

    def fit(
        self,
        batches: TokenBatches,
        validate: Callable[[], Metrics],
        callbacks: Iterable[keras.callbacks.Callback] = (),
    ) -> Metrics:
        """Train to the end, from the last checkpoint if there is one; load the best weights into the model.

        Args:
            batches: training data.
            validate: function that evaluates the current model and returns its metrics.
            callbacks: Keras callbacks. Their batch is an update, their epoch a validation. A callback that
                sets `model.stop_training` ends the run.

        Returns:
            The metrics of the best weights as `best_...`, the number of steps, and their seconds and tokens.

        Raises:
            ValueError: if the loss is not finite.
        """
        callback_list = keras.callbacks.CallbackList(list(callbacks), model=self.model, verbose=0)
        callback_list.set_params({"steps": self.config.steps, "epochs": None})
        self.model.stop_training = False
        first_step = self.restore()
        last_time = time.monotonic()
        if not self.finished:
            self.build_steps([_as_tensors(batch) for batch in batches.padding_batches()])
        callback_list.on_train_begin({"step": first_step})
        while not self.finished and not self.model.stop_training:
            logs = self._train_step(batches)
            step = int(self.step)
            self.tokens.assign_add(logs["tokens"])
            self.seconds.assign_add(time.monotonic() - last_time)
            last_time = time.monotonic()
            callback_list.on_train_batch_end(step - 1, logs)
            if step % self.config.validation_freq == 0 or step == self.config.steps:
                callback_list.on_epoch_end(step, self._validate(validate))
        callback_list.on_train_end()
        _assign(self.best_weights, self.weights)
        best = self.best.numpy().tolist()
        return {
            **{f"best_{name}": value for name, value in zip(self.monitor, best, strict=True)},
            "steps": int(self.step),
            "seconds": round(float(self.seconds), 1),
            "tokens": float(self.tokens),
        }

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or no metric has improved for `patience` validations."""
        return (
            int(self.step) >= self.config.steps
            or int(self.epochs_without_improvement) >= self.config.patience
        )

    def restore(self) -> int:
        """Restore the last checkpoint, if there is one, and return its step."""
        self.checkpoints.restore_or_initialize()
        return int(self.step)

    def save(self) -> None:
        """Write a checkpoint; the previous one is kept until this one is complete."""
        self.checkpoints.save(self.step)

    def update_best(self, metrics: Metrics) -> bool:
        """Keep the weights if their metrics are the best so far; count the epochs without improvement.

        An epoch in which any metric exceeds its highest value is an improvement, also if the weights are not
        the best ones: training goes on while chrF improves and BLEU is still zero.
        """
        values = np.array([metrics[name] for name in self.monitor])
        is_best = values.tolist() > self.best.numpy().tolist()
        improves = (values > self.highest.numpy()).any()
        if is_best:
            self.best.assign(values)
            _assign(self.evaluation_weights, self.best_weights)
        self.highest.assign(np.maximum(values, self.highest))
        self.epochs_without_improvement.assign(0 if improves else self.epochs_without_improvement + 1)
        return is_best

    @property
    def evaluation_weights(self) -> Sequence[tf.Variable]:
        """Weights that are evaluated and exported: the averages, unless `ema_momentum` is 0."""
        return self.ema_weights if self.config.ema_momentum else self.weights

    @contextmanager
    def swap_in_evaluation_weights(self) -> Iterator[None]:
        """Give the model the evaluation weights within the context."""
        trained = [tf.identity(w) for w in self.weights]
        _assign(self.evaluation_weights, self.weights)
        try:
            yield
        finally:
            _assign(trained, self.weights)

    def build_steps(self, batches: Sequence[Batch]) -> None:
        """Trace the step for the shapes of these batches, in parallel, without changing any state.

        XLA needs a function per shape. Otherwise one function with open dimensions serves all batches.
        """
        # Every call advances the random state, which is a non-trainable variable.
        variables = [variable.value for variable in self.model.non_trainable_variables]
        before = [tf.identity(variable) for variable in variables]
        if not self.config.jit_compile:
            function = self._trace(common_input_spec(batches))
            self.concrete_functions |= dict.fromkeys(map(_shapes, batches), function)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.accumulate_gradients, batches))
        _assign(before, variables)
        self._reset_gradients()

    def accumulate_gradients(self, batch: Batch) -> Losses:
        """Add the gradients of a batch to those of the next update."""
        shapes = _shapes(batch)
        if shapes not in self.concrete_functions:
            self.concrete_functions[shapes] = self._trace(batch)
        return self.concrete_functions[shapes](batch)

    def _train_step(self, batches: TokenBatches) -> Metrics:
        """Accumulate the gradients of the batches of an update, and apply them."""
        num_batches = self.config.gradient_accumulation_steps
        first = int(self.step) * num_batches
        totals: dict[str, float] = {}
        for index in range(first, first + num_batches):
            for name, value in self.accumulate_gradients(_as_tensors(batches.get_batch(index))).items():
                totals[name] = totals.get(name, 0.0) + float(value)
        if not math.isfinite(totals["loss"]):
            raise ValueError(
                f"The loss must be finite. Received: loss={totals['loss']} in step {int(self.step) + 1}. "
                "A lower `learning_rate` or more `warmup_steps` may help"
            )
        tokens = totals.pop("tokens")
        learning_rate = float(self.update(tf.constant(tokens)))
        means = {name: total / tokens for name, total in totals.items()}
        return means | {"tokens": tokens, "learning_rate": learning_rate}

    def _validate(self, validate: Callable[[], Metrics]) -> Metrics:
        """Evaluate, update the best weights, and write a checkpoint."""
        with self.swap_in_evaluation_weights():
            metrics = validate()
        metrics["best"] = float(self.update_best(metrics))
        self.save()
        return metrics

    def _trace(self, batch: Batch | dict[str, tf.TensorSpec]) -> Callable[[Batch], Losses]:
        function = tf.function(self._accumulate, jit_compile=self.config.jit_compile)
        return function.get_concrete_function(batch)

    def _accumulate(self, batch: Batch) -> Losses:
        with tf.GradientTape() as tape:
            sums = self.losses(batch)
        gradients = tape.gradient(sums["loss"], self.weights, unconnected_gradients="zero")
        for total, gradient in zip(self.gradients, gradients, strict=True):
            total.assign_add(tf.convert_to_tensor(gradient))
        return sums

    def _update(self, tokens: tf.Tensor) -> tf.Tensor:
        """Apply the clipped gradient of the mean loss over all tokens; return the learning rate."""
        learning_rate = tf.convert_to_tensor(self.optimizer.learning_rate)
        mean = [gradient / tokens for gradient in self.gradients]
        clipped, _ = tf.clip_by_global_norm(mean, self.config.global_clipnorm)
        self.optimizer.apply(clipped, self.model.trainable_variables)
        self.step.assign_add(1)
        self._reset_gradients()
        if self.config.ema_momentum:
            self._update_ema()
        return learning_rate

    def _update_ema(self) -> None:
        """Update the averages; the momentum grows from 0.18, so that they forget the initial weights."""
        step = tf.cast(self.step, tf.float32)
        momentum = tf.minimum(self.config.ema_momentum, (1 + step) / (10 + step))
        for average, weight in zip(self.ema_weights, self.weights, strict=True):
            average.assign_sub((1 - momentum) * (average - weight))

    def _reset_gradients(self) -> None:
        for gradient in self.gradients:
            gradient.assign(tf.zeros_like(gradient))

    def _checkpoint_manager(self, folder: Path) -> tf.train.CheckpointManager:
        checkpoint = tf.train.Checkpoint(
            variables=[v.value for v in self.model.variables],  # includes the random state of dropout
            optimizer=[v.value for v in self.optimizer.variables],
            ema_weights=self.ema_weights,
            best_weights=self.best_weights,
            step=self.step,
            best_metrics=self.best,
            highest_metrics=self.highest,
            epochs_without_improvement=self.epochs_without_improvement,
            seconds=self.seconds,
            tokens=self.tokens,
        )
        return tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=2)


def common_input_spec(batches: Sequence[Batch]) -> dict[str, tf.TensorSpec]:
    """Return the spec that fits all batches: a dimension in which they differ is None."""
    specs = [{name: tf.TensorSpec(x.shape, x.dtype) for name, x in batch.items()} for batch in batches]
    return reduce(lambda a, b: {name: a[name].most_specific_common_supertype([b[name]]) for name in a}, specs)


def _shapes(batch: Batch) -> tuple:
    return tuple(tuple(x.shape) for x in batch.values())


def _as_tensors(batch: Mapping[str, np.ndarray]) -> Batch:
    return {name: tf.constant(x) for name, x in batch.items()}


def _assign(sources: Sequence[tf.Tensor | tf.Variable], targets: Sequence[tf.Variable]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.assign(source)
