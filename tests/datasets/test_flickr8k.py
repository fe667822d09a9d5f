import os
import zipfile
from pathlib import Path

import pytest
import tensorflow as tf

from foveal.datasets import Flickr8k, load_captioning
from foveal.datasets.preparation import prepare

REAL = Path(os.environ.get("FOVEAL_DATA", "")) / "flickr8k"
SPLITS = {
    "train": "Flickr_8k.trainImages.txt",
    "dev": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}
NAMES = {"train": ["c.jpg", "a.jpg", "d.jpg"], "dev": ["b.jpg"], "test": ["f.jpg", "e.jpg"]}


def jpeg(name):
    return tf.io.encode_jpeg(tf.fill((4, 5, 3), tf.constant(ord(name[0]), tf.uint8))).numpy()


def place(folder, prefix="", changed=None):
    """Tiny archives in upstream's layout: an extra folder for Apple, and captions of no photograph."""
    names = [name for split in NAMES.values() for name in split]
    tokens = [f"{name}#{i}\tCaption {i} of {name} ." for name in names for i in range(5)]
    tokens.append("2258277193_586949ec62.jpg.1#0\tOf a photograph that is not there .")
    texts = {"Flickr8k.token.txt": "\n".join(tokens)}
    texts |= {SPLITS[split]: "\n".join(found) + "\n" for split, found in NAMES.items()}
    with zipfile.ZipFile(folder / "Flickr8k_text.zip", "w") as archive:
        for name, text in (texts | (changed or {})).items():
            if text is not None:
                archive.writestr(prefix + name, text)
                archive.writestr(f"__MACOSX/{prefix}{name}", "junk")
    with zipfile.ZipFile(folder / "Flickr8k_Dataset.zip", "w") as archive:
        archive.mkdir("Flicker8k_Dataset")
        for name in names:
            archive.writestr(f"Flicker8k_Dataset/{name}", jpeg(name))
            archive.writestr(f"__MACOSX/Flicker8k_Dataset/{name}", b"junk")


@pytest.mark.parametrize("prefix", ["", "Flickr8k_text/"])
def test_archives_become_official_splits_with_five_captions_in_order(tmp_path, prefix, caplog):
    place(tmp_path, prefix)
    for split, names in (("train", NAMES["train"]), ("validation", NAMES["dev"]), ("test", NAMES["test"])):
        loaded = load_captioning("flickr8k", split, data_dir=str(tmp_path / "d"), manual_dir=str(tmp_path))
        assert loaded.references == [[f"Caption {i} of {name} ." for i in range(5)] for name in names]
        assert [image.numpy() for image in loaded.images] == [jpeg(name) for name in names]
        assert loaded.objects is None
        assert loaded.phrases is None
    assert "is not the file" not in caplog.text  # no checksum is known to differ from


def test_a_photograph_or_caption_that_is_not_there_is_named(tmp_path):
    place(tmp_path, changed={SPLITS["dev"]: "z.jpg\n"})
    with pytest.raises(ValueError, match=r"photograph of z\.jpg in .*Flickr8k_Dataset\.zip"):
        prepare(Flickr8k(data_dir=tmp_path / "d"), tmp_path, "captioning")
    place(tmp_path, changed={"Flickr8k.token.txt": "a.jpg#0\tOne .\n"})
    with pytest.raises(ValueError, match=r"caption of c\.jpg"):
        prepare(Flickr8k(data_dir=tmp_path / "e"), tmp_path, "captioning")


def test_archives_that_are_not_whole_are_refused(tmp_path):
    place(tmp_path, changed={SPLITS["test"]: None})
    with pytest.raises(ValueError, match=r"Expected Flickr_8k\.testImages\.txt in .*Flickr8k_text\.zip"):
        prepare(Flickr8k(data_dir=tmp_path / "d"), tmp_path, "captioning")
    place(tmp_path)
    archive = tmp_path / "Flickr8k_Dataset.zip"
    archive.write_bytes(archive.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"whole zip archive.*Flickr8k_Dataset\.zip"):
        prepare(Flickr8k(data_dir=tmp_path / "d"), tmp_path, "captioning")


def test_without_archives_or_network_the_error_names_both(tmp_path, monkeypatch):
    monkeypatch.setattr("foveal.datasets.preparation.reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match="make captioning DATA=flickr8k") as error:
        load_captioning("flickr8k", "train", data_dir=str(tmp_path))
    assert "Flickr8k_Dataset.zip, Flickr8k_text.zip" in str(error.value)


@pytest.mark.skipif(not REAL.is_dir(), reason="FOVEAL_DATA names no folder with flickr8k in it")
def test_the_real_archives_have_their_known_sizes(tmp_path):
    for split, size in (("train", 6000), ("validation", 1000), ("test", 1000)):
        loaded = load_captioning("flickr8k", split, data_dir=str(tmp_path), manual_dir=str(REAL))
        assert len(loaded) == size
        assert {len(references) for references in loaded.references} == {5}
        assert tf.io.is_jpeg(next(iter(loaded.images)))
