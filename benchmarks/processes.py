"""Calls in processes of their own, so that libraries, memory and threads are separate."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pkgutil import resolve_name
from typing import Any, Self


class RemoteObject:
    """Proxy of an object in a process of its own; the process ends with the context.

    Args:
        name: module and class, `"package.module:Class"`; imported in the process alone.
        **arguments: arguments of the constructor; they are pickled.

    Example:
        >>> with RemoteObject("collections:Counter", a=2) as counter:
        ...     counter.most_common(1), counter.seconds("total") < 1
        ([('a', 2)], True)
    """

    def __init__(self, name: str, **arguments: Any):
        self.pool = _new_process(_construct, (name, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *arguments: self.pool.submit(_call, method, arguments).result()[0]

    def seconds(self, method: str, *arguments: Any) -> float:
        """Call a method and return its seconds, measured in the process."""
        return self.pool.submit(_call, method, arguments).result()[1]


def run_in_subprocess(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own and return its result.

    Args:
        function: a function of a module.
        *arguments: its arguments; they and the result are pickled.
    """
    with _new_process() as pool:
        return pool.submit(function, *arguments).result()


def _new_process(initializer: Callable | None = None, arguments: tuple = ()) -> ProcessPoolExecutor:
    # A forked process would inherit the threads of TensorFlow.
    return ProcessPoolExecutor(1, get_context("spawn"), initializer, arguments)


def _construct(name: str, arguments: dict[str, Any]) -> None:
    global remote_object
    remote_object = resolve_name(name)(**arguments)


def _call(method: str, arguments: tuple) -> tuple[Any, float]:
    start = time.perf_counter()
    result = getattr(remote_object, method)(*arguments)
    return result, time.perf_counter() - start
