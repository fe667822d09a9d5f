"""Advice on bfloat16, for processors with and without instructions for it."""

import pytest
import tensorflow as tf

from foveal.pipelines.training.config import TrainingConfig
from foveal.pipelines.training.precision import precision_advice


@pytest.fixture
def advise(tmp_path, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])

    def advise(flags, **training):
        (tmp_path / "cpuinfo").write_text(f"flags\t\t: fpu {flags} sse\n")
        return precision_advice(TrainingConfig(**training), tmp_path / "cpuinfo")

    return advise


def test_processor_without_bfloat16_is_advised_to_use_float32(advise):
    assert "--no-mixed-precision" in advise("avx2", mixed_precision=True, jit_compile=False)
    assert advise("avx2", mixed_precision=False) is None


@pytest.mark.parametrize("flag", ["avx512_bf16", "amx_bf16"])
def test_processor_with_bfloat16_is_advised_not_to_compile(advise, flag):
    assert "--no-jit-compile" in advise(flag, mixed_precision=True, jit_compile=True)
    assert advise(flag, mixed_precision=True, jit_compile=False) is None


def test_other_devices_get_no_advice(advise, monkeypatch, tmp_path):
    config = TrainingConfig(mixed_precision=True)
    assert precision_advice(config, tmp_path / "absent") is None
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    assert advise("avx2", mixed_precision=True) is None
