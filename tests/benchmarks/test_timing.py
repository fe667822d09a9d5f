"""Tests of alternating timings."""

import time

import pytest

from foveal.benchmarks.timing import alternate, timed


def test_alternate_alternates_runs_and_drops_warmup():
    calls = []

    def make_run(name):
        def run():
            calls.append(name)
            return float(len(calls))

        return run

    times = alternate([make_run("a"), make_run("b")], repetitions=3, warmup=1)
    assert calls == ["a", "b"] * 4
    assert times == [[3.0, 5.0, 7.0], [4.0, 6.0, 8.0]]


def test_alternate_pauses_before_each_run(monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    alternate([lambda: 1.0] * 2, repetitions=2, pause=0.3)
    assert pauses == [0.3] * 4


def test_timed_returns_seconds(monkeypatch):
    clock = iter([10.0, 12.5])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    calls = []
    assert timed(lambda: calls.append(1))() == pytest.approx(2.5)
    assert calls == [1]
