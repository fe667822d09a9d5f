"""The example notebooks run from top to bottom without warnings, and are kept with small outputs."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow_datasets as tfds

import foveal.datasets  # noqa: F401 - registers the builders
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.config import ModelConfig as CaptioningModelConfig
from foveal.pipelines.captioning.export import Captioner
from foveal.pipelines.captioning.model import build as build_captioner
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.sentiment.config import ModelConfig as SentimentModelConfig
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.export import build_classifier
from foveal.pipelines.sentiment.model import build as build_sentiment
from foveal.pipelines.sentiment.networks.sentences import sentence_ends
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.translation.config import ModelConfig as TranslationModelConfig
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build as build_translation

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
WITHOUT_OUTPUTS = EXAMPLES / "load_saved_models.ipynb"  # they depend on the models that were trained
MAX_BYTES = 300_000


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("execute", EXAMPLES / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working directory with an untrained export of each pipeline, and prepared data sets."""
    for name in ("reviews", "scenes"):
        offline = tfds.download.DownloadConfig(try_download_gcs=False)
        tfds.builder(name).download_and_prepare(download_config=offline)
    folder = tmp_path_factory.mktemp("project")
    keras.utils.set_random_seed(1)
    codec = TextCodec.train(["the old doctors saw her in the garden", "a blue circle"] * 20, 300)
    size = len(codec.vocabulary)

    sizes: Any = {"hidden_dim": 8, "num_heads": 2, "intermediate_dim": 12}
    translation = TranslationConfig(
        model=TranslationModelConfig(num_encoder_layers=1, num_decoder_layers=1, **sizes)
    )
    network = build_translation(translation.model, size)
    export(folder / "saved_models/translation", build_translator(translation, codec, network), network.model)

    sentiment = SentimentConfig(model=SentimentModelConfig(num_layers=1, **sizes))
    model = build_sentiment(sentiment.model, size, 2, sentence_ends(codec.vocabulary))
    classifier = build_classifier(sentiment, codec, model, ["negative", "positive"], temperature=1.0)
    export(folder / "saved_models/sentiment", classifier, model)

    captioning = CaptioningConfig(model=CaptioningModelConfig(num_layers=1, **sizes))
    data = captioning.data
    network = build_captioner(captioning.model, data.image_size, size)
    captioner = Captioner(codec, network, captioning.decoding, data.image_size, 12)
    export(folder / "saved_models/captioning", captioner, network.model)
    return folder


def export(path, module, model):
    """Export the signature that the notebook calls."""
    export_saved_model(path, module, {"explain": module.explain}, model, {"card.md": "untrained"})


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_without_warnings(path, script, folder):
    notebook = script.execute(path, folder)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    pages = [output for output in outputs if "text/html" in output.get("data", {})]
    assert all(output.data["text/html"].startswith("<iframe srcdoc=") for output in pages)
    assert pages
    assert len(json.dumps(notebook)) < MAX_BYTES


def test_the_notebooks_are_those_of_the_documentation():
    readme = (EXAMPLES.parent / "README.md").read_text()
    assert {path.name for path in NOTEBOOKS} == set(re.findall(r"examples/(\w+\.ipynb)", readme))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_with_its_outputs_and_without_paths(path):
    text = path.read_text()
    assert len(text) < MAX_BYTES
    assert not re.search(r"/(tmp|home|root|work|usr)/", text)
    cells = json.loads(text)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in code]
    assert counts == ([None] * len(code) if path == WITHOUT_OUTPUTS else [*range(1, len(code) + 1)])
    assert {key for cell in cells for key in cell["metadata"]} == set()
    assert [output for cell in code for output in cell["outputs"] if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_a_title_links_that_exist_and_a_next_step(path):
    cells = json.loads(path.read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert texts[0].startswith("# ")
    assert texts[-1].startswith("## Next")
    links = re.findall(r"\]\(([^)#]+)\)", "\n".join(texts))
    assert {link for link in links if not (EXAMPLES / link).exists()} == set()
