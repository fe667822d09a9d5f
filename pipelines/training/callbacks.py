"""What a run tells while it goes on: a line on the terminal, and curves for TensorBoard."""

import sys
import time
from pathlib import Path

import keras
import tensorflow as tf

UNSAID = ("tokens", "learning_rate")


class ProgressLine(keras.callbacks.Callback):
    """Prints step, loss, speed and the time that is left; on a terminal in place, in a log at times.

    Args:
        steps: updates in the whole run.
        every: seconds between two lines.
    """

    def __init__(self, steps: int, every: float | None = None):
        super().__init__()
        self.steps = steps
        self.live = sys.stdout.isatty()
        self.every = every if every is not None else (0.2 if self.live else 20.0)

    def on_train_begin(self, logs=None):
        self.first = int((logs or {}).get("step", 0))
        if self.first:
            print(f"going on from step {self.first}", flush=True)
        self.started = self.told = self.window = time.monotonic()
        self.tokens = 0.0

    def on_train_batch_end(self, batch, logs=None):
        now, logs = time.monotonic(), logs or {}
        self.tokens += logs.get("tokens", 0.0)
        if now - self.told < self.every:
            return
        self.told, step = now, batch + 1
        pace = (now - self.started) / (step - self.first)
        speed = self.tokens / (now - self.started)
        told = "  ".join(f"{name} {value:.3f}" for name, value in logs.items() if name not in UNSAID)
        left = _clock(pace * (self.steps - step))
        self._print(f"step {step}/{self.steps}  {told}  {speed:,.0f} tokens/s  {left} left")

    def on_epoch_end(self, epoch, logs=None):
        told = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items() if name != "best")
        best = "  (best so far)" if (logs or {}).get("best") else ""
        self._print(f"step {epoch}/{self.steps}  validation: {told}{best}", end="\n")

    def _print(self, line: str, end: str | None = None) -> None:
        if self.live:
            print(f"\r\033[K{line}", end=end or "", flush=True)
        else:
            print(line, flush=True)


class TensorBoardScalars(keras.callbacks.Callback):
    """Writes the numbers of the run for TensorBoard.

    Args:
        folder: where the event files go.
        every: updates between two points of a curve of training.
    """

    def __init__(self, folder: Path, every: int = 10):
        super().__init__()
        self.every = every
        self.writer = tf.summary.create_file_writer(str(folder))

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self.every == 0:
            self._write("train", batch + 1, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._write("validation", epoch, logs)

    def on_train_end(self, logs=None):
        self.writer.close()

    def _write(self, group: str, step: int, logs: dict | None) -> None:
        with self.writer.as_default(step):
            for name, value in (logs or {}).items():
                tf.summary.scalar(f"{group}/{name}", value)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
