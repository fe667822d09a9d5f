import gzip
import json

import pytest

from foveal.datasets.files.sentence_pairs import is_file, read_lines, read_pairs

KEYS = ("source", "target")


def numbered(path, count):
    path.write_text("".join(f"a{i}\tb{i}\n" for i in range(count)))
    return str(path)


def test_shares_of_one_file_are_disjoint_complete_and_stable(tmp_path):
    data = numbered(tmp_path / "pairs.tsv", 200)
    parts = {split: read_pairs(data, split, KEYS) for split in ("train", "validation", "test")}
    assert {split: len(source) for split, (source, _) in parts.items()} == {
        "train": 180,
        "validation": 10,
        "test": 10,
    }
    everything = [line for source, _ in parts.values() for line in source]
    assert sorted(everything) == sorted(f"a{i}" for i in range(200))
    assert read_pairs(data, "test", KEYS) == parts["test"]
    for source, target in parts.values():
        assert [line[1:] for line in source] == [line[1:] for line in target]


def test_a_placeholder_gives_each_split_a_file(tmp_path):
    numbered(tmp_path / "train.tsv", 3)
    numbered(tmp_path / "dev.tsv", 2)
    assert read_pairs(str(tmp_path / "{split}.tsv"), "dev", KEYS) == (["a0", "a1"], ["b0", "b1"])


def test_json_lines_by_key(tmp_path):
    path = tmp_path / "{split}.jsonl"
    rows = [{"en": "one", "de": "eins", "id": 3}, {"de": "zwei", "en": "two"}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(text)
    assert read_pairs(str(path), "train", ("en", "de")) == (["one", "two"], ["eins", "zwei"])


def test_two_files_of_lines_one_of_them_gzipped(tmp_path):
    (tmp_path / "train.en").write_text("one\r\ntwo\r\n")
    (tmp_path / "train.de").write_bytes(gzip.compress(b"eins\nzwei\n"))
    data = f"{tmp_path}/{{split}}.en,{tmp_path}/{{split}}.de"
    assert read_pairs(data, "train", KEYS) == (["one", "two"], ["eins", "zwei"])


def test_only_a_line_feed_ends_a_line(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes("a\x85b\u2028c\x0bd\n\ne".encode())
    assert read_lines(path) == ["a\x85b\u2028c\x0bd", "", "e"]


def test_files_are_told_from_names():
    assert [is_file(name) for name in ("some/pairs.tsv", "pairs.jsonl", "a.en,a.de")] == [True] * 3
    assert [is_file(name) for name in ("multi30k/en_de", "phrases")] == [False] * 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.tsv", b"a\tb\na\tb\tc\n", r"2 columns.*line 2, received 3"),
        ("p.tsv", b"a\n", r"2 columns.*line 1, received 1"),
        ("p.tsv", b"a\tb\n\xff\xfe\tb\n", r"UTF-8 in .*p\.tsv, line 2"),
        ("p.jsonl", b'{"source": "a"}\n', r"'source' and 'target'.*line 1"),
        ("p.jsonl", b'{"source": "a", "target": "b"}\n[3]\n', r"'target'.*line 2"),
        ("p.jsonl", b"{broken\n", r"line 1, received '\{broken'"),
        ("p.tsv", gzip.compress(b"a\tb\n" * 99, mtime=0)[:-6], r"whole gzip file"),
    ],
)
def test_malformed_content_is_named_with_its_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_pairs(str(tmp_path / name), "train", KEYS)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no .*absent\.tsv"):
        read_pairs(str(tmp_path / "absent.tsv"), "train", KEYS)


def test_unequal_line_counts_are_refused(tmp_path):
    (tmp_path / "x.en").write_text("one\ntwo\nthree\n")
    (tmp_path / "x.de").write_text("eins\nzwei\n")
    with pytest.raises(ValueError, match=r"3 lines of .*x\.en, 2 lines of .*x\.de"):
        read_pairs(f"{tmp_path}/x.en,{tmp_path}/x.de", "train", KEYS)


def test_unknown_split_of_one_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="train, validation or test, received 'dev'"):
        read_pairs(numbered(tmp_path / "p.tsv", 3), "dev", KEYS)
