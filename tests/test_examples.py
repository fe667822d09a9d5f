"""The examples in the docstrings run, and print what they say."""

import doctest
import importlib
from pathlib import Path

import keras
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    path.relative_to(ROOT)
    for room in ("layers", "datasets", "focus", "pipelines")
    for path in (ROOT / room).rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_examples_run(path):
    module = importlib.import_module(".".join(("foveal", *path.with_suffix("").parts)))
    known = {"np": np, "keras": keras}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, optionflags=flags, extraglobs=known)
    assert result.failed == 0, "the failure is in the captured output"
    assert result.attempted > 0
