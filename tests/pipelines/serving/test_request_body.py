"""Tests of bodies that are too large, or arrive too slowly."""

import asyncio

import pytest
from fastapi import Request

from foveal.pipelines.serving.config import ServingConfig
from foveal.pipelines.serving.request_body import read_body, read_json
from foveal.pipelines.serving.request_error import RequestError

CONFIG = ServingConfig(max_body_bytes=10, timeout=0.1)


def read(chunks, headers=(), read=read_body):
    """Read a body that arrives in chunks; return it and the number of chunks that were read."""
    received = []

    async def receive():
        if len(received) == len(chunks):
            await asyncio.sleep(60)
        received.append(chunks[len(received)])
        return {"type": "http.request", "body": received[-1], "more_body": received[-1] != b""}

    request = Request({"type": "http", "method": "POST", "headers": list(headers)}, receive)
    return asyncio.run(read(request, CONFIG)), len(received)


def test_body_of_several_chunks():
    assert read([b"ab", b"cd", b""])[0] == b"abcd"
    assert read([b'{"a"', b": 1}", b""], read=read_json)[0] == {"a": 1}


def test_large_body_is_refused_before_it_is_read():
    with pytest.raises(RequestError, match="at most 10 bytes") as error:
        read([], headers=[(b"content-length", b"11")])
    assert error.value.status == 413


def test_large_body_of_unknown_length_is_refused_when_it_exceeds_the_limit():
    chunks = [b"abcdef"] * 1000
    with pytest.raises(RequestError, match="at most 10 bytes"):
        read(chunks)


def test_slow_body_is_refused():
    with pytest.raises(RequestError, match=r"within 0\.1 s") as error:
        read([b"ab"])
    assert error.value.status == 408
