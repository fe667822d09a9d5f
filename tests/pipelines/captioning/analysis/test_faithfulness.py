import numpy as np
import tensorflow as tf

from foveal.pipelines.captioning.analysis.faithfulness import NextTokenExample, erase, looked, make_predict
from foveal.pipelines.text.codec import START


def test_cells_that_are_erased_take_the_mean_colour():
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4] = 200
    choice = NextTokenExample(pixels, (2, 4), np.array([START]))
    erased = np.zeros(8, bool)
    erased[[1, 4]] = True  # row 0, column 1; row 1, column 0
    left, written = erase(choice, erased)
    assert len(choice) == 8
    assert (left[:4, 2:4] == 100).all()
    assert (left[4:, :2] == 100).all()
    assert (left != pixels).any(axis=-1).sum() == 2 * 4 * 2
    assert written.tolist() == [START]


def test_the_next_piece_has_the_probabilities_of_the_model(untrained):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    written = [np.array([START]), np.array([START, 260, 9]), np.array([START, 270])]
    together = make_predict(untrained.network.model)(list(zip(images, written, strict=True)))
    for row, image, ids in zip(together, images, written, strict=True):
        inputs = {"image": tf.cast(image[None], tf.float32), "caption": tf.constant(ids[None])}
        expected = tf.nn.softmax(untrained.network.model(inputs)[0, -1])
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_every_word_is_its_first_piece_with_its_row_of_attention(untrained):
    codec = untrained.codec
    (ids,) = codec.rows(["we see red"])
    (offsets,) = codec.row_byte_offsets([ids])
    attention = np.random.default_rng(0).random((len(ids), 2, 2))

    def signature(image):
        told = {"text": ["we see red"], "attention": attention[None], "target_offsets": offsets[None]}
        return {name: tf.constant(value) for name, value in told.items()}

    picture = tf.io.encode_png(np.full((5, 7, 3), 9, np.uint8)).numpy()
    choices, maps = looked(signature, codec, [picture, picture], side=32)
    firsts = [next(p for p, (s, e) in enumerate(offsets) if s <= at < e) for at in (0, 3, 7)]
    assert len(choices) == len(maps) == 6
    for choice, found, place in zip(choices, maps, firsts * 2, strict=True):
        assert choice.pixels.shape == (32, 32, 3)
        assert choice.written.tolist() == [START, *ids[:place]]
        np.testing.assert_array_equal(found, attention[place].ravel())
