"""Tests of the progress line and the TensorBoard scalars."""

import itertools

import pytest
import tensorflow as tf

from foveal.pipelines.training import callbacks
from foveal.pipelines.training.callbacks import ProgressLine, TensorBoardScalars


@pytest.fixture
def clock(monkeypatch):
    """Advance the clock by half a second per reading."""
    ticks = itertools.count(100.0, 0.5)
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(ticks))


LOGS = {"loss": 2.0, "accuracy": 0.25, "tokens": 1000.0, "learning_rate": 0.1}


def test_progress_line_prints_speed_and_remaining_time(clock, capsys):
    progress = ProgressLine(steps=8, interval_seconds=0.0)
    progress.on_train_begin({"step": 0})
    for step in range(2):  # one update per half second
        progress.on_train_batch_end(step, LOGS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "step 2/8  loss 2.000  accuracy 0.250  2,000 tokens/s  0:03 left"


def test_progress_line_respects_interval(clock, capsys):
    progress = ProgressLine(steps=8, interval_seconds=1.2)
    progress.on_train_begin({"step": 0})
    for step in range(8):
        progress.on_train_batch_end(step, LOGS)
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["3/8", "6/8"]


def test_progress_line_of_resumed_run_ignores_earlier_steps(clock, capsys):
    progress = ProgressLine(steps=104, interval_seconds=0.0)
    progress.on_train_begin({"step": 100})
    progress.on_train_batch_end(100, LOGS)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "resuming from step 100"
    assert second.endswith("2,000 tokens/s  0:02 left")  # 3 steps of half a second


def test_progress_line_always_prints_validations(capsys):
    progress = ProgressLine(steps=8, interval_seconds=1e9)
    progress.on_train_begin()
    progress.on_epoch_end(4, {"bleu": 12.345, "best": 1.0})
    progress.on_epoch_end(8, {"bleu": 11.0, "best": 0.0})
    assert capsys.readouterr().out.splitlines() == [
        "step 4/8  validation: bleu 12.35  (best so far)",
        "step 8/8  validation: bleu 11",
    ]


def test_duration_with_hours():
    assert callbacks._format_duration(3 * 3600 + 62) == "3:01:02"


def test_tensorboard_reads_written_scalars(tmp_path):
    scalars = TensorBoardScalars(tmp_path, update_freq=5)
    for batch in range(9):
        scalars.on_train_batch_end(batch, LOGS)
    scalars.on_epoch_end(5, {"bleu": 30.0})
    scalars.on_train_end()
    (file,) = tmp_path.iterdir()
    events = [
        (event.step, value.tag, float(tf.make_ndarray(value.tensor)))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    ]
    assert [event for event in events if event[1] == "train/loss"] == [(5, "train/loss", 2.0)]
    assert (5, "validation/bleu", 30.0) in events
