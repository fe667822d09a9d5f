"""Contents and metadata of the wheel and of the source distribution that `make dist` builds."""

import email.parser
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata

import foveal

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("layers", "datasets", "focus", "pipelines")
NAME = f"foveal-{foveal.__version__}"
SOURCES = {
    path.relative_to(ROOT).as_posix()
    for room in ROOMS
    for path in (ROOT / room).rglob("*")
    if path.suffix in {".py", ".html", ".css", ".js"}
} | {"__init__.py", "__main__.py", "optional_dependencies.py", "py.typed"}

pytestmark = pytest.mark.dist


@pytest.fixture
def wheel():
    with zipfile.ZipFile(ROOT / f"dist/{NAME}-py3-none-any.whl") as archive:
        yield archive


@pytest.fixture
def metadata(wheel):
    """The metadata of the wheel, validated: unknown fields and malformed values raise."""
    return Metadata.from_email(wheel.read(f"{NAME}.dist-info/METADATA"), validate=True)


def test_dist_has_one_wheel_and_one_source_distribution():
    names = {path.name for path in (ROOT / "dist").iterdir()}
    assert names == {f"{NAME}-py3-none-any.whl", f"{NAME}.tar.gz"}


def test_wheel_has_every_source_and_nothing_else(wheel):
    files = {name for name in wheel.namelist() if not name.startswith(f"{NAME}.dist-info/")}
    assert files == {f"foveal/{path}" for path in SOURCES}


def test_source_distribution_has_every_source_and_no_tests():
    with tarfile.open(ROOT / f"dist/{NAME}.tar.gz") as archive:
        files = {member.name.removeprefix(f"{NAME}/") for member in archive if member.isfile()}
    documents = {"CHANGELOG.md", "CITATION.cff", "LICENSE", "README.md", "pyproject.toml"}
    assert SOURCES | documents <= files
    assert not any(name.startswith(("tests/", "benchmarks/", ".")) for name in files)


def test_metadata_states_license_version_and_readme(metadata, wheel):
    assert metadata.version.public == foveal.__version__
    assert metadata.license_expression == "Apache-2.0"
    assert f"{NAME}.dist-info/licenses/LICENSE" in wheel.namelist()
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description.strip() == (ROOT / "README.md").read_text().strip()


def test_base_requirements_are_keras_and_numpy_alone(metadata):
    required = {r.name for r in metadata.requires_dist if r.marker is None}
    assert required == {"keras", "numpy"}
    assert set(metadata.provides_extra) == set(PROJECT["project"]["optional-dependencies"])


def test_wheel_is_pure_python(wheel):
    tags = email.parser.BytesParser().parsebytes(wheel.read(f"{NAME}.dist-info/WHEEL"))
    assert (tags["Root-Is-Purelib"], tags["Tag"]) == ("true", "py3-none-any")


def test_changelog_and_citation_state_the_version():
    assert re.search(
        rf"^## {re.escape(foveal.__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert f"version: {foveal.__version__}\n" in (ROOT / "CITATION.cff").read_text()
