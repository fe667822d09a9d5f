import subprocess
import sys

import pytest

import foveal.focus
import foveal.focus.figures
import foveal.focus.report
from foveal.optional_dependencies import optional_dependency, require_packages

WITHOUT_EXTRAS = """
import sys
for name in ("scipy", "sklearn", "matplotlib", "jinja2", "regex"):
    sys.modules[name] = None  # as if it were not installed
import foveal.focus
import numpy as np
from foveal.focus import FocusRecord, entropy, jensen_shannon, total_variation
print(entropy([[0.5, 0.5]]).round(3), total_variation([1, 0], [0, 1]))
try:
    jensen_shannon([1, 0], [0, 1])
except ModuleNotFoundError as error:
    print(error)
for name in ("history_figure", "report_model"):
    try:
        getattr(foveal.focus, name)
    except ModuleNotFoundError as error:
        print(error)
"""


def test_missing_dependency_error_names_extra():
    with (
        pytest.raises(ModuleNotFoundError, match=r'pip install "foveal\[bench\]"'),
        optional_dependency("bench"),
    ):
        import not_installed  # noqa: F401  # pyright: ignore[reportMissingImports]


def test_focus_is_importable_without_extras():
    command = [sys.executable, "-P", "-c", WITHOUT_EXTRAS]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [
        "[0.693] 1.0",
        '`scipy` is not installed. Install it with: pip install "foveal[focus]"',
        '`matplotlib` is not installed. Install it with: pip install "foveal[focus]"',
        '`matplotlib` is not installed. Install it with: pip install "foveal[focus]"',
    ]


def test_figures_and_report_are_public_names_of_focus():
    for package in (foveal.focus.figures, foveal.focus.report):
        for name in package.__all__:
            assert name in foveal.focus.__all__
            assert name in dir(foveal.focus)
            assert getattr(foveal.focus, name) is getattr(package, name)
    assert not hasattr(foveal.focus, "no_such_figure")


def test_require_packages_names_the_first_that_is_missing():
    require_packages("bench", "json", "numpy")
    message = r'^`no_such_package` is not installed.*pip install "foveal\[bench\]"'
    with pytest.raises(ModuleNotFoundError, match=message):
        require_packages("bench", "json", "no_such_package")
