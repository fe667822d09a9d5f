"""Tests of the SavedModel contract of the captioner."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning.config import DecodingConfig
from foveal.pipelines.captioning.export import Captioner, build_captioner
from foveal.pipelines.captioning.image_decoding import decode_images
from foveal.pipelines.captioning.model import build
from foveal.pipelines.decoding.beam_search import beam_search
from foveal.pipelines.decoding.minimum_bayes_risk import minimum_bayes_risk
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.saved_model.quantization import quantize_copy

pytestmark = pytest.mark.slow  # `make test-export` runs them

rng = np.random.default_rng(0)


def encode(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


RGB = Image.fromarray(rng.integers(0, 255, (50, 70, 3)).astype(np.uint8))
JPEG = encode(RGB, "JPEG")
VALID_IMAGES = [
    JPEG,
    encode(RGB),
    encode(RGB.convert("RGBA")),
    encode(Image.fromarray(np.asarray(RGB)[..., 0].astype(np.uint16) * 257)),
    encode(RGB.convert("L"), "JPEG"),
    encode(RGB.convert("CMYK"), "JPEG"),
    encode(RGB.resize((1, 1))),
    encode(RGB, "GIF", save_all=True, append_images=[RGB.rotate(90)]),
    encode(RGB, "WEBP"),
    encode(RGB.quantize(16), "BMP"),
]
INVALID_IMAGES = [
    b"",
    JPEG[: len(JPEG) // 2],
    encode(RGB, "GIF")[:99],
    encode(RGB, "WEBP")[:-9],
    encode(RGB, "BMP")[:-9],
    b"BM",
    encode(Image.new("1", (12_000, 12_000))),
    b"not an image",
]
IMAGES = [
    x for pair in zip(VALID_IMAGES, [*INVALID_IMAGES, b"\xff\xd8\xff", JPEG[:-9]], strict=True) for x in pair
]
IS_VALID = [True, False] * len(VALID_IMAGES)


@pytest.fixture(scope="module")
def signatures(exported):
    return load_saved_model(exported).signatures


@pytest.fixture(scope="module")
def outputs(signatures):
    """Return the outputs of each signature for all images at once."""
    images = tf.constant(IMAGES)
    return {
        name: {key: x.numpy() for key, x in signature(image=images).items()}
        for name, signature in signatures.items()
    }


def test_saved_model_gives_same_outputs_with_tensorflow_only(
    exported, signatures, check_loads_with_tensorflow_only
):
    images = IMAGES[:13] + IMAGES[14:]  # the image of 144 megapixels takes seconds
    check_loads_with_tensorflow_only(exported, "image", images, signatures)


def test_undecodable_image_has_empty_text_and_is_invalid(outputs):
    for values in outputs.values():
        assert values["valid"].tolist() == IS_VALID
        assert (values["score"] == 0).tolist() == [not valid for valid in IS_VALID]
        assert not any(values["text"][1::2])


@pytest.mark.parametrize("name", ["serving_default", "explain", "fast"])
def test_batch_matches_single_images(signatures, outputs, name):
    for index in (0, 1, 4):
        single = signatures[name](image=tf.constant([IMAGES[index]]))
        for key, value in single.items():
            expected = value.numpy()[:1]
            slices = tuple(slice(size) for size in expected.shape[1:])
            actual = outputs[name][key][index : index + 1][:, *slices]
            if actual.dtype == object:
                assert np.array_equal(actual, expected), key
            else:
                np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5, err_msg=key)


def test_empty_batch_returns_empty_outputs(signatures, check_empty_batch):
    check_empty_batch(signatures, "image")


def test_explain_outputs_are_consistent(outputs, adaptive):
    values, (rows, columns) = outputs["explain"], adaptive.network.grid
    batch, words = values["target_tokens"].shape
    assert values["attention"].shape == (batch, words, rows, columns)
    assert values["gate"].shape == (batch, words)
    blocks, heads = adaptive.config.model.num_layers, adaptive.config.model.num_heads
    assert values["attention_heads"].shape == (batch, words, blocks, heads, rows, columns)
    assert values["gate_heads"].shape == (batch, words, blocks, heads)
    is_token = values["target_tokens"] != b"[PAD]"
    np.testing.assert_allclose(values["attention"].sum((2, 3)), is_token, atol=1e-5)
    np.testing.assert_allclose(values["attention_heads"][:, :, -1].mean(2), values["attention"], atol=1e-5)
    assert not values["gate"][~is_token].any()
    for text, tokens, spans in zip(
        values["text"], values["target_tokens"], values["target_offsets"], strict=True
    ):
        assert spans.max() == len(text)
        for token, (start, end) in zip(tokens, spans, strict=True):
            if not token.startswith((b"[", b"<0x")):
                assert token.decode().strip("▁").removeprefix("##").encode() == text[start:end]


def test_regions_are_pixels_of_the_original_image(outputs, adaptive):
    rows, columns = adaptive.network.grid
    regions = outputs["explain"]["regions"]
    assert regions[0, 0, 0].tolist() == [0, 0, 50 / rows, 70 / columns]
    assert regions[0, -1, -1].tolist() == [50 - 50 / rows, 70 - 70 / columns, 50, 70]
    assert regions[12, -1, -1, 2:].tolist() == [1, 1]  # of the image of one pixel
    assert not regions[1].any()


def test_describe_matches_the_fast_signature(adaptive):
    pixels = decode_images(tf.constant([JPEG, VALID_IMAGES[4]]), adaptive.config.data.image_size)[0]
    served = adaptive.captioner.fast(tf.constant([JPEG, VALID_IMAGES[4]]))["text"].numpy()
    assert adaptive.captioner.describe(pixels.numpy()) == [text.decode() for text in served]


def test_every_variable_is_stored_once(exported, adaptive):
    stored = tf.train.list_variables(str(exported / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in stored if "OBJECT_GRAPH" not in name)
    assert numbers == adaptive.network.model.count_params()


def test_graph_has_no_file_or_python_operations(signatures):
    for signature in signatures.values():
        graphs = [signature.graph.as_graph_def()]
        nodes = [node for graph in graphs for node in graph.node]
        nodes += [
            node for graph in graphs for function in graph.library.function for node in function.node_def
        ]
        operations = {node.op for node in nodes}
        assert not operations & {
            "PyFunc",
            "EagerPyFunc",
            "PyFuncStateless",
            "ReadFile",
            "WriteFile",
            "SaveV2",
        }


def test_minimum_bayes_risk_selects_the_most_similar_beam(adaptive):
    config, decoding = adaptive.config, DecodingConfig(num_beams=5, minimum_bayes_risk=True)
    captioner = Captioner(
        adaptive.codec, adaptive.network, decoding, config.data.image_size, config.data.max_sequence_length
    )
    images = [encode(RGB.rotate(90 * quarter)) for quarter in range(4)]
    outputs = captioner.explain(tf.constant(images))
    pixels = decode_images(tf.constant(images), config.data.image_size)[0]
    memory = adaptive.network.projection(adaptive.network.encoder(tf.cast(pixels, tf.float32)))
    max_length = config.data.max_sequence_length
    beams = beam_search(
        captioner.decoder.initialize(memory, 5, ("attention",)),
        max_length,
        num_return_sequences=5,
    )
    selected = minimum_bayes_risk(beams)
    assert not np.array_equal(selected.tokens, beams.tokens[:, :1])
    assert outputs["text"].numpy().tolist() == adaptive.codec.decode(selected.tokens[:, 0]).numpy().tolist()
    np.testing.assert_allclose(outputs["score"], selected.scores[:, 0], rtol=1e-5)
    attention = tf.reshape(outputs["attention"], selected.focus["attention"][:, 0].shape)
    np.testing.assert_allclose(attention, selected.focus["attention"][:, 0], atol=1e-5)


@pytest.fixture(scope="module")
def quantized(adaptive, tmp_path_factory):
    """The same weights in int8: captioner and folder of its export."""
    codec, config = adaptive.codec, adaptive.config
    network = build(config.model, config.data.image_size, len(codec.vocabulary))
    quantize_copy(network.model, adaptive.network.model)
    captioner = build_captioner(config, codec, network)
    folder = tmp_path_factory.mktemp("int8")
    return captioner, export_saved_model(
        folder, captioner, captioner.signatures(), adaptive.network.model, {}
    )


def test_int8_export_gives_same_outputs_with_tensorflow_only(quantized, check_loads_with_tensorflow_only):
    captioner, folder = quantized
    check_loads_with_tensorflow_only(folder, "image", IMAGES[:3], captioner.signatures())


def test_int8_export_is_smaller_and_keeps_keras_model_in_float32(
    exported, adaptive, quantized, check_int8_export
):
    check_int8_export(quantized[1], exported, adaptive.network.model)
