"""The training loop that the pipelines share: resumable to the bit, compiled, watched by its task metric.

A run is a function of its configuration, its data and its seed. All that changes while it runs (weights,
optimizer, averages, random state, best weights, step) lives in variables of one checkpoint; the batch of
a step follows from the step. So a run that was killed goes on from its last checkpoint and ends with the
weights of a run that was not.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from .batching import TokenBatches
from .muon import Muon

Batch = dict[str, tf.Tensor]
Losses = dict[str, tf.Tensor]
Metrics = dict[str, float]


@dataclass(frozen=True)
class TrainingConfig:
    """How to train."""

    steps: int = 2200
    """Updates of the weights."""
    batch_tokens: int = 1024
    """Positions in a batch, source, target and padding counted."""
    shapes: int = 6
    """Number of batch shapes; more of them waste less padding, and XLA compiles each."""
    accumulate: int = 1
    """Batches whose gradients make up one update."""
    optimizer: Literal["adam", "muon"] = "adam"
    """What makes an update of a gradient: Adam, or Muon, which needs fewer of them and more time for each."""
    learning_rate: float = 3e-3
    """The highest, at the end of the warm-up."""
    warmup_steps: int = 250
    """Updates over which the learning rate grows."""
    schedule: Literal["cosine", "inverse_sqrt"] = "cosine"
    """How the learning rate falls after the warm-up."""
    label_smoothing: float = 0.0
    """Share of each label's probability that is spread over all classes."""
    global_clipnorm: float = 1.0
    """The gradients' global norm is cut to this."""
    ema_momentum: float = 0.999
    """Decay of the averaged weights that are evaluated and exported; 0 for no averaging."""
    mixed_precision: bool = False
    """Compute in bfloat16, keep the weights in float32."""
    compile: bool = True
    """Compile the step with XLA: some ten seconds at the start for every shape; then recurrent networks are
    more than twice as fast, Transformers less than that, convolutions as fast as before."""
    validation_freq: int = 1100
    """Updates between validations, and between checkpoints."""
    patience: int = 10
    """Validations without a better metric after which training stops."""
    seed: int = 0
    """Of weights, dropout and order."""


class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Grows linearly for `warmup_steps` steps, then falls with the root of the step (Vaswani et al. 2017)."""

    def __init__(self, peak: float, warmup_steps: int):
        self.peak = peak
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32) + 1.0
        return self.peak * tf.minimum(step / self.warmup_steps, tf.sqrt(self.warmup_steps / step))

    def get_config(self) -> dict:
        return {"peak": self.peak, "warmup": self.warmup_steps}


def schedule(config: TrainingConfig) -> keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate as a function of the step."""
    if config.schedule == "inverse_sqrt":
        return InverseSquareRoot(config.learning_rate, max(config.warmup_steps, 1))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(config.steps - config.warmup_steps, 1),
        warmup_target=config.learning_rate,
        warmup_steps=config.warmup_steps,
    )


OPTIMIZERS = {
    "adam": partial(keras.optimizers.Adam, beta_2=0.98, epsilon=1e-9),
    "muon": partial(
        Muon,
        adam_beta_2=0.98,
        epsilon=1e-9,
        ns_steps=3,  # nearly orthogonal; five made captions no truer
        adam_lr_ratio=0.2,
        weight_decay=None,
        adam_weight_decay=None,
    ),
}


class Trainer:
    """A run: the model and all that changes beside it, the compiled steps, and the checkpoint.

    Args:
        model: a built Keras model.
        losses: `losses(batch) -> {"loss": sum, "tokens": count, ...}`, all scalars that add up over
            batches; `loss / tokens` is what is minimized.
        config: how to train.
        folder: where checkpoints are kept; made if need be.
    """

    def __init__(
        self,
        model: keras.Model,
        losses: Callable[[Batch], Losses],
        config: TrainingConfig,
        folder: Path,
    ):
        self.model = model
        self.losses = losses
        self.config = config
        self.optimizer = OPTIMIZERS[config.optimizer](schedule(config))
        self.optimizer.build(model.trainable_variables)
        self.weights = [variable.value for variable in model.trainable_variables]
        self.gradients = [tf.Variable(tf.zeros_like(w), trainable=False) for w in self.weights]
        self.ema_weights = [tf.Variable(w, trainable=False) for w in self.weights]
        self.best_weights = [tf.Variable(w, trainable=False) for w in self.weights]
        self.step = tf.Variable(0, dtype=tf.int64)
        self.best = tf.Variable(-math.inf, dtype=tf.float64)
        self.epochs_without_improvement = tf.Variable(0, dtype=tf.int64)
        self.seconds = tf.Variable(0.0, dtype=tf.float64)
        self.tokens = tf.Variable(0.0, dtype=tf.float64)
        self.checkpoints = self._checkpoints(folder)
        self.concrete_functions: dict[tuple, Callable] = {}
        self.update = tf.function(self._update)

    @property
    def finished(self) -> bool:
        """Whether all steps are done or the metric has not risen for too long."""
        return (
            int(self.step) >= self.config.steps
            or int(self.epochs_without_improvement) >= self.config.patience
        )

    def restore(self) -> int:
        """Go on from the last checkpoint, where there is one. Returns its step."""
        self.checkpoints.restore_or_initialize()
        return int(self.step)

    def save(self) -> None:
        """Write a checkpoint; the one before it stays until this one is whole."""
        self.checkpoints.save(self.step)

    def update_best(self, metric: float) -> bool:
        """Keep the weights if the metric is the best so far; count if it is not."""
        better = metric > float(self.best)
        if better:
            self.best.assign(metric)
            _copy(self.evaluation_weights, self.best_weights)
        self.epochs_without_improvement.assign(0 if better else self.epochs_without_improvement + 1)
        return better

    @property
    def evaluation_weights(self) -> Sequence[tf.Variable]:
        return self.ema_weights if self.config.ema_momentum else self.weights

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        """The model with the weights that are evaluated, for as long as the context lasts."""
        trained = [tf.identity(w) for w in self.weights]
        _copy(self.evaluation_weights, self.weights)
        try:
            yield
        finally:
            _copy(trained, self.weights)

    def compile(self, batches: Sequence[Batch]) -> None:
        """Make the step ready for the shapes of these batches: traced once for all, or compiled for each, at
        the same time, because XLA has to know them. Nothing else changes."""
        unlearned = self.model.non_trainable_variables  # the random state, which every call moves on
        before = [tf.identity(variable.value) for variable in unlearned]
        if not self.config.compile:
            self.concrete_functions |= dict.fromkeys(
                map(_shapes, batches), self._trace(common_input_spec(batches))
            )
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.accumulate, batches))
        _copy(before, [variable.value for variable in unlearned])
        self._forget_gradients()

    def accumulate(self, batch: Batch) -> Losses:
        """Add the gradient of a batch to what the next update is made of."""
        shapes = _shapes(batch)
        if shapes not in self.concrete_functions:
            self.concrete_functions[shapes] = self._trace(batch)
        return self.concrete_functions[shapes](batch)

    def _trace(self, batch: Batch | dict[str, tf.TensorSpec]) -> Callable[[Batch], Losses]:
        return tf.function(self._accumulate, jit_compile=self.config.compile).get_concrete_function(batch)

    def _accumulate(self, batch: Batch) -> Losses:
        with tf.GradientTape() as tape:
            sums = self.losses(batch)
        found = tape.gradient(sums["loss"], self.weights, unconnected_gradients="zero")
        for total, gradient in zip(self.gradients, found, strict=True):
            total.assign_add(tf.convert_to_tensor(gradient))
        return sums

    def _update(self, tokens: tf.Tensor) -> tf.Tensor:
        """One step along the gradient of the mean loss of all tokens accumulated; returns its size."""
        rate = tf.convert_to_tensor(self.optimizer.learning_rate)
        mean = [gradient / tokens for gradient in self.gradients]
        clipped, _ = tf.clip_by_global_norm(mean, self.config.global_clipnorm)
        self.optimizer.apply(clipped, self.model.trainable_variables)
        self.step.assign_add(1)
        self._forget_gradients()
        if self.config.ema_momentum:
            step = tf.cast(self.step, tf.float32)
            decay = tf.minimum(
                self.config.ema_momentum, (1 + step) / (10 + step)
            )  # young averages forget fast
            for average, weight in zip(self.ema_weights, self.weights, strict=True):
                average.assign_sub((1 - decay) * (average - weight))
        return rate

    def _forget_gradients(self) -> None:
        for gradient in self.gradients:
            gradient.assign(tf.zeros_like(gradient))

    def _checkpoints(self, folder: Path) -> tf.train.CheckpointManager:
        checkpoint = tf.train.Checkpoint(
            variables=[v.value for v in self.model.variables],  # the random state of dropout included
            optimizer=[v.value for v in self.optimizer.variables],
            ema_weights=self.ema_weights,
            best_weights=self.best_weights,
            step=self.step,
            best=self.best,
            epochs_without_improvement=self.epochs_without_improvement,
            seconds=self.seconds,
            tokens=self.tokens,
        )
        return tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=2)


def train(
    training: Trainer,
    batches: TokenBatches,
    validate: Callable[[], Metrics],
    metric: str,
    callbacks: Iterable[keras.callbacks.Callback] = (),
) -> Metrics:
    """Train to the end, from the last checkpoint if there is one; leaves the best weights in the model.

    Args:
        training: the run.
        batches: what it learns from.
        validate: evaluates the model as it is, and returns its metrics.
        metric: the one of them that must rise.
        callbacks: Keras callbacks; a batch to them is an update, an epoch a validation. One that sets
            `model.stop_training` ends the run.

    Returns:
        The best value of the metric, the steps made, the seconds they took and the tokens they saw.
    """
    config, model = training.config, training.model
    watchers = keras.callbacks.CallbackList(list(callbacks), model=model, verbose=0)
    watchers.set_params({"steps": config.steps, "epochs": None})
    model.stop_training = False
    first = training.restore()
    told = time.monotonic()
    if not training.finished:
        training.compile([_tensors(batch) for batch in batches.padding_batches()])
    watchers.on_train_begin({"step": first})
    while not training.finished and not model.stop_training:
        logs = _one_update(training, batches)
        step = int(training.step)
        training.tokens.assign_add(logs["tokens"])
        training.seconds.assign_add(time.monotonic() - told)
        told = time.monotonic()
        watchers.on_train_batch_end(step - 1, logs)
        if step % config.validation_freq == 0 or step == config.steps:
            with training.evaluated():
                metrics = validate()
            metrics["best"] = float(training.update_best(metrics[metric]))
            training.save()
            watchers.on_epoch_end(step, metrics)
    watchers.on_train_end()
    _copy(training.best_weights, training.weights)
    return {
        f"best_{metric}": float(training.best),
        "steps": int(training.step),
        "seconds": round(float(training.seconds), 1),
        "tokens": float(training.tokens),
    }


def _one_update(training: Trainer, batches: TokenBatches) -> Metrics:
    """Gather the gradients of as many batches as make an update, and make it."""
    first = int(training.step) * training.config.accumulate
    totals: dict[str, float] = {}
    for place in range(first, first + training.config.accumulate):
        for name, value in training.accumulate(_tensors(batches.at(place))).items():
            totals[name] = totals.get(name, 0.0) + float(value)
    if not math.isfinite(totals["loss"]):
        raise ValueError(
            f"expected a finite loss; received {totals['loss']} in step {int(training.step) + 1}. "
            "A lower learning_rate or a longer warmup may help"
        )
    tokens = totals.pop("tokens")
    rate = float(training.update(tf.constant(tokens)))
    return {name: x / tokens for name, x in totals.items()} | {
        "tokens": tokens,
        "learning_rate": rate,
    }


def _shapes(batch: Batch) -> tuple:
    return tuple(tuple(x.shape) for x in batch.values())


def common_input_spec(batches: Sequence[Batch]) -> dict[str, tf.TensorSpec]:
    """What all these batches are: a side in which they differ is open."""
    specs = [{name: tf.TensorSpec(x.shape, x.dtype) for name, x in batch.items()} for batch in batches]
    return reduce(lambda a, b: {name: a[name].most_specific_common_supertype([b[name]]) for name in a}, specs)


def _tensors(batch: dict[str, np.ndarray]) -> Batch:
    return {name: tf.constant(x) for name, x in batch.items()}


def _copy(sources: Sequence[tf.Tensor | tf.Variable], targets: Sequence[tf.Variable]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.assign(source)
