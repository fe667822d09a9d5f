"""Wall-clock timing of functions in alternation, so that other load on the machine affects all of them."""

import time
from collections.abc import Callable, Sequence
from typing import Any


def alternate(
    runs: Sequence[Callable[[], float]], repetitions: int, warmup: int = 0, pause: float = 0.0
) -> list[list[float]]:
    """Measure several functions in alternation: the first run of each, then the second run of each, ...

    Args:
        runs: functions that return the seconds of one run, see `timed`.
        repetitions: number of measured runs of each function.
        warmup: number of runs of each function before them, whose times are dropped.
        pause: seconds between runs.

    Returns:
        For each function its seconds, a list of `repetitions` numbers.

    Example:
        >>> alternate([lambda: 1.0, lambda: 2.0], repetitions=3)
        [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    """
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(warmup + repetitions):
        for run, seconds in zip(runs, times, strict=True):
            time.sleep(pause)
            seconds.append(run())
    return [seconds[warmup:] for seconds in times]


def timed(function: Callable[[], Any]) -> Callable[[], float]:
    """Wrap a function so that it returns the seconds that a call takes.

    Args:
        function: called without arguments; its result is dropped.

    Example:
        >>> timed(lambda: time.sleep(0.01))() >= 0.01
        True
    """

    def run() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return run
