"""Rows of JSON files."""

from pathlib import Path

import pytest

from foveal.datasets.files.json_rows import check_encodable, read_json_rows

PATH = Path("rows.jsonl")
TYPES = {"text": (str,), "label": (str, int, float)}


def read(*lines):
    return list(read_json_rows(lines, PATH, TYPES, "Name them"))


def test_read_json_rows_selects_keys_and_skips_blank_lines():
    rows = read('{"label": 1, "text": "a", "id": 3}', " ", '{"text": "\\ud83d\\ude00", "label": 0.5}')
    assert rows == [(1, ["a", 1]), (3, ["\U0001f600", 0.5])]


def test_read_json_rows_of_a_list():
    expected = [(1, ["a", 1]), (2, ["b", "c"])]
    assert read('[{"text": "a", "label": 1}, {"text": "b", "label": "c"}]') == expected
    assert read("", "[", '{"text": "a",', '"label": 1},', '{"text": "b", "label": "c"}]') == expected
    with pytest.raises(ValueError, match=r"'text' .*Received: '3' \(object 2 of rows\.jsonl\)"):
        read('[{"text": "a", "label": 1},', "3]")
    with pytest.raises(ValueError, match=r"list of JSON objects\. Received: .* \(line 2 of rows\.jsonl\)"):
        read('[{"text": "a",', "label}]")


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", "3", '"text"', "null"]
    + [f'{{"text": "a", "label": {label}}}' for label in ("true", "null", "NaN", "[]")]
    + [f'{{"text": {text}, "label": 1}}' for text in ("1", "null", '["a"]')],
)
def test_read_json_rows_malformed_line_raises(line):
    with pytest.raises(
        ValueError, match=r"'text' \(str\) and 'label' \(str or int or float\).* 1 of rows\.jsonl\)$"
    ):
        read(line)


def test_read_json_rows_without_a_key_gives_advice():
    with pytest.raises(ValueError, match=r'Received: .*"review".*\(line 1 of rows\.jsonl\)\. Name them$'):
        read('{"review": "a", "label": "b"}')


def test_lone_surrogate_raises():
    with pytest.raises(ValueError, match=r"the lone surrogate '\\ud800' \(line 2 of rows\.jsonl\)\. Remove"):
        read('{"text": "a", "label": 1}', '{"text": "a\\ud800", "label": 1}')
    with pytest.raises(ValueError, match="lone surrogate"):
        read('{"text": "a", "label": "\\udfff"}')
    check_encodable("\U0001f600", PATH, 1)
