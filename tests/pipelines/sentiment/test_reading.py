import dataclasses

import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.config import DataConfig
from foveal.pipelines.sentiment.reading import read

CONFIG = DataConfig(max_sequence_length=7)


@pytest.mark.parametrize("text", ["the tea was lovely! " * 9, "x" * 5000, "É" * 300, "it's " * 60, "a"])
def test_the_first_pieces_are_those_of_the_whole_text(codec, text):
    whole = codec.encode(tf.constant([text]))[:, : CONFIG.max_sequence_length]
    assert read(codec, tf.constant([text]), CONFIG).to_list() == whole.to_list()


def test_letters_are_read_in_lower_case_where_asked_for(codec):
    texts = tf.constant(["THE Dog É", "the dog É"])
    one, other = read(codec, texts, CONFIG).to_list()
    assert one == other
    one, other = read(codec, texts, dataclasses.replace(CONFIG, lowercase=False)).to_list()
    assert one != other
