"""Tables in text files."""

import csv
from pathlib import Path

import pytest

from foveal.datasets.files.tables import read_csv_rows, read_table, read_tsv_rows

PATH = Path("rows.txt")
NAMES = ("text", "label")


def table(content, name="t.csv", **options):
    return read_table(content.split("\n"), Path(name), NAMES, strict=True, **options)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "t"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [["text", "label"], ["Label", " TEXT"], ["id", "label", "x", "text"]])
def test_read_table_finds_columns_by_name_whatever_the_delimiter(name, delimiter, header):
    values = {"text": "fine", "label": "good"}
    row = delimiter.join(values.get(column.strip().lower(), "?") for column in header)
    result = table(f"{delimiter.join(header)}\n\n{row}\n", name)
    assert result == ([(3, ["fine", "good"])], True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'a,"x"\n"b, c",y'),
        ("t.csv", "a;x\nb, c;y"),
        ("t.csv", "a\tx\nb, c\ty"),
        ("t.tsv", "a\tx\n\t\nb, c\ty"),
        ("t.txt", "a\tx\n \nb, c\ty"),
        ("t.tsv", "a;x\nb, c;y"),
    ],
)
def test_read_table_without_names_takes_the_delimiter_that_fits_all_rows(name, content):
    rows, has_header = table(content, name)
    assert [cells for _, cells in rows] == [["a", "x"], ["b, c", "y"]]
    assert not has_header


def test_read_table_optional_columns_may_be_missing():
    lines = ["text,label,split", "a,x,dev", "b,y"]
    assert read_table(lines, PATH, NAMES, ("split",)).rows == [(2, ["a", "x", "dev"]), (3, ["b", "y", ""])]
    assert read_table(["text,label", "a,x"], PATH, NAMES, ("split",)).rows == [(2, ["a", "x", ""])]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "review,stars,id\na,x,1",
            {},
            r"named text and label in its first line, or 2.*'review,stars,id' in t\.csv",
        ),
        (
            "review;stars\na;x",
            {"needs_header": True, "advice": "Name them"},
            r"text and label\..*stars' .*Name them",
        ),
        ("text,label,text\na,x,b", {}, "each column once. Received: 2 columns named text in t.csv"),
        (
            "text,label\na, b,x",
            {},
            r"2 columns\. Received: 3 columns \(line 2 of t\.csv\)\. Values .* need quotes",
        ),
        ("text,label\na", {}, r"Received: 1 columns \(line 2"),
        ("a,x\nb,y,z", {}, r"2 columns\. Received: 3 columns \(line 2"),
        ('text,label\na,x\n"b,y', {}, r"values between commas.*line 3"),
        ("text,label\na\rb,x", {}, r"a carriage return outside of quotes \(line 2"),
    ],
)
def test_read_table_malformed_raises(content, options, message):
    with pytest.raises(ValueError, match=message):
        table(content, **options)


def test_read_table_of_tabs_with_quoted_line_breaks_gives_advice():
    with pytest.raises(ValueError, match=r"1 columns \(line 2 of t\.tsv\)\. Quotes do not hold .*\.csv"):
        table('text\tlabel\n"a\nb"\tx', "t.tsv")


def test_read_csv_rows_numbers_the_last_line_of_each_row():
    rows = read_csv_rows(['a,"b', 'c"', "", "d, e"], PATH)
    assert rows == [(2, ["a", "b\nc"]), (3, []), (4, ["d", " e"])]
    with pytest.raises(ValueError, match=r"values between commas.*\(line 2 of rows\.txt\)"):
        read_csv_rows(["a,b", '"c'], PATH, strict=True)


def test_read_csv_rows_reads_long_fields_and_keeps_the_limit():
    limit = csv.field_size_limit()
    assert read_csv_rows(["a" * (limit + 1) + ",b"], PATH) == [(1, ["a" * (limit + 1), "b"])]
    with pytest.raises(ValueError, match="values between commas"):
        read_csv_rows(['"'], PATH, strict=True)
    assert csv.field_size_limit() == limit
    assert table("text,label\n" + "a" * (limit + 1) + ",b").rows[0][1][1] == "b"


def test_read_tsv_rows_keeps_quotes():
    assert list(read_tsv_rows(['"a\tb"', ""])) == [(1, ['"a', 'b"']), (2, [""])]
