import html
import re

from foveal.focus.report import ReportPage

PAGE = ReportPage('<!DOCTYPE html><p title="a &amp; b">n\u00e3o</p>')


def test_page_is_saved_in_utf_8(tmp_path):
    path = PAGE.save(str(tmp_path / "focus.html"))
    assert path.read_bytes().decode("utf-8") == PAGE


def test_notebook_shows_the_page_in_a_frame():
    [source] = re.findall(r'^<iframe srcdoc="([^"]*)"', PAGE._repr_html_())
    assert html.unescape(source) == PAGE
    assert repr(PAGE) == "<ReportPage: 43 characters of HTML>"
