"""The examples in the docstrings run, and print what they say."""

import doctest
import importlib
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds

import foveal.datasets  # noqa: F401 - registers them

ROOT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    path.relative_to(ROOT)
    for room in ("layers", "datasets", "focus", "pipelines")
    for path in (ROOT / room).rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.fixture(scope="module")
def prepared():
    """The sets that examples load: preparing them says so, the first time."""
    for name in ("phrases", "reviews"):
        offline = tfds.download.DownloadConfig(try_download_gcs=False)
        tfds.builder(name).download_and_prepare(download_config=offline)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_examples_run(path, prepared):
    module = importlib.import_module(".".join(("foveal", *path.with_suffix("").parts)))
    known = {"np": np, "keras": keras}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, optionflags=flags, extraglobs=known)
    assert result.failed == 0, "the failure is in the captured output"
    assert result.attempted > 0


PAGES = sorted(path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
BLOCKS = [
    pytest.param(block, id=f"{page}-{place}")
    for page in PAGES
    for place, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL))
    if "saved_models/" not in block  # what was exported is not there before `make`
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_of_the_pages_run_and_print_what_they_say(block, capsys):
    exec(compile(block, "page", "exec"), {})
    said = re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said
