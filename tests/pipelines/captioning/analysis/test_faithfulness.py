"""Tests of the faithfulness of the captioner's attention."""

import numpy as np
import tensorflow as tf

from foveal.pipelines.captioning.analysis.faithfulness import (
    NextTokenExample,
    collect_predictions,
    erase,
    make_predict,
)
from foveal.pipelines.text.codec import START


def test_erase_replaces_cells_by_the_mean_colour():
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4] = 200
    example = NextTokenExample(pixels, (2, 4), np.array([START]), 0)
    erased = np.zeros(8, bool)
    erased[[1, 4]] = True  # row 0, column 1; row 1, column 0
    erased_pixels, prefix = erase(example, erased)
    assert len(example) == 8
    assert (erased_pixels[:4, 2:4] == 100).all()
    assert (erased_pixels[4:, :2] == 100).all()
    assert (erased_pixels != pixels).any(axis=-1).sum() == 2 * 4 * 2
    assert prefix.tolist() == [START]


def test_predict_matches_the_model(untrained):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    prefixes = [np.array([START]), np.array([START, 260, 9]), np.array([START, 270])]
    probabilities = make_predict(untrained.network.model)(list(zip(images, prefixes, strict=True)))
    for row, image, ids in zip(probabilities, images, prefixes, strict=True):
        inputs = {"image": tf.cast(image[None], tf.float32), "caption": tf.constant(ids[None])}
        expected = tf.nn.softmax(untrained.network.model(inputs)[0, -1])
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_collect_predictions_takes_the_first_token_of_each_word(untrained):
    codec = untrained.codec
    (ids,) = codec.encode_rows(["we see red"])
    (offsets,) = codec.row_byte_offsets([ids])
    attention = np.random.default_rng(0).random((len(ids), 2, 2))

    def signature(image):
        outputs = {"text": ["we see red"], "attention": attention[None], "target_offsets": offsets[None]}
        return {name: tf.constant(value) for name, value in outputs.items()}

    image = tf.io.encode_png(np.full((5, 7, 3), 9, np.uint8)).numpy()
    examples, maps = collect_predictions(signature, codec, [image, image], image_size=32)
    first_tokens = [next(p for p, (s, e) in enumerate(offsets) if s <= at < e) for at in (0, 3, 7)]
    assert len(examples) == len(maps) == 6
    assert [example.caption for example in examples] == [0, 0, 0, 1, 1, 1]
    for example, attention_map, token in zip(examples, maps, first_tokens * 2, strict=True):
        assert example.pixels.shape == (32, 32, 3)
        assert example.prefix.tolist() == [START, *ids[:token]]
        np.testing.assert_array_equal(attention_map, attention[token].ravel())
