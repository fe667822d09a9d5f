"""Tests of the conversion between JSON and tensors."""

import base64
import json

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.serving.json_values import (
    decode_base64,
    describe,
    dump_json,
    parse_json,
    parse_tensor,
    text_or_base64,
)
from foveal.pipelines.serving.request_error import RequestError
from foveal.pipelines.serving.signature import TensorInfo


def test_parse_json_equals_the_standard_library():
    body = json.dumps({"a": [1, 2.5, "é", None, True, {"b": []}]}).encode()
    assert parse_json(body) == json.loads(body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{]", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e400}', b"\xff"]
)
def test_invalid_json_is_refused(body):
    with pytest.raises(RequestError) as error:
        parse_json(body)
    assert error.value.status == 400


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int32", "int64", "float16", "float32", "float64", "bool"]
)
def test_numbers_of_every_dtype_survive(dtype):
    values = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    parsed = parse_tensor(
        json.loads(dump_json(text_or_base64(values, "x"))),
        "x",
        TensorInfo(tf.dtypes.as_dtype(dtype), (None, 3)),
    )
    assert parsed.dtype == values.dtype
    assert parsed.tolist() == values.tolist()


def test_float32_has_its_shortest_decimals():
    assert dump_json(text_or_base64(np.array(0.1, np.float32), "x")) == b"0.1"


def test_numbers_that_are_not_finite_are_null():
    assert dump_json(text_or_base64(np.array([np.nan, np.inf, 1]), "x")) == b"[null,null,1.0]"


def test_bfloat16_is_serialized():
    values = tf.constant([0.5, 2.0], tf.bfloat16).numpy()
    assert dump_json(text_or_base64(values, "x")) == b"[0.5,2.0]"


def test_arrays_that_are_not_contiguous_are_serialized():
    assert dump_json(text_or_base64(np.arange(6).reshape(2, 3).T, "x")) == b"[[0,3],[1,4],[2,5]]"


def test_empty_axes_keep_their_shape():
    assert dump_json(text_or_base64(np.zeros((2, 0)), "x")) == b"[[],[]]"
    assert parse_tensor([], "x", TensorInfo(tf.float32, (None, 3))).shape == (0, 3)


def test_strings_that_are_no_utf8_are_replaced():
    assert text_or_base64(np.array([[b"\xff", b"a"]], object), "text") == [["�", "a"]]


def test_bytes_outputs_are_base64():
    values = np.array([b"\x00\xff", b""], object)
    assert [
        decode_base64(value["b64"], "x") for value in text_or_base64(values, "x_bytes")
    ] == values.tolist()


def test_nested_strings_and_base64():
    parsed = parse_tensor(
        [["a", {"b64": base64.b64encode(b"\xff").decode()}]], "x", TensorInfo(tf.string, (1, 2))
    )
    assert parsed.tolist() == [[b"a", b"\xff"]]


@pytest.mark.parametrize(
    ("value", "info"),
    [
        (1, TensorInfo(tf.string, ())),
        ("a", TensorInfo(tf.float32, ())),
        (True, TensorInfo(tf.float32, ())),
        (1, TensorInfo(tf.bool, ())),
        (256, TensorInfo(tf.uint8, ())),
        (-1, TensorInfo(tf.uint8, ())),
        (1.0, TensorInfo(tf.int32, ())),
        (10**400, TensorInfo(tf.float64, ())),
        ([1], TensorInfo(tf.float32, ())),
        (1, TensorInfo(tf.float32, (1,))),
        ([1], TensorInfo(tf.float32, (2,))),
        ([[1], [1, 2]], TensorInfo(tf.float32, (None, None))),
        ({"b64": "YQ"}, TensorInfo(tf.string, ())),
        ({"b64": "Y Q="}, TensorInfo(tf.string, ())),
    ],
)
def test_invalid_value_is_refused(value, info):
    with pytest.raises(RequestError, match="input x"):
        parse_tensor(value, "x", info)


def test_description_is_short():
    assert len(describe("a" * 1000)) == len(describe([1] * 1000)) == 60
    value = []
    for _ in range(1000):
        value = [value]
    assert len(describe(value)) <= 60
    assert describe([10**30, "é"]) == f'[{10**30}, "é"]'
