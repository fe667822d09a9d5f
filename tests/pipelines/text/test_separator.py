"""Tests of the separator of the parts of a text."""

import tensorflow as tf

from foveal.pipelines.text.separator import replace_separator


def test_separator_is_replaced_and_other_bytes_stay():
    texts = [b"\xff\xffa\xff", b"", "日\u00ff".encode(), b"\xfe\0"]
    assert replace_separator(texts).numpy().tolist() == [text.replace(b"\xff", b"\xfe") for text in texts]
    assert replace_separator(tf.zeros([0], tf.string)).shape == (0,)
