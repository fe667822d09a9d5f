"""Lines of text files and their rows."""

import gzip
from pathlib import Path

import pytest

from foveal.datasets.files.lines import (
    check_equal_lengths,
    names_file,
    read_csv_rows,
    read_json_rows,
    read_lines,
    read_nonempty_lines,
    read_tsv_rows,
    resolve_split_path,
)

PATH = Path("rows.txt")


def test_read_lines_ends_lines_at_line_feeds_only(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes("a\x85b\u2028c\x0bd\n\ne".encode())
    assert read_lines(path) == ["a\x85b\u2028c\x0bd", "", "e"]


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_read_lines_removes_byte_order_mark_and_carriage_returns(tmp_path, compress):
    path = tmp_path / "lines"
    path.write_bytes(compress("\ufeffone\r\n\ufefftwo\r\n".encode()))
    assert read_lines(path) == ["one", "\ufefftwo"]


def test_read_lines_of_an_empty_file_is_empty(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"")
    assert read_lines(path) == []
    for content in (b"", b"\n \n", "\ufeff".encode()):
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"`data` must contain examples\. Received: an empty file .*lines"
        ):
            read_nonempty_lines(path)


def test_read_lines_invalid_content_raises(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"a\n\xff\n")
    with pytest.raises(ValueError, match=r"must contain UTF-8. Received: b'\\xff' \(line 2 of .*lines\)"):
        read_lines(path)
    path.write_bytes(gzip.compress(b"a\tb\n" * 99, mtime=0)[:-6])
    with pytest.raises(ValueError, match=r"must be a complete gzip file\. Received: .*lines"):
        read_lines(path)


def test_names_file_by_suffix_or_existence(tmp_path, monkeypatch):
    assert names_file("some/rows.tsv", (".tsv",))
    assert names_file("rows.tsv.gz", (".tsv",))
    assert not names_file("glue/sst2", (".tsv",))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not names_file("~/rows", (".tsv",))
    (tmp_path / "rows").write_text("x")
    assert names_file("~/rows", (".tsv",))


def test_resolve_split_path_replaces_the_placeholder(tmp_path):
    (tmp_path / "dev.tsv").write_text("x")
    assert resolve_split_path(f"{tmp_path}/{{split}}.tsv", "dev") == tmp_path / "dev.tsv"
    with pytest.raises(FileNotFoundError, match=r"`data` must name an existing file.*no file .*test\.tsv"):
        resolve_split_path(f"{tmp_path}/{{split}}.tsv", "test")


def test_check_equal_lengths_unequal_columns_raises():
    check_equal_lengths({"en": ["one"], "de": ["eins"]}, "pairs")
    with pytest.raises(ValueError, match=r"languages of pairs\. Received: 1 lines of en, 2 lines of de"):
        check_equal_lengths({"en": ["one"], "de": ["eins", "zwei"]}, "pairs")


def test_read_csv_rows_numbers_the_last_line_of_each_row():
    rows = read_csv_rows(['a,"b', 'c"', "", "d, e"], PATH)
    assert list(rows) == [(2, ["a", "b\nc"]), (3, []), (4, ["d", " e"])]
    with pytest.raises(ValueError, match=r"comma-separated values.*\(line 2 of rows\.txt\)"):
        list(read_csv_rows(["a,b", '"c'], PATH, strict=True))


def test_read_tsv_rows_keeps_quotes():
    assert list(read_tsv_rows(['"a\tb"', ""])) == [(1, ['"a', 'b"']), (2, [""])]


def test_read_json_rows_selects_keys():
    types = {"text": (str,), "label": (str, int)}
    rows = read_json_rows(['{"label": 1, "text": "a", "id": 3}', '{"text": "", "label": ""}'], PATH, types)
    assert list(rows) == [(1, ["a", 1]), (2, ["", ""])]


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", "3", '"text"', '{"text": "a"}', '{"text": "a", "label": true}', '{"text": 1, "label": 1}'],
)
def test_read_json_rows_malformed_line_raises(line):
    types = {"text": (str,), "label": (str, int)}
    with pytest.raises(
        ValueError, match=r"'text' \(str\) and 'label' \(str or int\).*\(line 1 of rows\.txt\)"
    ):
        list(read_json_rows([line], PATH, types))
