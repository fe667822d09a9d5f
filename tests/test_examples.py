"""Examples of docstrings and documentation pages run and print the documented output."""

import doctest
import importlib
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds

import foveal.datasets  # noqa: F401 - registers the builders

ROOT = Path(__file__).parents[1]
SOURCES_WITH_EXAMPLES = sorted(
    path.relative_to(ROOT)
    for room in ("layers", "datasets", "focus", "pipelines")
    for path in (ROOT / room).rglob("*.py")
    if ">>> " in path.read_text()
)
PAGES = sorted(path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
CODE_BLOCKS = [
    pytest.param(block, id=f"{page}-{index}")
    for page in PAGES
    for index, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL))
    if "saved_models/" not in block  # exported models exist after `make` only
    and not re.search("import onnxruntime|ai_edge_litert", block)  # tests/formats has an environment for them
]


@pytest.fixture(scope="module")
def prepared_datasets():
    """Prepare the data sets that examples load: the first preparation prints its progress."""
    for name in ("phrases", "reviews"):
        offline = tfds.download.DownloadConfig(try_download_gcs=False)
        tfds.builder(name).download_and_prepare(download_config=offline)


@pytest.mark.parametrize("path", SOURCES_WITH_EXAMPLES, ids=str)
def test_docstring_examples_run(path, prepared_datasets):
    module = importlib.import_module(".".join(("foveal", *path.with_suffix("").parts)))
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, optionflags=flags, extraglobs={"np": np, "keras": keras})
    assert result.failed == 0, "the failure is in the captured output"
    assert result.attempted > 0


@pytest.mark.parametrize("block", CODE_BLOCKS)
def test_documentation_code_blocks_print_documented_output(block, capsys):
    exec(compile(block, "page", "exec"), {})
    expected = re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected
