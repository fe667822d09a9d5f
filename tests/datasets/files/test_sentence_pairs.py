"""Sentence pairs from local files."""

import gzip
import json

import pytest

from foveal.datasets.files.sentence_pairs import is_pair_file, read_pairs

KEYS = ("source", "target")


def write_numbered(path, count):
    path.write_text("".join(f"a{index}\tb{index}\n" for index in range(count)))
    return str(path)


def test_read_pairs_splits_of_one_file_are_disjoint_complete_and_stable(tmp_path):
    data = write_numbered(tmp_path / "pairs.tsv", 200)
    parts = {split: read_pairs(data, split, KEYS) for split in ("train", "validation", "test")}
    assert {split: len(source) for split, (source, _) in parts.items()} == {
        "train": 180,
        "validation": 10,
        "test": 10,
    }
    sources = [line for source, _ in parts.values() for line in source]
    assert sorted(sources) == sorted(f"a{index}" for index in range(200))
    assert read_pairs(data, "test", KEYS) == parts["test"]
    for source, target in parts.values():
        assert [line[1:] for line in source] == [line[1:] for line in target]


def test_read_pairs_placeholder_gives_each_split_a_file(tmp_path):
    write_numbered(tmp_path / "train.tsv", 3)
    write_numbered(tmp_path / "dev.tsv", 2)
    assert read_pairs(str(tmp_path / "{split}.tsv"), "dev", KEYS) == (["a0", "a1"], ["b0", "b1"])


def test_read_pairs_json_lines_by_key(tmp_path):
    rows = [{"en": "one", "de": "eins", "id": 3}, {"de": "zwei", "en": "two"}]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pairs = read_pairs(str(tmp_path / "{split}.jsonl"), "train", ("en", "de"))
    assert pairs == (["one", "two"], ["eins", "zwei"])


def test_read_pairs_two_files_one_of_them_gzipped(tmp_path):
    (tmp_path / "train.en").write_text("one\r\ntwo\r\n")
    (tmp_path / "train.de").write_bytes(gzip.compress(b"eins\nzwei\n"))
    data = f"{tmp_path}/{{split}}.en,{tmp_path}/{{split}}.de"
    assert read_pairs(data, "train", KEYS) == (["one", "two"], ["eins", "zwei"])


def test_read_pairs_removes_the_byte_order_mark(tmp_path):
    (tmp_path / "train.tsv").write_text("\ufeffone\teins\n", encoding="utf-8")
    assert read_pairs(str(tmp_path / "{split}.tsv"), "train", KEYS) == (["one"], ["eins"])


def test_is_pair_file_distinguishes_files_from_sets():
    assert all(is_pair_file(name) for name in ("some/pairs.tsv", "pairs.jsonl", "pairs.tsv.gz", "a.en,a.de"))
    assert not any(is_pair_file(name) for name in ("multi30k/en_de", "phrases"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.tsv", "one\teins\ntwo\tzwei\n\n"),
        ("train.tsv", "\ufeffone\teins\r\n\r\n\ufefftwo\tzwei\r\n"),
        ("train.tsv", "Target\tid\tSOURCE\neins\t1\tone\nzwei\t2\ttwo\n"),
        ("train.csv", "target,source\neins,one\nzwei,two\n"),
        ("train.csv", "one;eins\ntwo;zwei\n"),
        ("train.txt", "one\teins\ntwo\tzwei\n"),
        ("train.jsonl", '\ufeff{"source": "one", "target": "eins"}\n{"source": "two", "target": "zwei"}'),
        ("train.json", '[{"source": "one", "target": "eins"},\n {"source": "two", "target": "zwei"}]'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_read_pairs_every_layout_gives_the_same(tmp_path, name, content, encoding):
    (tmp_path / name).write_bytes(content.removeprefix("\ufeff" * (encoding == "utf-16")).encode(encoding))
    data = str(tmp_path / name.replace("train", "{split}"))
    assert read_pairs(data, "train", KEYS) == (["one", "two"], ["eins", "zwei"])


def test_read_pairs_columns_by_name(tmp_path):
    (tmp_path / "train.tsv").write_text("de\ten\neins\tone\nzwei\ttwo\n")
    data = str(tmp_path / "{split}.tsv")
    assert read_pairs(data, "train", ("en", "de")) == (["one", "two"], ["eins", "zwei"])
    with pytest.raises(ValueError, match=r"Received: \('de', 'en'\) .* Pass `--source de --target en` if"):
        read_pairs(data, "train", KEYS)


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        ("English\tGerman", "--source English --target German"),
        ("EN\tpt-br", "--source EN --target pt-br"),
        ("Source text\ttranslation", "--source 'Source text' --target translation"),
    ],
)
def test_read_pairs_of_other_column_names_raises_with_the_flags(tmp_path, header, flags):
    path = tmp_path / "p.tsv"
    path.write_text(f"{header}\n" + "one\teins\ntwo\tzwei\n" * 9)
    with pytest.raises(ValueError, match=f"Pass `{flags}` if they are names"):
        read_pairs(str(path), "train", KEYS)
    assert len(read_pairs(str(path), "train", tuple(header.split("\t")))[0]) == 16


def test_read_pairs_of_two_files_skips_lines_that_are_blank_in_both(tmp_path):
    (tmp_path / "train.en").write_text("\ufeffone\n\u00a0\ntwo\n", encoding="utf-8")
    (tmp_path / "train.de").write_text("\ufeffeins\n\nzwei\n", encoding="utf-8")
    data = f"{tmp_path}/{{split}}.en,{tmp_path}/{{split}}.de"
    assert read_pairs(data, "train", KEYS) == (["one", "two"], ["eins", "zwei"])
    (tmp_path / "train.de").write_text("eins\n\n\n")
    with pytest.raises(ValueError, match=r"Received: a blank target \(line 3 of .*\.de\)\. Remove the line"):
        read_pairs(data, "train", KEYS)


def test_read_pairs_of_a_file_with_a_comma_in_its_name(tmp_path):
    data = write_numbered(tmp_path / "a,b.tsv", 3)
    assert len(read_pairs(data, "train", KEYS)[0]) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.tsv", b"a\tb\na\tb\tc\n", r"2 columns.*Received: 3 columns \(line 2 of .*p\.tsv"),
        ("p.tsv", b"a\n", r"named source and target in its first line, or 2 .*Received: 'a' in .*p\.tsv"),
        ("p.tsv", b"a\tb\n\xff\xfe\tb\n", r"UTF-8.*line 2 of .*p\.tsv"),
        ("p.tsv", b"a\tb\n\tc\n", r"a blank source \(line 2 of .*p\.tsv\)"),
        ("p.jsonl", b'{"source": "a"}\n', r"'source' \(str\) and 'target' \(str\).*line 1.*`--target`"),
        ("p.jsonl", b'{"source": "a", "target": "b"}\n[3]\n', r"'target'.*line 2"),
        ("p.jsonl", b'{"source": "a", "target": null}\n', r"'target'.*line 1"),
        ("p.jsonl", b'{"source": "a", "target": "\\ud800"}\n', r"lone surrogate '\\ud800' \(line 1"),
        ("p.jsonl", b"{broken\n", r"Received: '\{broken' \(line 1"),
        ("p.tsv", gzip.compress(b"a\tb\n" * 99, mtime=0)[:-6], r"complete gzip file"),
        ("p.tsv", b"\n", r"an empty file .*p\.tsv"),
        ("p.tsv", b"a\tb\nc\td\n", r"at least 3 examples, one for each of train, .* Received: 2"),
    ],
)
def test_read_pairs_malformed_content_raises(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_pairs(str(tmp_path / name), "train", KEYS)


def test_read_pairs_missing_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*absent\.tsv"):
        read_pairs(str(tmp_path / "absent.tsv"), "train", KEYS)


def test_read_pairs_unequal_line_counts_raise(tmp_path):
    (tmp_path / "x.en").write_text("one\ntwo\nthree\n")
    (tmp_path / "x.de").write_text("eins\nzwei\n")
    with pytest.raises(ValueError, match=r"3 lines of .*x\.en, 2 lines of .*x\.de"):
        read_pairs(f"{tmp_path}/x.en,{tmp_path}/x.de", "train", KEYS)


def test_read_pairs_invalid_arguments_raise(tmp_path):
    data = write_numbered(tmp_path / "p.tsv", 3)
    with pytest.raises(ValueError, match=r"train, validation, test\. Received: split='dev'"):
        read_pairs(data, "dev", KEYS)
    with pytest.raises(ValueError, match=r"one file of pairs or two files of lines\. Received: data='a,b,c'"):
        read_pairs("a,b,c", "train", KEYS)
    with pytest.raises(ValueError, match=r"different keys\. Received: 'en' for both"):
        read_pairs(data, "train", ("en", "en"))
