"""Tests of the buckets and limits of texts and images."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from foveal.pipelines.serving.config import ServingConfig
from foveal.pipelines.serving.input_sizes import bucket_of, check_count, check_size, is_image
from foveal.pipelines.serving.request_error import RequestError

SIGNATURE: Any = SimpleNamespace(is_independent=True)


def bucket(**example):
    return bucket_of(SIGNATURE, example)


def test_texts_of_a_bucket_differ_by_less_than_a_factor_of_two():
    sizes = range(300)
    for first in sizes:
        for second in sizes[first:]:
            if bucket(text=b"a" * first) == bucket(text=b"a" * second):
                assert second < 32 or second < 2 * first
    assert bucket(text=b"") == bucket(text=b"a" * 31) != bucket(text=b"a" * 32)


def test_images_share_a_bucket():
    assert bucket(image=b"a") == bucket(image=b"a" * 5000)


def test_arrays_of_a_bucket_have_one_shape():
    assert bucket(x=np.zeros((2, 3))) == bucket(x=np.ones((2, 3))) != bucket(x=np.ones((3, 2)))


def test_dependent_examples_share_no_bucket():
    signature: Any = SimpleNamespace(is_independent=False)
    example = {"text": b"a"}
    assert bucket_of(signature, example) != bucket_of(signature, example)


def test_limits():
    config = ServingConfig(max_text_bytes=3, max_image_bytes=5)
    check_size({"text": b"abc", "image": b"abcde", "x": np.ones(7)}, config)
    with pytest.raises(RequestError, match=r"a text must have at most 3 bytes\. Received: 4") as error:
        check_size({"text": b"abcd"}, config)
    assert error.value.status == 413
    with pytest.raises(RequestError, match=r"an image must have at most 5 bytes\. Received: 6"):
        check_size({"image": b"abcdef"}, config)
    with pytest.raises(RequestError, match="a text"):
        check_size({"texts": np.array([b"a", b"abcd"], object)}, config)


@pytest.mark.parametrize(("count", "status"), [(0, 400), (5, 413)])
def test_number_of_examples(count, status):
    check_count(4, ServingConfig(max_instances=4))
    with pytest.raises(RequestError, match=f"1 to 4 examples. Received: {count}") as error:
        check_count(count, ServingConfig(max_instances=4))
    assert error.value.status == status


def test_image_inputs_by_name():
    assert is_image("image")
    assert is_image("image_bytes")
    assert not is_image("text")
