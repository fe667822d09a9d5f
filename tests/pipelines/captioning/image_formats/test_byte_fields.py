"""Tests of integers and chunks in the bytes of a file."""

import tensorflow as tf

from foveal.pipelines.captioning.image_formats.byte_fields import (
    chunk_name,
    file_size,
    find_chunks,
    pad_file,
    read_fields,
)


def test_read_fields_past_the_end_gives_0():
    padded = pad_file(tf.constant(b"\x01\xff"))
    assert int(file_size(padded)) == 2
    assert read_fields(padded, 1, 3).numpy().tolist() == [255, 0, 0]
    assert read_fields(padded, 2**40, 2, tf.int32).numpy().tolist() == [0, 0]
    assert read_fields(padded, 0, 1, tf.uint16, little_endian=True).numpy().tolist() == [0xFF01]


def test_find_chunks_returns_the_first_of_each_name():
    padded = pad_file(tf.constant(b"#a1xb2xya1z"))

    def parse(offset):
        name, length = tf.unstack(read_fields(padded, offset, 2))
        return name, offset + 2, offset + 2 + length - ord("0")

    assert find_chunks(padded, 1, parse, [ord("b"), ord("a"), ord("c")]).numpy().tolist() == [6, 3, 0]


def test_find_chunks_ends_where_the_next_offset_is_not_larger():
    padded = pad_file(tf.constant(b"aaaa"))
    for following in (0, 1):
        offsets = find_chunks(padded, 1, lambda o, f=following: (chunk_name(b"\0\0\0b"), o, o * f), [7])
        assert offsets.numpy().tolist() == [0]
