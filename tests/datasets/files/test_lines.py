"""Lines of text files."""

import gzip

import pytest

from foveal.datasets.files.lines import (
    check_equal_lengths,
    decode_line,
    names_file,
    read_lines,
    read_nonempty_lines,
    resolve_split_path,
)


def test_read_lines_ends_lines_at_line_feeds_only(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes("a\x85b\u2028c\x0bd\re\n\nf".encode())
    assert read_lines(path) == ["a\x85b\u2028c\x0bd\re", "", "f"]


def test_read_lines_without_line_feeds_ends_lines_at_carriage_returns(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"a\tb\rc\td\r")
    assert read_lines(path) == ["a\tb", "c\td"]


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_read_lines_removes_byte_order_marks_and_carriage_returns(tmp_path, compress, encoding):
    path = tmp_path / "lines"
    path.write_bytes(compress("\ufeffonè\r\n\ufefft\ufeffwo\r\n\ufeff\ufeff\U0001f600".encode(encoding)))
    assert read_lines(path) == ["onè", "t\ufeffwo", "\U0001f600"]


def test_read_lines_of_an_empty_file_is_empty(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"")
    assert read_lines(path) == []
    for content in (b"", b"\n \n", "\ufeff".encode(), "\u3000\n\u00a0\n".encode()):
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"`data` must contain examples\. Received: an empty file .*lines"
        ):
            read_nonempty_lines(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"a\n\xff\n",
            r"must contain UTF-8. Received: b'\\xff' \(line 2 of .*lines\)\. Save the file as UTF-8",
        ),
        (
            "a\nb".encode("utf-16-le"),
            r"must contain text\. Received: a NUL byte \(line 1 of .*a workbook as CSV",
        ),
        (b"\xff\xfea\0\n\0\0\xd8b\0", r"UTF-16\. Received: .* \(line 2 of"),
        (gzip.compress(b"a\tb\n" * 99, mtime=0)[:-6], r"must be a complete gzip file\. Received: .*lines"),
    ],
)
def test_read_lines_invalid_content_raises(tmp_path, content, message):
    path = tmp_path / "lines"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_lines(path)


def test_decode_line_names_its_source():
    assert decode_line("\ufeffolá\r\n".encode(), "standard input", 3) == "olá"
    with pytest.raises(ValueError, match=r"UTF-8\. Received: b'\\xe1!' \(line 3 of standard input\)"):
        decode_line(b"ol\xe1!\n", "standard input", 3)


def test_names_file_by_suffix_or_existence(tmp_path, monkeypatch):
    assert names_file("some/rows.tsv", (".tsv",))
    assert names_file("ROWS.TSV.GZ", (".tsv",))
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
    with pytest.raises(FileNotFoundError, match="a folder: name a file in it"):
        resolve_split_path(str(tmp_path), "test")


def test_check_equal_lengths_unequal_columns_raises():
    check_equal_lengths({"en": ["one"], "de": ["eins"]}, "pairs")
    with pytest.raises(ValueError, match=r"languages of pairs\. Received: 1 lines of en, 2 lines of de"):
        check_equal_lengths({"en": ["one"], "de": ["eins", "zwei"]}, "pairs")
