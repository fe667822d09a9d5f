"""Tests of objects and functions in processes of their own."""

import os

from foveal.benchmarks.processes import RemoteObject, run_in_subprocess


def test_remote_object_calls_methods_in_one_other_process():
    with RemoteObject("collections:Counter", a=2) as counter:
        counter.update(["a", "b"])
        assert counter.most_common(1) == [("a", 3)]
        assert 0 <= counter.seconds("total") < 1


def test_run_in_subprocess_returns_result_of_other_process():
    assert run_in_subprocess(os.getpid) != os.getpid()
    assert run_in_subprocess(max, 3, 5) == 5
