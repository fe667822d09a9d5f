"""Keras's own tests of its attention layers, run with the layers of foveal in their place."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest

SOURCES = Path(str(keras.__file__)).parent / "src/layers/attention"
STAND_INS = Path(__file__).with_name("keras_stand_ins.py")
OVERRIDE_POINT = {  # `_compute_attention`, which subclasses of Keras's layers override; here it is `attend`
    "test_causal_only_skipped_for_subclass",
    "test_compute_attention_combines_causal_and_explicit_mask_fused_fallback",
    "test_compute_attention_combines_causal_and_explicit_mask_manual_path",
}
FAILURES = {  # docs/keras_differences.md explains each
    "multi_head_attention": {
        *OVERRIDE_POINT,
        "test_sliding_window_serialization",  # reads the private `_sliding_window`
    },
    "grouped_query_attention": {
        *OVERRIDE_POINT,
        "test_shape_mismatch_error_query_value_dim_mismatch",  # other widths are valid
    },
    "attention": {
        "test_attention_calculate_score_mask_no_causal_no_vmask",  # private methods
        "test_attention_calculate_score_mask_with_causal_and_vmask",
        "test_attention_calculate_score_mask_with_causal_no_vmask",
        "test_attention_calculate_scores_with_scale",
        "test_attention_errors",  # a query without a list is valid
        "test_attention_invalid_score_mode",  # an argument of the stand-in
        "test_attention_with_dropout",  # returned weights are those before dropout
        "test_attention_with_mask",  # the weights of a masked query are zero
    },
    "additive_attention": {"test_attention_errors", "test_attention_with_mask"},
}
if keras.backend.backend() != "tensorflow":  # reads the private `_flash_attention`
    FAILURES["multi_head_attention"].add("test_flash_attention_with_errors")
    FAILURES["grouped_query_attention"].add("test_flash_attention_with_errors")


@pytest.mark.slow
@pytest.mark.parametrize("name", FAILURES)
def test_tests_of_keras_fail_only_where_documented(name, tmp_path):
    shutil.copy(STAND_INS, tmp_path / "conftest.py")
    shutil.copy(SOURCES / f"{name}_test.py", tmp_path / f"test_{name}.py")
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-rfEp", "--tb=no", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "COLUMNS": "200",
        "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
    }
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    outcomes = re.findall(r"^(PASSED|FAILED|ERROR) \S+::(\w+)", result.stdout, re.MULTILINE)
    failures = {test for outcome, test in outcomes if outcome != "PASSED"}
    assert failures == FAILURES[name], result.stdout[-3000:]
    assert len(outcomes) > len(failures)
