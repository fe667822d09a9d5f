"""Labelled texts from local files."""

import gzip
import json

import pytest

from foveal.datasets.files.labelled_texts import is_labelled_file, read_labelled_texts


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder / name)


def numbered(count):
    return "".join(f"text {index}\t{'bad good fair'.split()[index % 3]}\n" for index in range(count))


def test_read_labelled_texts_splits_of_one_file_are_disjoint_complete_and_stable(tmp_path):
    data = write(tmp_path, "t.tsv", numbered(200))
    parts = {split: read_labelled_texts(data, split) for split in ("train", "validation", "test")}
    assert {split: len(texts) for split, (texts, *_) in parts.items()} == {
        "train": 180,
        "validation": 10,
        "test": 10,
    }
    rows = [pair for texts, labels, _ in parts.values() for pair in zip(texts, labels, strict=True)]
    assert sorted(rows) == sorted(tuple(line.split("\t")) for line in numbered(200).splitlines())
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
def test_read_labelled_texts_selects_columns_by_name_or_position(tmp_path, name, content):
    write(tmp_path, name, content)
    data = str(tmp_path / name.replace("train", "{split}"))
    assert read_labelled_texts(data, "train") == (['a, "b"\nc', "d"], ["+", "-"], ["+", "-"])


def test_read_labelled_texts_tsv_keeps_quotes(tmp_path):
    write(tmp_path, "train.tsv", 'label\ttext\n1\t"a\n0\tb"\n')
    assert read_labelled_texts(str(tmp_path / "{split}.tsv"), "train")[:2] == (['"a', 'b"'], ["1", "0"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.csv", "stars,Review\n+,a\n-,b\n"),
        ("train.csv", "id;REVIEW;Stars\n1;a;+\n2;b;-\n"),
        ("train.tsv", "review\tstars\na\t+\nb\t-\n"),
        ("train.jsonl", '{"review": "a", "stars": "+"}\n\n{"review": "b", "stars": "-"}\n'),
        ("train.json", '[{"review": "a", "stars": "+"}, {"review": "b", "stars": "-"}]'),
    ],
)
def test_read_labelled_texts_of_named_columns(tmp_path, name, content):
    write(tmp_path, name, content)
    data = str(tmp_path / name.replace("train", "{split}"))
    assert read_labelled_texts(data, "train", ("review", "stars")) == (["a", "b"], ["+", "-"], ["+", "-"])


def test_read_labelled_texts_long_fields(tmp_path):
    write(tmp_path, "train.csv", f'text,label\n{"a" * 200_000},x\n"{"b " * 100_000}",y\n')
    texts, *_ = read_labelled_texts(str(tmp_path / "{split}.csv"), "train")
    assert list(map(len, texts)) == [200_000, 200_000]


def test_read_labelled_texts_numbers_are_class_names(tmp_path):
    rows = [{"text": str(index), "label": index % 3} for index in range(6)]
    write(tmp_path, "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert read_labelled_texts(str(tmp_path / "{split}.jsonl"), "train")[2] == ["0", "1", "2"]


def test_read_labelled_texts_classes_are_those_of_train(tmp_path):
    write(tmp_path, "train.tsv", "a\tx\nb\ty\nc\tz\n")
    write(tmp_path, "dev.tsv", "d\tz\n")
    write(tmp_path, "test.tsv", "e\tx\nf\tv\ng\tw\n")
    data = str(tmp_path / "{split}.tsv")
    assert read_labelled_texts(data, "dev") == (["d"], ["z"], ["x", "y", "z"])
    with pytest.raises(ValueError, match=r"the train split, x, y, z\. Received: also v, w in split='test'"):
        read_labelled_texts(data, "test")


def test_is_labelled_file_distinguishes_files_from_sets():
    names = ["some/t.csv", "{split}.tsv", "t.jsonl", "t.csv.gz", "imdb_reviews", "glue/sst2"]
    assert [is_labelled_file(name) for name in names] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "review,sentiment,id\na,x,1\n", r"text and label in its first line.*'review,sentiment"),
        (
            "t.csv",
            "review,sentiment\na,x\nb,y\n",
            r"\('review', 'sentiment'\).*--text-column 'review' --label",
        ),
        ("t.csv", "Critique,Note\na,1\nb,2\n", r"Received: \('Critique', 'Note'\)"),
        ("t.csv", "Kritik,Urteil\n" + "a,x\nb,y\n" * 2, r"Received: \('Kritik', 'Urteil'\)"),
        ("t.csv", "".join(f"good,text {i}\nbad,text {-i}\n" for i in range(9)), "17 different labels of 18"),
        ("t.tsv", "".join(f"text {i}\t{i / 7}\n" for i in range(12)), "that are classes.*group numbers into"),
        ("t.csv", "text,label\na,x\n,y\n", r"a text for each label\. Received: a blank text \(line 3"),
        ("t.csv", "text,label\na\rb,x\n", "carriage return outside of quotes"),
        ("t.jsonl", '{"text": "a\\ud800", "label": "x"}\n', r"lone surrogate '\\ud800' \(line 1"),
        ("t.jsonl", '{"review": "a", "stars": 1}\n', r"line 1 of .*Name the columns with `--text-column`"),
        ("t.csv", "text,label\na,x\nb,y,z\n", r"2 columns. Received: 3 columns \(line 3 of .*t\.csv\)"),
        ("t.csv", 'text,label\na,x\n"b,y\nc,x\nd,x\n', r"a quote that is not closed \(line 3"),
        ("t.tsv", "a\tx\nb\n", r"2 columns. Received: 1 columns \(line 2"),
        ("t.tsv", "a\tx\nb\t \n", r"a label for each text. Received: none \(line 2"),
        ("t.tsv", "a\tx\nb\tx\n", r"two or more classes. Received: only 'x' in .*texts: 2\)"),
        ("t.tsv", "text\tlabel\n", "two or more classes. Received: no texts in"),
        ("t.tsv", "", "Received: an empty file"),
        ("t.tsv", b"a\tx\n\xff\ty\n", r"UTF-8.*line 2"),
        ("t.jsonl", '{"text": "a", "label": "x"}\n{"text": "a"}\n', r"'text' \(str\) and 'label' .*line 2"),
        ("t.jsonl", '{"text": "a", "label": NaN}\n', r"Received: .*NaN.*line 1"),
        ("t.jsonl", '{"text": "a", "label": true}\n', r"line 1"),
        ("t.jsonl", "[1]\n", r"object 1"),
    ],
)
def test_read_labelled_texts_malformed_content_raises(tmp_path, name, content, message):
    with pytest.raises(ValueError, match=message):
        read_labelled_texts(write(tmp_path, name, content), "train")


def test_read_labelled_texts_missing_file_or_unknown_split_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*absent\.csv"):
        read_labelled_texts(str(tmp_path / "absent.csv"), "train")
    with pytest.raises(ValueError, match=r"train, validation, test\. Received: split='dev'"):
        read_labelled_texts(write(tmp_path, "t.tsv", numbered(30)), "dev")
