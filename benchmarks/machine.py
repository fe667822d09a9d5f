"""The processor of this machine, its instruction sets and its limits."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

INSTRUCTION_SETS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
SIZE = 2048  # of the matrices
MEGABYTES = 256  # of the arrays that are read from memory
REPETITIONS = 5


def describe_machine(threads: int) -> str:
    """Describe the processor: name, cores, instruction sets, products and memory bandwidth.

    Args:
        threads: threads of an operation; set it in TensorFlow first.
    """
    text = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*:\s*(.*)", text)
    flags = set(text.split())
    sets = ", ".join(flag for flag in INSTRUCTION_SETS if flag in flags)
    limits = (
        f"{matrix_product('float32'):,.0f} GFLOP/s in float32 and {matrix_product('bfloat16'):,.0f} in "
        f"bfloat16, memory {memory_bandwidth():.0f} GB/s"
    )
    return (
        f"{name.group(1) if name else 'unknown processor'}, {os.cpu_count()} cores, {threads} threads; "
        f"{sets}; matrix product {limits}"
    )


def matrix_product(dtype: str) -> float:
    """Measure the matrix product of TensorFlow, in GFLOP/s."""
    matrix = tf.cast(tf.random.stateless_normal([SIZE, SIZE], [0, 1]), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)))
    return 2 * SIZE**3 / 1e9 / _fastest(lambda: product().numpy())


def memory_bandwidth() -> float:
    """Measure the bandwidth of reading memory, in GB/s."""
    array = tf.ones([MEGABYTES * 2**20 // 4])
    total = tf.function(lambda: tf.reduce_max(array))
    return array.shape[0] * 4 / 1e9 / _fastest(lambda: total().numpy())


def _fastest(function: Callable[[], np.ndarray]) -> float:
    """Return the seconds of the fastest of several runs, after one that is not measured."""
    function()
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)
