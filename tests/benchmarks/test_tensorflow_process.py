"""Tests of scripts in a process with TensorFlow alone."""

from foveal.benchmarks.tensorflow_process import run_script

ALLOCATE = """
before = read_memory()
block = bytearray(int(sys.argv[1]) * 2**20)
block[::4096] = b"x" * len(block[::4096])
print(json.dumps([read_memory() - before, len(json.load(sys.stdin)), "foveal" in sys.modules]))
"""


def test_script_measures_its_memory_and_reads_its_input():
    megabytes, count, has_foveal = run_script(ALLOCATE, "64", stdin="[2, 3, 5]")
    assert 60 < megabytes < 70
    assert (count, has_foveal) == (3, False)
