import gzip
import json

import pytest

from foveal.datasets.files.labelled_texts import is_labelled_file, read_labelled_texts


def place(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder / name)


def numbered(count):
    return "".join(f"text {i}\t{'bad good fair'.split()[i % 3]}\n" for i in range(count))


def test_shares_of_one_file_are_disjoint_complete_and_stable(tmp_path):
    data = place(tmp_path, "t.tsv", numbered(200))
    parts = {split: read_labelled_texts(data, split) for split in ("train", "validation", "test")}
    assert {split: len(texts) for split, (texts, *_) in parts.items()} == {
        "train": 180,
        "validation": 10,
        "test": 10,
    }
    everything = [pair for texts, labels, _ in parts.values() for pair in zip(texts, labels, strict=True)]
    assert sorted(everything) == sorted(tuple(line.split("\t")) for line in numbered(200).splitlines())
    assert all(classes == ["bad", "fair", "good"] for *_, classes in parts.values())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.csv", 'id,Label,text\r\n1,+,"a, ""b""\nc"\r\n2,-,d\r\n'),
        ("train.csv", '\ufefftext,label\n"a, ""b""\nc",+\nd,-\n'),
        ("train.csv", '"a, ""b""\nc",+\nd,-\n'),
        ("train.csv", gzip.compress(b'"a, ""b""\nc",+\nd,-\n', mtime=0)),
        ("train.jsonl", '{"text": "a, \\"b\\"\\nc", "label": "+", "id": 1}\n{"label": "-", "text": "d"}\n'),
    ],
)
def test_columns_are_found_by_name_or_by_place(tmp_path, name, content):
    place(tmp_path, name, content)
    data = str(tmp_path / name.replace("train", "{split}"))
    assert read_labelled_texts(data, "train") == (['a, "b"\nc', "d"], ["+", "-"], ["+", "-"])


def test_quotes_in_a_tsv_are_characters(tmp_path):
    place(tmp_path, "train.tsv", 'label\ttext\n1\t"a\n0\tb"\n')
    assert read_labelled_texts(str(tmp_path / "{split}.tsv"), "train")[:2] == (['"a', 'b"'], ["1", "0"])


def test_numbers_are_class_names(tmp_path):
    rows = [{"text": str(i), "label": i % 3} for i in range(6)]
    place(tmp_path, "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert read_labelled_texts(str(tmp_path / "{split}.jsonl"), "train")[2] == ["0", "1", "2"]


def test_classes_of_a_later_split_are_those_of_train(tmp_path):
    place(tmp_path, "train.tsv", "a\tx\nb\ty\nc\tz\n")
    place(tmp_path, "dev.tsv", "d\tz\n")
    place(tmp_path, "test.tsv", "e\tx\nf\tv\ng\tw\n")
    data = str(tmp_path / "{split}.tsv")
    assert read_labelled_texts(data, "dev") == (["d"], ["z"], ["x", "y", "z"])
    with pytest.raises(ValueError, match=r"x, y, z, in split 'test' of .*, received also v, w"):
        read_labelled_texts(data, "test")


def test_files_are_told_from_names():
    names = ["some/t.csv", "{split}.tsv", "t.jsonl", "t.csv.gz", "imdb_reviews", "glue/sst2"]
    assert [is_labelled_file(name) for name in names] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "review,sentiment,id\na,x,1\n", r"text and label in the first line .*'review, sentiment"),
        ("t.csv", "review,sentiment\n" + "a,x\nb,y\n" * 2, r"received \('review', 'sentiment'\)"),
        ("t.csv", "text,label\na,x\nb,y,z\n", r"2 columns in .*t\.csv, line 3, received 3"),
        ("t.csv", 'text,label\na,x\n"b,y\n', r"comma-separated values in .*, line 3"),
        ("t.tsv", "a\tx\nb\n", r"2 columns in .*, line 2, received 1"),
        ("t.tsv", "a\tx\nb\t \n", r"a label in .*, line 2, received none"),
        ("t.tsv", "a\tx\nb\tx\n", "two or more classes in .*, received x"),
        ("t.tsv", "text\tlabel\n", "two or more classes in .*, received none"),
        ("t.tsv", "", "received an empty file"),
        ("t.tsv", b"a\tx\n\xff\ty\n", r"UTF-8 in .*, line 2"),
        ("t.jsonl", '{"text": "a", "label": "x"}\n{"text": "a"}\n', r"'text' and a 'label'.* line 2"),
        ("t.jsonl", '{"text": "a", "label": 1.5}\n', r"line 1, received .*1\.5"),
        ("t.jsonl", '{"text": "a", "label": true}\n', r"line 1"),
        ("t.jsonl", "[1]\n", r"line 1"),
    ],
)
def test_malformed_content_is_named_with_its_line(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message):
        read_labelled_texts(place(tmp_path, name, content), "train")


def test_missing_file_and_unknown_split_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no .*absent\.csv"):
        read_labelled_texts(str(tmp_path / "absent.csv"), "train")
    with pytest.raises(ValueError, match="train, validation or test, received 'dev'"):
        read_labelled_texts(place(tmp_path, "t.tsv", numbered(30)), "dev")
