"""Peak memory of a function, from the counters of Linux."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def measure_peak_memory(function: Callable[[], Result], warmup: Callable[[], object]) -> tuple[Result, float]:
    """Measure the peak memory of a function above the memory that the process holds before it.

    Call it in a process of its own: memory that was freed before and not returned to the system hides a peak.

    Args:
        function: function to measure.
        warmup: called first; what it loads and keeps is not counted.

    Returns:
        The result of `function` and the peak in megabytes (2**20 bytes).
    """
    warmup()
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM to the current memory
    before = _read_megabytes("VmRSS")
    result = function()
    return result, _read_megabytes("VmHWM") - before


def _read_megabytes(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))
