import itertools

import pytest
import tensorflow as tf

from foveal.pipelines.training import callbacks
from foveal.pipelines.training.callbacks import ProgressLine, TensorBoardScalars


@pytest.fixture
def clock(monkeypatch):
    """Every look at the clock is half a second later."""
    ticks = itertools.count(100.0, 0.5)
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(ticks))


LOGS = {"loss": 2.0, "accuracy": 0.25, "tokens": 1000.0, "learning_rate": 0.1}


def test_the_line_tells_speed_and_time_left(clock, capsys):
    line = ProgressLine(steps=8, every=0.0)
    line.on_train_begin({"step": 0})
    for step in range(2):  # one update each half second
        line.on_train_batch_end(step, LOGS)
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "step 2/8  loss 2.000  accuracy 0.250  2,000 tokens/s  0:03 left"


def test_between_two_lines_time_passes(clock, capsys):
    line = ProgressLine(steps=8, every=1.2)
    line.on_train_begin({"step": 0})
    for step in range(8):
        line.on_train_batch_end(step, LOGS)
    assert [told.split()[1] for told in capsys.readouterr().out.splitlines()] == ["3/8", "6/8"]


def test_a_resumed_run_counts_its_own_steps_only(clock, capsys):
    line = ProgressLine(steps=104, every=0.0)
    line.on_train_begin({"step": 100})
    line.on_train_batch_end(100, LOGS)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "going on from step 100"
    assert second.endswith("2,000 tokens/s  0:02 left")  # half a second for each of three steps


def test_validations_are_always_told(capsys):
    line = ProgressLine(steps=8, every=1e9)
    line.on_train_begin()
    line.on_epoch_end(4, {"bleu": 12.345, "best": 1.0})
    line.on_epoch_end(8, {"bleu": 11.0, "best": 0.0})
    assert capsys.readouterr().out.splitlines() == [
        "step 4/8  validation: bleu 12.35  (best so far)",
        "step 8/8  validation: bleu 11",
    ]


def test_hours_are_written_as_hours():
    assert callbacks._clock(3 * 3600 + 62) == "3:01:02"


def test_tensorboard_reads_what_was_summed_up(tmp_path):
    summaries = TensorBoardScalars(tmp_path, every=5)
    for batch in range(9):
        summaries.on_train_batch_end(batch, LOGS)
    summaries.on_epoch_end(5, {"bleu": 30.0})
    summaries.on_train_end()
    (file,) = tmp_path.iterdir()
    events = [
        (event.step, value.tag, float(tf.make_ndarray(value.tensor)))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    ]
    assert [event for event in events if event[1] == "train/loss"] == [(5, "train/loss", 2.0)]
    assert (5, "validation/bleu", 30.0) in events
