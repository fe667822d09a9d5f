"""Optimizers and learning-rate schedules by name: Adam, Muon; cosine, inverse square root."""

import keras
import tensorflow as tf

from .config import TrainingConfig
from .muon import Muon, count_input_axes


class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warmup, then decay with the inverse square root of the step (Vaswani et al. 2017).

    Args:
        peak_learning_rate: learning rate at the end of the warmup.
        warmup_steps: number of steps of the warmup.

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 5.3.
    """

    def __init__(self, peak_learning_rate: float, warmup_steps: int):
        self.peak_learning_rate = peak_learning_rate
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32) + 1.0
        factor = tf.minimum(step / self.warmup_steps, tf.sqrt(self.warmup_steps / step))
        return self.peak_learning_rate * factor

    def get_config(self) -> dict:
        return {"peak_learning_rate": self.peak_learning_rate, "warmup_steps": self.warmup_steps}


def build_learning_rate_schedule(
    config: TrainingConfig,
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Build the learning rate as a function of the step, with warmup."""
    if config.learning_rate_schedule == "inverse_sqrt":
        return InverseSquareRoot(config.learning_rate, max(config.warmup_steps, 1))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(config.steps - config.warmup_steps, 1),
        warmup_target=config.learning_rate,
        warmup_steps=config.warmup_steps,
    )


def build_optimizer(config: TrainingConfig, model: keras.Model) -> keras.optimizers.Optimizer:
    """Build the optimizer of a model, which follows the learning-rate schedule."""
    schedule = build_learning_rate_schedule(config)
    if config.optimizer == "adam":
        return keras.optimizers.Adam(schedule, beta_2=0.98, epsilon=1e-9)
    return Muon(
        schedule,
        count_input_axes(model),
        adam_beta_2=0.98,
        epsilon=1e-9,
        ns_steps=3,  # nearly orthogonal; with 5 steps captions were not more often true
        adam_lr_ratio=0.2,
        weight_decay=None,
        adam_weight_decay=None,
    )
