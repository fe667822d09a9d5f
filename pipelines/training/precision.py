"""Advice on bfloat16, whose speed depends on the processor."""

from pathlib import Path

import tensorflow as tf

from .config import TrainingConfig

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}  # as Linux names them


def precision_advice(config: TrainingConfig, cpu_info: Path = Path("/proc/cpuinfo")) -> str | None:
    """Describe what slows bfloat16 down on this machine.

    Args:
        config: optimization; its fields `mixed_precision` and `jit_compile`.
        cpu_info: description of the processor by Linux.

    Returns:
        A line for the user; None in float32, with a GPU, or where nothing slows it down.

    Example:
        >>> precision_advice(TrainingConfig(mixed_precision=False))
    """
    if not config.mixed_precision or tf.config.list_physical_devices("GPU") or not cpu_info.exists():
        return None
    if not BFLOAT16_FLAGS & set(cpu_info.read_text().split()):
        return "bfloat16: this processor has no instructions for it; float32 is faster (--no-mixed-precision)"
    if config.jit_compile:
        return "bfloat16: XLA gains nothing from it on a processor; --no-jit-compile uses oneDNN, which does"
    return None
