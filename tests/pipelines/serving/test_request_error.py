from foveal.pipelines.serving.request_error import RequestError, describe_error


def test_request_error_has_status_and_reason():
    error = RequestError(413, "too large")
    assert (error.status, error.reason) == (413, "too large")
    assert "too large" in str(error)


def test_description_of_an_error_is_one_line():
    assert describe_error(ValueError("one\ntwo")) == "one"
    assert describe_error(MemoryError()) == "MemoryError"
