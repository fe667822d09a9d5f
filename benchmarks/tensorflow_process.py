"""Scripts in a process with TensorFlow alone, as a user of a SavedModel has it."""

import json
import subprocess
import sys
from pathlib import Path

READ_MEMORY = """
import json, sys, time
import tensorflow as tf

def read_memory(field="VmRSS"):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024
"""


def run_script(code: str, *arguments: str | Path, stdin: str = "") -> list[float]:
    """Run a script that starts with `READ_MEMORY`; return the numbers that it prints as JSON.

    Args:
        code: the rest of the script.
        arguments: its command line.
        stdin: its standard input.
    """
    command = [sys.executable, "-c", READ_MEMORY + code, *map(str, arguments)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, input=stdin).stdout
    return json.loads(output)
