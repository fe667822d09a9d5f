"""Multi30k from archives in upstream's layout."""

import gzip
import os
from pathlib import Path

import pytest

from foveal.datasets import Multi30k, load_translation
from foveal.datasets.preparation import prepare

STEMS = ("train", "val", "test_2016_flickr")
UPSTREAM = Path(os.environ.get("FOVEAL_DATA", "")) / "multi30k"


def write_archives(folder, **contents):
    """Tiny archives in upstream's layout: 4 lines for train, 3 for val, 2 for test."""
    for count, stem in zip((4, 3, 2), STEMS, strict=True):
        for language in ("en", "de"):
            lines = [f"{language} {stem} {index}" for index in range(count)]
            text = "\n".join(contents.get(f"{stem}_{language}", lines)) + "\n"
            (folder / f"{stem}.{language}.gz").write_bytes(gzip.compress(text.encode()))


def test_multi30k_pairs_lines_in_order(tmp_path):
    write_archives(tmp_path, val_de=["Tab\tund", " Ränder ", "Zeile\u2028 mit\x85 Trennern"])
    loaded = load_translation(
        "multi30k/en_de", "validation", data_dir=str(tmp_path / "data"), manual_dir=str(tmp_path)
    )
    assert loaded.source == ["en val 0", "en val 1", "en val 2"]
    assert loaded.target == ["Tab\tund", " Ränder ", "Zeile\u2028 mit\x85 Trennern"]
    reverse = load_translation("multi30k/en_de", "test", "de", data_dir=str(tmp_path / "data"))
    assert (reverse.source[1], reverse.target[1]) == (
        "de test_2016_flickr 1",
        "en test_2016_flickr 1",
    )


def test_multi30k_unequal_line_counts_raise(tmp_path):
    write_archives(tmp_path, train_de=["eins", "zwei"])
    with pytest.raises(ValueError, match=r"multi30k train\. Received: 4 lines of en, 2 lines of de"):
        prepare(Multi30k(config="en_de", data_dir=tmp_path / "data"), tmp_path, "translation")


def test_multi30k_empty_split_raises(tmp_path):
    write_archives(tmp_path)
    for language in ("en", "de"):
        (tmp_path / f"val.{language}.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(ValueError, match="an empty split='validation' of data='multi30k'"):
        prepare(Multi30k(config="en_de", data_dir=tmp_path / "data"), tmp_path, "translation")


def test_multi30k_truncated_archive_raises(tmp_path):
    write_archives(tmp_path)
    archive = tmp_path / "val.en.gz"
    archive.write_bytes(archive.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"complete gzip file.*val\.en\.gz"):
        prepare(Multi30k(config="en_de", data_dir=tmp_path / "data"), tmp_path, "translation")


def test_multi30k_registers_the_files_of_its_languages_only(tmp_path):
    names = {info.filename for info in Multi30k(config="en_fr", data_dir=tmp_path).url_infos.values()}
    assert names == {f"{stem}.{language}.gz" for stem in STEMS for language in ("en", "fr")}


@pytest.mark.skipif(not UPSTREAM.is_dir(), reason="FOVEAL_DATA names no folder that contains multi30k")
@pytest.mark.parametrize("language", ["de", "fr"])
def test_multi30k_upstream_archives_have_the_published_sizes(tmp_path, language, caplog):
    builder = Multi30k(config=f"en_{language}", data_dir=tmp_path)
    prepare(builder, UPSTREAM, "translation")
    sizes = {name: info.num_examples for name, info in builder.info.splits.items()}
    assert sizes == {"train": 29_000, "validation": 1_014, "test": 1_000}
    assert "differs from the file" not in caplog.text  # the checksums are upstream's
