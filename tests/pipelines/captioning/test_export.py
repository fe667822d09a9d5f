"""The SavedModel contract: what it answers, to what, and with what alone."""

import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning.config import DecodingConfig
from foveal.pipelines.captioning.export import Captioner
from foveal.pipelines.captioning.image_decoding import read_images
from foveal.pipelines.decoding.minimum_bayes_risk import minimum_bayes_risk
from foveal.pipelines.decoding.search import beam_search
from foveal.pipelines.saved_model.export import load

rng = np.random.default_rng(0)


def encode(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


RGB = Image.fromarray(rng.integers(0, 255, (50, 70, 3)).astype(np.uint8))
JPEG = encode(RGB, "JPEG")
GOOD = [
    JPEG,
    encode(RGB),
    encode(RGB.convert("RGBA")),
    encode(Image.fromarray(np.asarray(RGB)[..., 0].astype(np.uint16) * 257)),
    encode(RGB.convert("L"), "JPEG"),
    encode(RGB.convert("CMYK"), "JPEG"),
    encode(RGB.resize((1, 1))),
]
BAD = [
    b"",
    JPEG[: len(JPEG) // 2],
    encode(RGB, "GIF", save_all=True, append_images=[RGB.rotate(90)]),
    encode(Image.new("1", (12_000, 12_000))),
    b"not a picture",
]
PICTURES = [x for pair in zip(GOOD, [*BAD, b"\xff\xd8\xff", JPEG[:-9]], strict=True) for x in pair]
VALID = [True, False] * len(GOOD)


@pytest.fixture(scope="module")
def signatures(exported):
    return load(exported).signatures


@pytest.fixture(scope="module")
def told(signatures):
    """What each signature answers to all the pictures at once."""
    images = tf.constant(PICTURES)
    return {
        name: {key: x.numpy() for key, x in signature(image=images).items()}
        for name, signature in signatures.items()
    }


def test_it_answers_the_same_in_a_process_that_has_tensorflow_alone(exported, signatures, check_alone):
    check_alone(exported, "image", [JPEG, b"", GOOD[2]], signatures)


def test_what_cannot_be_read_has_an_empty_text_and_says_so(told):
    for answers in told.values():
        assert answers["valid"].tolist() == VALID
        assert (answers["score"] == 0).tolist() == [not valid for valid in VALID]
        assert not any(answers["text"][1::2])


@pytest.mark.parametrize("name", ["serving_default", "explain", "fast"])
def test_a_batch_gives_what_its_pictures_give_alone(signatures, told, name):
    for place in (0, 1, 4):
        alone = signatures[name](image=tf.constant([PICTURES[place]]))
        for key, value in alone.items():
            expected = value.numpy()[:1]
            inside = tuple(slice(size) for size in expected.shape[1:])
            found = told[name][key][place : place + 1][:, *inside]
            if found.dtype == object:
                assert np.array_equal(found, expected), key
            else:
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=key)


def test_empty_batch_returns_empty_outputs(signatures, check_empty_batch):
    check_empty_batch(signatures, "image")


def test_explain_tells_where_it_looked(told, adaptive):
    answers, (rows, columns) = told["explain"], adaptive.network.grid
    batch, words = answers["target_tokens"].shape
    assert answers["attention"].shape == (batch, words, rows, columns)
    assert answers["gate"].shape == (batch, words)
    blocks, heads = adaptive.config.model.blocks, adaptive.config.model.heads
    assert answers["attention_heads"].shape == (batch, words, blocks, heads, rows, columns)
    assert answers["gate_heads"].shape == (batch, words, blocks, heads)
    written = answers["target_tokens"] != b"[PAD]"
    np.testing.assert_allclose(answers["attention"].sum((2, 3)), written, atol=1e-5)
    np.testing.assert_allclose(answers["attention_heads"][:, :, -1].mean(2), answers["attention"], atol=1e-5)
    assert not answers["gate"][~written].any()
    for text, tokens, spans in zip(
        answers["text"], answers["target_tokens"], answers["target_offsets"], strict=True
    ):
        for token, (start, end) in zip(tokens, spans, strict=True):
            if not token.startswith((b"[", b"<0x")):
                assert token.decode().strip("▁").removeprefix("##").encode() == text[start:end]


def test_regions_are_pixels_of_the_original_picture(told, adaptive):
    rows, columns = adaptive.network.grid
    regions = told["explain"]["regions"]
    assert regions[0, 0, 0].tolist() == [0, 0, 50 / rows, 70 / columns]
    assert regions[0, -1, -1].tolist() == [50 - 50 / rows, 70 - 70 / columns, 50, 70]
    assert regions[12, -1, -1, 2:].tolist() == [1, 1]  # of the picture of one pixel
    assert not regions[1].any()


def test_training_validates_with_what_is_served(adaptive):
    pixels = adaptive.captioner._read(tf.constant([JPEG, GOOD[4]]))[0]
    served = adaptive.captioner.fast(tf.constant([JPEG, GOOD[4]]))["text"].numpy()
    assert adaptive.captioner.describe(pixels.numpy()) == [text.decode() for text in served]


def test_every_variable_is_stored_once(exported, adaptive):
    stored = tf.train.list_variables(str(exported / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in stored if "OBJECT_GRAPH" not in name)
    assert numbers == adaptive.network.model.count_params()


def test_the_graph_touches_no_file_and_calls_no_python(signatures):
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


def test_consensus_writes_the_sequence_kept_that_is_most_like_the_others(adaptive):
    config = dataclasses.replace(adaptive.config, decoding=DecodingConfig(beams=5, minimum_bayes_risk=True))
    captioner = Captioner(adaptive.codec, adaptive.network, config)
    pictures = [encode(RGB.rotate(90 * turn)) for turn in range(4)]
    told = captioner.explain(tf.constant(pictures))
    pixels = read_images(tf.constant(pictures), config.data.image_size)[0]
    memory = adaptive.network.projection(adaptive.network.encoder(tf.cast(pixels, tf.float32)))
    longest = config.data.max_sequence_length
    kept = beam_search(
        *captioner.decoder.start(memory, 5, longest, ("attention",)), 4, longest, beams=5, best=5
    )
    agreed = minimum_bayes_risk(kept)
    assert not np.array_equal(agreed.tokens, kept.tokens[:, :1])
    assert told["text"].numpy().tolist() == adaptive.codec.decode(agreed.tokens[:, 0]).numpy().tolist()
    np.testing.assert_allclose(told["score"], agreed.scores[:, 0], rtol=1e-5)
    attention = tf.reshape(told["attention"], agreed.focus["attention"][:, 0].shape)
    np.testing.assert_allclose(attention, agreed.focus["attention"][:, 0], atol=1e-5)
