"""Execute the notebooks of this folder and write their outputs into them.

    python examples/execute.py examples/reuse_a_layer.ipynb

`load_saved_models.ipynb` needs the exports of `make`, and is kept without outputs.
"""

import argparse
import os
import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

# TensorFlow logs the absence of a GPU before it reads the level of its log.
TENSORFLOW_LOG = re.compile(r"^(WARNING: All log messages before absl|I0000 ).*\n", re.MULTILINE)


def execute(path, folder):
    """Execute a notebook.

    Args:
        path: of the notebook, which is not changed.
        folder: the working directory of its code.

    Returns:
        The notebook with the outputs, without TensorFlow's log.

    Raises:
        nbclient.exceptions.CellExecutionError: if a cell raises an error.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, record_timing=False, coalesce_streams=True, timeout=600, resources=resources
    )
    # KerasHub imports a progress bar that asks for widgets of Jupyter.
    client.execute(env=os.environ | {"PYTHONWARNINGS": "ignore:IProgress not found"})
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                output.text = TENSORFLOW_LOG.sub("", output.text)
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("text") != ""]
    return notebook


def main():
    parser = argparse.ArgumentParser(description="Execute notebooks, and write their outputs into them.")
    parser.add_argument("notebooks", nargs="+", type=Path)
    for path in parser.parse_args().notebooks:
        nbformat.write(execute(path, Path.cwd()), path)


if __name__ == "__main__":
    main()
