"""Tests of the checks of output paths."""

from pathlib import Path

import pytest

from foveal.pipelines.cli.output_paths import numbered_path, prepare_figure, require_writable


def test_numbered_path_numbers_several_files_from_1():
    assert numbered_path(Path("b/a.png"), 0, 1) == Path("b/a.png")
    assert [numbered_path(Path("b/a.png"), index, 2) for index in (0, 1)] == [
        Path("b/a-1.png"),
        Path("b/a-2.png"),
    ]


def test_prepare_figure_creates_its_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "a.PDF"
    assert prepare_figure(path) == path
    assert path.parent.is_dir()


@pytest.mark.parametrize("name", ["a", "a.txt", "a.docx", "folder.png"])
def test_path_that_is_no_image_raises(name, tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ValueError, match="`figure` must be the path of an image file"):
        prepare_figure(tmp_path / name)


def test_folder_below_a_file_raises(tmp_path):
    (tmp_path / "file").touch()
    require_writable(tmp_path / "new" / "folder", "saved_models")
    with pytest.raises(ValueError, match=r"`saved_models` needs a folder .*file is a file"):
        require_writable(tmp_path / "file" / "folder", "saved_models")
    with pytest.raises(ValueError, match=r"`figure` needs a folder .*file is a file"):
        prepare_figure(tmp_path / "file" / "a.png")


def test_folder_without_permission_raises(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(ValueError, match="is not writable"):
        require_writable(tmp_path / "new", "runs")
