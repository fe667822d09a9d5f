import gzip
import os
from pathlib import Path

import pytest

from foveal.datasets import Multi30k, load_translation
from foveal.datasets.preparation import prepare

NAMES = ("train", "val", "test_2016_flickr")
REAL = Path(os.environ.get("FOVEAL_DATA", "")) / "multi30k"


def place(folder, **changed):
    """Tiny archives in upstream's layout: 4 lines for train, 3 for val, 2 for test."""
    for count, name in zip((4, 3, 2), NAMES, strict=True):
        for language in ("en", "de"):
            lines = [f"{language} {name} {i}" for i in range(count)]
            text = "\n".join(changed.get(f"{name}_{language}", lines)) + "\n"
            (folder / f"{name}.{language}.gz").write_bytes(gzip.compress(text.encode()))


def test_lines_of_the_files_become_pairs_in_order(tmp_path):
    place(tmp_path, val_de=["Tab\tund", " Ränder ", "Zeile\u2028 mit\x85 Trennern"])
    loaded = load_translation(
        "multi30k/en_de", "validation", data_dir=str(tmp_path / "d"), manual_dir=str(tmp_path)
    )
    assert loaded.source == ["en val 0", "en val 1", "en val 2"]
    assert loaded.target == ["Tab\tund", " Ränder ", "Zeile\u2028 mit\x85 Trennern"]
    reverse = load_translation("multi30k/en_de", "test", "de", data_dir=str(tmp_path / "d"))
    assert (reverse.source[1], reverse.target[1]) == (
        "de test_2016_flickr 1",
        "en test_2016_flickr 1",
    )


def test_unequal_line_counts_are_refused(tmp_path):
    place(tmp_path, train_de=["eins", "zwei"])
    with pytest.raises(ValueError, match="4 lines of en, 2 lines of de"):
        prepare(Multi30k(config="en_de", data_dir=tmp_path / "d"), tmp_path, "translation")


def test_empty_split_is_refused(tmp_path):
    place(tmp_path)
    for language in ("en", "de"):
        (tmp_path / f"val.{language}.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(ValueError, match="split 'validation' of multi30k, received none"):
        prepare(Multi30k(config="en_de", data_dir=tmp_path / "d"), tmp_path, "translation")


def test_truncated_archive_is_refused(tmp_path):
    place(tmp_path)
    archive = tmp_path / "val.en.gz"
    archive.write_bytes(archive.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"whole gzip file.*val\.en\.gz"):
        prepare(Multi30k(config="en_de", data_dir=tmp_path / "d"), tmp_path, "translation")


def test_only_the_files_of_its_languages_are_registered(tmp_path):
    names = {info.filename for info in Multi30k(config="en_fr", data_dir=tmp_path).url_infos.values()}
    assert names == {f"{name}.{language}.gz" for name in NAMES for language in ("en", "fr")}


@pytest.mark.skipif(not REAL.is_dir(), reason="FOVEAL_DATA names no folder with multi30k in it")
@pytest.mark.parametrize("language", ["de", "fr"])
def test_the_real_archives_have_their_known_sizes(tmp_path, language, caplog):
    builder = Multi30k(config=f"en_{language}", data_dir=tmp_path)
    prepare(builder, REAL, "translation")
    sizes = {name: info.num_examples for name, info in builder.info.splits.items()}
    assert sizes == {"train": 29_000, "validation": 1_014, "test": 1_000}
    assert "is not the file" not in caplog.text  # the checksums are upstream's
