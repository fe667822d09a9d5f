import numpy as np

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment.analysis.word_attention import (
    make_predict,
    quality_and_attention,
    word_attention_maps,
)

CLASSES = ["bad", "good"]
TEXTS = ["so awful", "it was lovely . ", "x"]


def signature(text):
    """Always three pieces: the first three bytes, the next two, and one without length."""
    good = np.array([b"lovely" in one for one in text.numpy()], float)
    told = {
        "label": np.array([CLASSES[int(one)].encode() for one in good], object),
        "probabilities": np.stack([1 - good, good], axis=1),
        "attention": np.tile([0.25, 0.5, 0.25], (len(good), 1)),
        "source_offsets": np.tile([(0, 3), (3, 5), (8, 8)], (len(good), 1, 1)),
    }
    return {name: Told(value) for name, value in told.items()}


class Told:
    def __init__(self, value):
        self.value = value

    def numpy(self):
        return self.value


def test_maps_have_a_weight_for_each_word_in_the_order_of_the_texts():
    maps = word_attention_maps(signature, TEXTS)
    np.testing.assert_allclose(maps[0], [0.25, 0.5])  # bytes 0-3 overlap `so` most, 3-5 `awful`
    np.testing.assert_allclose(maps[1], [0.25, 0.5, 0, 0])
    np.testing.assert_allclose(maps[2], [0.25])


def test_probabilities_keep_the_order_of_the_texts():
    np.testing.assert_array_equal(make_predict(signature)(TEXTS), [[1, 0], [0, 1], [1, 0]])


def test_an_answer_is_right_when_it_is_the_label_of_its_place():
    right, maps = quality_and_attention(signature, LabelledText(TEXTS, np.array([0, 0, 1]), CLASSES))(TEXTS)
    np.testing.assert_array_equal(right, [1, 0, 0])
    assert [len(one) for one in maps] == [2, 4, 1]
