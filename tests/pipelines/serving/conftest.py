"""Fixtures of the server's tests: small SavedModels, and the application over them."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
import uvicorn
from fastapi.testclient import TestClient
from PIL import Image

from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.config import DecodingConfig as CaptioningDecodingConfig
from foveal.pipelines.captioning.config import ModelConfig as CaptioningModelConfig
from foveal.pipelines.captioning.export import Captioner
from foveal.pipelines.captioning.model import build as build_captioning
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.sentiment.config import DataConfig as SentimentDataConfig
from foveal.pipelines.sentiment.config import ModelConfig as SentimentModelConfig
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.export import build_classifier
from foveal.pipelines.sentiment.model import build as build_sentiment
from foveal.pipelines.sentiment.networks.sentences import sentence_ends
from foveal.pipelines.serving import ServingConfig, create_app
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.translation.config import DataConfig as TranslationDataConfig
from foveal.pipelines.translation.config import DecodingConfig as TranslationDecodingConfig
from foveal.pipelines.translation.config import ModelConfig as TranslationModelConfig
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build as build_translation

TEXT = tf.TensorSpec([None], tf.string, name="text")


class Reverser(tf.Module):
    """Reverses texts; each letter of the result attends to its letter of the input."""

    def __init__(self, suffix: str):
        super().__init__()
        self.suffix = tf.constant(suffix)

    @tf.function(input_signature=[TEXT])
    def serve(self, text):
        lengths = tf.strings.length(text, unit="UTF8_CHAR")
        check = tf.debugging.assert_none_equal(lengths, 4, message="refuses four letters")
        with tf.control_dependencies([check]):
            letters = tf.strings.unicode_split(text, "UTF-8")
        reversed_text = tf.strings.reduce_join(letters[:, ::-1], axis=-1)
        return {
            "text": reversed_text + self.suffix,
            "score": tf.cast(letters.row_lengths(), tf.float32),
            "raw_bytes": reversed_text,
        }

    @tf.function(input_signature=[TEXT])
    def explain(self, text):
        letters = tf.strings.unicode_split(text, "UTF-8")
        lengths = tf.strings.length(letters)
        ends = tf.cumsum(lengths.to_tensor(), axis=1)
        tokens, target = letters.to_tensor("[PAD]"), letters[:, ::-1].to_tensor("[PAD]")
        count = tf.cast(letters.row_lengths(), tf.int32)[:, tf.newaxis]
        index = tf.range(tf.shape(tokens)[1])
        is_equal = index == (count - 1 - index)[..., tf.newaxis]
        attention = tf.cast(is_equal, tf.float32)  # zeros behind the end
        gate = tf.zeros_like(tf.reduce_sum(attention, -1))
        return self.serve(text) | {
            "source_tokens": tokens,
            "source_offsets": tf.stack([ends - lengths.to_tensor(), ends], -1),
            "target_tokens": target,
            "target_offsets": tf.stack([ends - lengths.to_tensor(), ends], -1),
            "attention": attention,
            "attention_heads": attention[:, :, tf.newaxis, tf.newaxis],
            "gate": gate,
            "gate_heads": gate[..., tf.newaxis, tf.newaxis],
        }


class Adder(tf.Module):
    """Adds a number to each element of a vector; its signature `sorted` has a vector of any length."""

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.int32, name="a"), tf.TensorSpec([None, 3], name="b")]
    )
    def add(self, a, b):
        return {"sum": tf.cast(a, tf.float32)[:, tf.newaxis] + b}

    @tf.function(input_signature=[tf.TensorSpec([None, None], name="x")])
    def sort(self, x):
        return {"y": tf.sort(x)}


def export_reverser(folder, suffix=""):
    module = Reverser(suffix)
    signatures = {"serving_default": module.serve, "explain": module.explain}
    tf.saved_model.save(module, str(folder), signatures=signatures)


def export_adder(folder):
    module = Adder()
    signatures = {"serving_default": module.add, "sorted": module.sort}
    tf.saved_model.save(module, str(folder), signatures=signatures)


def export_unbatched(folder):
    module = tf.Module()
    module.call = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec([3], name="x")])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.call})


@pytest.fixture(scope="session")
def exports():
    """Functions that write a SavedModel to a folder."""
    return SimpleNamespace(reverser=export_reverser, adder=export_adder, unbatched=export_unbatched)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder of models, two of which cannot be served."""
    folder = tmp_path_factory.mktemp("models")
    export_reverser(folder / "reverser" / "2")
    export_adder(folder / "adder" / "1")
    export_unbatched(folder / "unbatched" / "1")
    (folder / "empty" / "1").mkdir(parents=True)
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="session")
def serve_models():
    """A function that starts the application over a folder, and returns its client when it is ready."""
    clients = []

    def start(folder, **settings):
        config = ServingConfig(models=folder, **({"poll_interval": 0.05, "batch_delay_ms": 20} | settings))
        client = TestClient(create_app(config), raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        wait_until(lambda: client.get("/v2/health/ready").status_code == 200)
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def client(serve_models, models):
    """Client of the application over all models."""
    return serve_models(
        models,
        max_body_bytes=20_000,
        max_instances=40,
        max_text_bytes=5_000,
        max_image_bytes=3_000,
        max_queue_length=50,
    )


@pytest.fixture(scope="session")
def predict(client):
    """A function that sends a body to a model, and returns status and JSON."""

    def send(model, verb="predict", **body):
        response = client.post(f"/v1/models/{model}:{verb}", json=body)
        return response.status_code, response.json()

    return send


@pytest.fixture
def send_all():
    """A function that calls functions at the same time, and returns their results."""

    def call(functions):
        with ThreadPoolExecutor(len(functions)) as pool:
            return [future.result() for future in [pool.submit(function) for function in functions]]

    return call


def wait_until(condition, seconds=240):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="session")
def wait():
    """A function that waits until a condition holds."""
    return wait_until


@pytest.fixture(scope="session")
def pipeline_models(tmp_path_factory):
    """A folder of a small model of each pipeline, with random weights."""
    folder = tmp_path_factory.mktemp("pipelines")
    keras.utils.set_random_seed(1)
    codec = TextCodec.train(["the dog sat.", "the cat was awful!", "the tea was lovely!"] * 20, 300)
    for name, export in {
        "sentiment": export_classifier,
        "translation": export_translator,
        "captioning": export_captioner,
    }.items():
        export(folder / name, codec)
    return folder


def export_classifier(folder, codec):
    config = SentimentConfig(
        data=SentimentDataConfig(max_sequence_length=40, normalize=False),
        model=SentimentModelConfig(architecture="rnn", hidden_dim=8, num_heads=2, ngrams=3, num_bins=50),
    )
    model = build_sentiment(config.model, len(codec.vocabulary), 3, sentence_ends(codec.vocabulary))
    classifier = build_classifier(config, codec, model, ["bad", "fair", "good"])
    export_saved_model(folder, classifier, classifier.signatures(), model, {})


def export_translator(folder, codec):
    config = TranslationConfig(
        data=TranslationDataConfig(max_sequence_length=12, normalize=False),
        model=TranslationModelConfig("rnn", hidden_dim=8, num_heads=2, num_encoder_layers=1),
        decoding=TranslationDecodingConfig(num_beams=2, compile_search=False),
    )
    network = build_translation(config.model, len(codec.vocabulary))
    translator = build_translator(config, codec, network)
    export_saved_model(folder, translator, translator.signatures(), network.model, {})


def export_captioner(folder, codec):
    config = CaptioningConfig(
        model=CaptioningModelConfig(hidden_dim=8, num_heads=2, num_layers=1, intermediate_dim=12),
        decoding=CaptioningDecodingConfig(compile_search=False),
    )
    network = build_captioning(config.model, 32, len(codec.vocabulary))
    captioner = Captioner(codec, network, config.decoding, 32, 5)
    export_saved_model(folder, captioner, captioner.signatures(), network.model, {})


@pytest.fixture(scope="session")
def run_server():
    """A function that serves a folder on a free port, and returns the address of the server."""
    servers = []

    def run(folder, **settings):
        app = create_app(ServingConfig(models=folder, **settings))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        servers.append((server, thread))
        wait_until(lambda: server.started and app.state.registry.is_ready)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield run
    for server, thread in servers:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def pipelines_url(run_server, pipeline_models):
    """Address of a server of all pipelines."""
    return run_server(pipeline_models, max_batch_size=4, batch_delay_ms=20, warm_up=False)


@pytest.fixture(scope="session")
def image():
    """An image file."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
