"""Examples of docstrings and documentation pages run and print the documented output."""

import doctest
import importlib
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow_datasets as tfds

import foveal.datasets  # noqa: F401 - registers the builders
from foveal.focus import align, word_offsets, words_from_pieces
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.translation.config import DecodingConfig, ModelConfig, TranslationConfig
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build

ROOT = Path(__file__).parents[1]
SOURCES_WITH_EXAMPLES = sorted(
    path.relative_to(ROOT)
    for room in ("layers", "datasets", "focus", "pipelines")
    for path in (ROOT / room).rglob("*.py")
    if ">>> " in path.read_text()
)
PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "pipelines/*/README.md", "*/README.md")
    for path in ROOT.glob(pattern)
)
CODE_BLOCKS = {
    f"{page}-{index}": block
    for page in PAGES
    for index, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL))
    # tests/formats has an environment for the first two, tests/pipelines/serving a server for the third
    if not re.search("onnx|litert|Client", block)
}
WITH_SAVED_MODEL = {name for name, block in CODE_BLOCKS.items() if "saved_models/" in block}


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


@pytest.mark.parametrize("name", [name for name in CODE_BLOCKS if name not in WITH_SAVED_MODEL])
def test_documentation_code_blocks_print_documented_output(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(CODE_BLOCKS[name], name, "exec"), {})
    expected = re.findall(r"^print\(.*\)  # (.*)$", CODE_BLOCKS[name], re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == expected


@pytest.fixture(scope="module")
def folder_with_translator(tmp_path_factory):
    """A folder with an export of an untrained translator in `saved_models/translation/1`."""
    config = TranslationConfig(
        model=ModelConfig("rnn", hidden_dim=8, num_heads=2, num_encoder_layers=1),
        decoding=DecodingConfig(num_beams=2),
    )
    codec = TextCodec.train(["the young doctors saw her in the garden"], 300)
    network = build(config.model, len(codec.vocabulary))
    translator = build_translator(config, codec, network)
    folder = tmp_path_factory.mktemp("exported")
    signatures = {name: translator.signatures()[name] for name in ("serving_default", "explain")}
    export_saved_model(folder / "saved_models/translation", translator, signatures, network.model, {})
    return folder


def test_documented_word_attention_is_that_of_focus():
    """The NumPy code of the page on deployment joins tokens to words as `words_from_pieces` does."""
    [block] = [block for name, block in CODE_BLOCKS.items() if "deploy.md" in name and "join_tokens" in block]
    documented: dict[str, Any] = {}
    exec(block.partition("\nexplain = ")[0], documented)
    source, target = "Não, the (big) dog  sees one.", "Um cão grande! vê"
    source_edges = "0 2  2 4  4 5  6 9  10 11  11 14  14 15  16 17  17 19  21 25  26 28  28 29  29 30"
    source_offsets = np.array([*source_edges.split(), 30, 30, 0, 0], int).reshape(-1, 2)  # [END], padding
    target_edges = "0 2  3 4  4 6  6 7  8 14  14 15  16 19"
    target_offsets = np.array([*target_edges.split(), 19, 19], int).reshape(-1, 2)
    shape = len(target_offsets), len(source_offsets)
    attention = np.random.default_rng(0).dirichlet(np.ones(shape[1]), shape[0])
    spans = [documented["word_spans"](text.encode()) for text in (source, target)]
    for span, text in zip(spans, (source, target), strict=True):
        assert span.tolist() == word_offsets(text).tolist()
    is_in_source, is_in_target = (
        documented["tokens_of_words"](*pair)
        for pair in zip((source_offsets, target_offsets), spans, strict=True)
    )
    actual = documented["join_tokens"](attention, is_in_source, is_in_target)
    expected = words_from_pieces(attention, source_offsets, target_offsets, *spans)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    assert {(int(row.argmax()), index) for index, row in enumerate(actual)} == align(expected)


@pytest.mark.slow  # `make test-docs` runs it
@pytest.mark.parametrize("name", sorted(WITH_SAVED_MODEL))
def test_documentation_code_blocks_run_a_saved_model(name, folder_with_translator, monkeypatch):
    """What they print depends on the trained model and is not compared."""
    monkeypatch.chdir(folder_with_translator)
    exec(compile(CODE_BLOCKS[name], name, "exec"), {})
