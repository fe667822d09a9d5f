"""Errors of requests: HTTP status, and reason in one line."""

TRACE = ("Graph execution error", "Detected at node", "<stack traces", "\t")  # lines of TensorFlow's messages


class RequestError(Exception):
    """A request that is answered with a status and the JSON `{"error": reason}`.

    Args:
        status: HTTP status, 4xx or 503.
        reason: what was expected and what was received.

    Example:
        >>> error = RequestError(404, "unknown model")
        >>> error.status, error.reason
        (404, 'unknown model')
    """

    def __init__(self, status: int, reason: str):
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


def describe_error(error: Exception) -> str:
    r"""Describe an error in one line, that of TensorFlow without the trace of the graph.

    Example:
        >>> describe_error(ValueError("Graph execution error:\n\nDetected at node x\nnegative\n\t [[x]]"))
        'negative'
    """
    lines = [line for line in str(error).splitlines() if line and not line.startswith(TRACE)]
    return lines[0] if lines else type(error).__name__
