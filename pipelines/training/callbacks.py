"""Callbacks of a training run: a progress line on the terminal, scalars for TensorBoard."""

import sys
import time
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

HIDDEN_LOGS = ("tokens", "learning_rate")
Logs = dict[str, Any] | None


class ProgressLine(keras.callbacks.Callback):
    """Prints step, loss, speed and remaining time; in place on a terminal, line by line in a log.

    Args:
        steps: number of updates of the run.
        interval_seconds: seconds between two lines; 0.2 on a terminal and 20 in a log by default.
        unit: what `tokens` in the logs of a batch counts.
    """

    def __init__(self, steps: int, interval_seconds: float | None = None, unit: str = "tokens"):
        super().__init__()
        self.steps = steps
        self.unit = unit
        self.is_terminal = sys.stdout.isatty()
        default = 0.2 if self.is_terminal else 20.0
        self.interval_seconds = default if interval_seconds is None else interval_seconds

    def on_train_begin(self, logs: Logs = None) -> None:
        self.first_step = int((logs or {}).get("step", 0))
        if self.first_step:
            print(f"resuming from step {self.first_step}", flush=True)
        self.start_time = self.last_time = time.monotonic()
        self.tokens = 0.0

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        now, logs = time.monotonic(), logs or {}
        self.tokens += logs.get("tokens", 0.0)
        if now - self.last_time < self.interval_seconds:
            return
        self.last_time, step = now, batch + 1
        seconds_per_step = (now - self.start_time) / (step - self.first_step)
        tokens_per_second = self.tokens / (now - self.start_time)
        metrics = "  ".join(f"{name} {value:.3f}" for name, value in logs.items() if name not in HIDDEN_LOGS)
        remaining = _format_duration(seconds_per_step * (self.steps - step))
        self._print(
            f"step {step}/{self.steps}  {metrics}  {tokens_per_second:,.0f} {self.unit}/s  {remaining} left"
        )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in logs.items() if name != "best")
        best = "  (best so far)" if logs.get("best") else ""
        self._print(f"step {epoch}/{self.steps}  validation: {metrics}{best}", end="\n")

    def _print(self, line: str, end: str | None = None) -> None:
        if self.is_terminal:
            print(f"\r\033[K{line}", end=end or "", flush=True)
        else:
            print(line, flush=True)


class TensorBoardScalars(keras.callbacks.Callback):
    """Writes the logs of training and validation as scalars for TensorBoard.

    Args:
        folder: folder of the event files.
        update_freq: updates between two points of a training curve.
    """

    def __init__(self, folder: Path, update_freq: int = 10):
        super().__init__()
        self.update_freq = update_freq
        self.writer = tf.summary.create_file_writer(str(folder))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if (batch + 1) % self.update_freq == 0:
            self._write("train", batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._write("validation", epoch, logs)

    def on_train_end(self, logs: Logs = None) -> None:
        self.writer.close()

    def _write(self, group: str, step: int, logs: Logs) -> None:
        with self.writer.as_default(step):
            for name, value in (logs or {}).items():
                tf.summary.scalar(f"{group}/{name}", value)


def _format_duration(seconds: float) -> str:
    """Format a duration as `m:ss` or `h:mm:ss`."""
    minutes, seconds = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
