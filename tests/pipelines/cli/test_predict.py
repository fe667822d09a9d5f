"""Tests of predictions for the inputs of a command: lines, errors, notes."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from foveal.pipelines.cli.predict import (
    Prediction,
    UnreadableInputsError,
    explain_each,
    file_inputs,
    predict_each,
    require_text_output,
    rounded,
    text_inputs,
    truncation_note,
)


def upper(texts):
    return [Prediction(text.upper(), "" if text else "blank") for text in texts]


class StandardInput(io.StringIO):
    """A standard input with bytes, and whether it is a terminal."""

    def __init__(self, content, terminal=False):
        super().__init__()
        self.buffer = io.BytesIO(content)  # pyright: ignore[reportAttributeAccessIssue]
        self.isatty = lambda: terminal


def run(monkeypatch, content, **options):
    monkeypatch.setattr(sys, "stdin", StandardInput(content, **options))
    predict_each(text_inputs([]), upper, "texts", chunk_size=2)


def test_each_line_of_standard_input_gives_one_line(monkeypatch, capsys):
    run(monkeypatch, b"one\n\ntwo\r\n \nlast")  # no line feed at the end
    output = capsys.readouterr()
    assert output.out == "ONE\n\nTWO\n \nLAST\n"
    assert output.err == "standard input, line 2: blank\n"


def test_byte_order_mark_is_no_part_of_the_text(monkeypatch, capsys):
    run(monkeypatch, b"\xef\xbb\xbfone\n")
    assert capsys.readouterr().out == "ONE\n"


def test_terminal_shows_what_is_read(monkeypatch, capsys):
    run(monkeypatch, b"a\n", terminal=True)
    assert capsys.readouterr().err.startswith("reading texts from the standard input")


def test_empty_standard_input_raises(monkeypatch):
    with pytest.raises(ValueError, match="`texts` must not be empty"):
        run(monkeypatch, b"")


def test_closed_standard_input_raises(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match="`texts` must not be empty"):
        predict_each(text_inputs([]), upper, "texts")


def test_line_that_is_not_utf_8_has_an_empty_line_and_an_error(monkeypatch, capsys):
    with pytest.raises(ValueError, match="1 of 3 texts could not be read"):
        run(monkeypatch, b"one\na\xffb\ntwo\n")
    output = capsys.readouterr()
    assert output.out == "ONE\n\nTWO\n"
    assert output.err == "standard input, line 2: must be UTF-8. Received: byte 0xff at position 1\n"


def test_argument_that_is_not_utf_8_is_reported(capsys):
    with pytest.raises(ValueError, match="1 of 2 texts could not be read"):
        predict_each(text_inputs(["one", "a\udcff"]), upper, "texts")
    output = capsys.readouterr()
    assert output.out == "ONE\n\n"
    assert "text 2: must be UTF-8" in output.err


@pytest.mark.parametrize(("texts", "file"), [((), None), (["-"], None), ((), Path("-")), (["-"], Path("-"))])
def test_standard_input_is_the_default_and_named_by_a_hyphen(monkeypatch, texts, file):
    monkeypatch.setattr(sys, "stdin", StandardInput(b"one\ntwo\n"))
    assert [(name, read()) for name, read in text_inputs(texts, file)] == [
        ("standard input, line 1", "one"),
        ("standard input, line 2", "two"),
    ]


def test_lines_of_a_file_are_inputs(tmp_path):
    (tmp_path / "image").write_bytes(b"x")
    file = tmp_path / "lines"
    file.write_text(f"{tmp_path}/image\n-\n")
    assert [(name, read()) for name, read in text_inputs([], file)] == [
        (f"{file}, line 1", f"{tmp_path}/image"),
        (f"{file}, line 2", "-"),
    ]
    assert file_inputs([], file)[0].read() == b"x"
    with pytest.raises(FileNotFoundError):
        text_inputs([], tmp_path / "missing")
    file.write_text("")
    with pytest.raises(ValueError, match="`texts` must not be empty"):
        predict_each(text_inputs([], file), upper, "texts")


@pytest.mark.parametrize("inputs", [text_inputs, file_inputs])
def test_arguments_and_a_file_raise(inputs, tmp_path):
    with pytest.raises(ValueError, match=r"`file` must be left out .* Received: file=a\.txt"):
        inputs(["one"], Path("a.txt"))


def test_json_has_an_object_for_each_input(capsys):
    def predict(texts):
        return [Prediction("A", "cut", outputs={"text": "\x1bá\n", "score": 0.5})]

    with pytest.raises(UnreadableInputsError, match="1 of 2 texts"):
        predict_each(text_inputs(["one", "a\udcff"]), predict, "texts", as_json=True)
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"input": "text 1", "text": "\x1bá\n", "score": 0.5, "note": "cut"},
        {"input": "text 2", "error": "must be UTF-8. Received: 'a\\udcff'"},
    ]
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_json_with_an_explanation_raises():
    require_text_output(explain=True, as_json=False)
    require_text_output(explain=False, as_json=True)
    with pytest.raises(ValueError, match="`json` cannot be combined with `explain`"):
        require_text_output(explain=True, as_json=True)


def test_rounded_keeps_the_digits_of_float32():
    numbers = rounded(np.array([1 / 3, 1e-9], "float32"))
    assert numbers == [0.333333, 0.0]
    assert rounded(np.float32(0.1)) == 0.1


def test_output_is_one_printable_line(capsys):
    predict_each(text_inputs(["x"]), lambda texts: [Prediction("a\nb\x1b[2Jc\u2028d")], "texts")
    assert capsys.readouterr().out == "a b\\x1b[2Jc d\n"


def test_files_that_cannot_be_read_are_reported_and_skipped(tmp_path, capsys):
    (tmp_path / "a").write_bytes(b"a")
    paths = [tmp_path / "missing", tmp_path / "a", tmp_path]
    explained = []
    with pytest.raises(ValueError, match="2 of 3 images could not be read"):
        predict_each(file_inputs(paths), lambda files: [Prediction(f.decode()) for f in files], "images")
    output = capsys.readouterr()
    assert output.out == "\na\n\n"
    assert output.err.splitlines() == [
        f"{tmp_path / 'missing'}: No such file or directory",
        f"{tmp_path}: is a folder; name its files, such as {tmp_path}/*",
    ]
    with pytest.raises(ValueError, match="2 of 3 images could not be read"):
        explain_each(file_inputs(paths), lambda file, path: explained.append(path), Path("b.png"), "images")
    assert explained == [Path("b-2.png")]


def test_paths_are_read_from_standard_input(monkeypatch, tmp_path):
    (tmp_path / "a b").write_bytes(b"x")
    monkeypatch.setattr(sys, "stdin", StandardInput(f"\ufeff{tmp_path}/a b\r\n\n".encode()))
    (name, read), (blank, read_blank) = file_inputs([])
    assert (name, read()) == (f"{tmp_path}/a b", b"x")
    assert blank == "standard input, line 2"
    with pytest.raises(ValueError, match="a blank line"):
        read_blank()


def test_invalid_prediction_counts_as_failure(capsys):
    with pytest.raises(ValueError, match="1 of 1 images could not be read"):
        predict_each(text_inputs(["x"]), lambda _: [Prediction("", "broken", is_valid=False)], "images")
    assert capsys.readouterr().err == "text 1: broken\n"


def test_explanation_that_raises_is_reported(capsys):
    def explain(text, figure):
        if text == "b":
            raise ValueError("no picture")
        print(text, figure)

    with pytest.raises(ValueError, match="1 of 3 texts could not be read"):
        explain_each(text_inputs(["a", "b", "c"]), explain, Path("x.png"), "texts")
    output = capsys.readouterr()
    assert output.out.split() == ["a", "x-1.png", "c", "x-3.png"]
    assert output.err == "text 2: no picture\n"


@pytest.mark.parametrize(
    ("text", "bytes_read", "is_truncated"),
    [("one two", 3, True), ("one  \n", 3, False), ("é", 2, False), ("", 0, False), ("one two", None, False)],
)
def test_truncation_note_ignores_blanks(text, bytes_read, is_truncated):
    assert bool(truncation_note(text, bytes_read)) == is_truncated
