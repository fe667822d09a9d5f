"""Flickr8k from archives in upstream's layout."""

import os
import zipfile
from pathlib import Path

import pytest
import tensorflow as tf

from foveal.datasets import Flickr8k, load_captioning
from foveal.datasets.preparation import prepare

UPSTREAM = Path(os.environ.get("FOVEAL_DATA", "")) / "flickr8k"
LISTS = {
    "train": "Flickr_8k.trainImages.txt",
    "dev": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}
NAMES = {"train": ["c.jpg", "a.jpg", "d.jpg"], "dev": ["b.jpg"], "test": ["f.jpg", "e.jpg"]}


def jpeg(name):
    return tf.io.encode_jpeg(tf.fill((4, 5, 3), tf.constant(ord(name[0]), tf.uint8))).numpy()


def write_archives(folder, prefix="", contents=None):
    """Tiny archives in upstream's layout: a folder of macOS files, and captions of no photograph."""
    names = [name for split in NAMES.values() for name in split]
    tokens = [f"{name}#{index}\tCaption {index} of {name} ." for name in names for index in range(5)]
    tokens.append("2258277193_586949ec62.jpg.1#0\tA photograph that does not exist .")
    texts = {"Flickr8k.token.txt": "\n".join(tokens)}
    texts |= {LISTS[split]: "\n".join(names) + "\n" for split, names in NAMES.items()}
    with zipfile.ZipFile(folder / "Flickr8k_text.zip", "w") as archive:
        for name, text in (texts | (contents or {})).items():
            if text is not None:
                archive.writestr(prefix + name, text)
                archive.writestr(f"__MACOSX/{prefix}{name}", "junk")
    with zipfile.ZipFile(folder / "Flickr8k_Dataset.zip", "w") as archive:
        archive.mkdir("Flicker8k_Dataset")
        for name in names:
            archive.writestr(f"Flicker8k_Dataset/{name}", jpeg(name))
            archive.writestr(f"__MACOSX/Flicker8k_Dataset/{name}", b"junk")


@pytest.mark.parametrize("prefix", ["", "Flickr8k_text/"])
def test_flickr8k_has_official_splits_with_five_captions_in_order(tmp_path, prefix, caplog):
    write_archives(tmp_path, prefix)
    for split, names in (("train", NAMES["train"]), ("validation", NAMES["dev"]), ("test", NAMES["test"])):
        loaded = load_captioning("flickr8k", split, data_dir=str(tmp_path / "data"), manual_dir=str(tmp_path))
        assert loaded.references == [[f"Caption {index} of {name} ." for index in range(5)] for name in names]
        assert [image.numpy() for image in loaded.images] == [jpeg(name) for name in names]
        assert loaded.objects is None
        assert loaded.phrases is None
    assert "differs from the file" not in caplog.text  # no checksum is registered


def test_flickr8k_missing_photograph_or_caption_raises(tmp_path):
    write_archives(tmp_path, contents={LISTS["dev"]: "z.jpg\n"})
    with pytest.raises(ValueError, match=r"Flickr8k_Dataset\.zip without a photograph of z\.jpg"):
        prepare(Flickr8k(data_dir=tmp_path / "photograph"), tmp_path, "captioning")
    write_archives(tmp_path, contents={"Flickr8k.token.txt": "a.jpg#0\tOne .\n"})
    with pytest.raises(ValueError, match=r"without a caption of c\.jpg"):
        prepare(Flickr8k(data_dir=tmp_path / "caption"), tmp_path, "captioning")


def test_flickr8k_incomplete_archive_raises(tmp_path):
    write_archives(tmp_path, contents={LISTS["test"]: None})
    with pytest.raises(ValueError, match=r"Flickr8k_text\.zip without Flickr_8k\.testImages\.txt"):
        prepare(Flickr8k(data_dir=tmp_path / "data"), tmp_path, "captioning")
    write_archives(tmp_path)
    archive = tmp_path / "Flickr8k_Dataset.zip"
    archive.write_bytes(archive.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"complete zip archives.*Flickr8k_Dataset\.zip"):
        prepare(Flickr8k(data_dir=tmp_path / "data"), tmp_path, "captioning")


def test_flickr8k_unreachable_host_raises_with_files_and_command(tmp_path, monkeypatch):
    monkeypatch.setattr("foveal.datasets.downloads.is_reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match="make captioning DATA=flickr8k") as error:
        load_captioning("flickr8k", "train", data_dir=str(tmp_path))
    assert "Flickr8k_Dataset.zip, Flickr8k_text.zip" in str(error.value)


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="FOVEAL_DATA names no folder that contains flickr8k")
def test_flickr8k_upstream_archives_have_the_published_sizes(tmp_path):
    for split, size in (("train", 6000), ("validation", 1000), ("test", 1000)):
        loaded = load_captioning("flickr8k", split, data_dir=str(tmp_path), manual_dir=str(UPSTREAM))
        assert len(loaded) == size
        assert {len(references) for references in loaded.references} == {5}
        assert tf.io.is_jpeg(next(iter(loaded.images)))
