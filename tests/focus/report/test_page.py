"""The report in a browser: what is seen, by pointer, keyboard and ear."""

import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.figures.alignment import ATTENTION_COLORMAP
from foveal.focus.report.builder import report
from foveal.focus.report.example import ReportExample

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")


def words(text, *marks):
    labels = [*text.split(" "), *marks]
    ends = np.cumsum([len(label.encode()) + 1 for label in text.split(" ")]) - 1
    starts = [0, *(ends[:-1] + 1)]
    offsets = [*zip(starts, ends, strict=True), *[(ends[-1], ends[-1])] * len(marks)]
    return TextAxis(labels, np.array(offsets), text)


def sharp(queries, keys, heads):
    """Head h of a query looks at one key: that of its own number, plus h."""
    weights = np.zeros((1, heads, queries, keys))
    for head in range(heads):
        for query in range(queries):
            weights[0, head, query, (query + head) % keys] = 1
    return weights


SOURCE, TARGET = words("o gato preto", "[END]"), words("the black cat")
CROSS = FocusRecord("cross", sharp(3, 4, 2), gate=np.full((1, 2, 3), 0.25), queries=[TARGET], keys=[SOURCE])
SELF = FocusRecord("self", sharp(4, 4, 1), queries=[SOURCE], keys=[SOURCE])
GRID = ImageAxis(np.array([[r, c, r + 10, c + 10] for r in (0, 10) for c in (0, 10, 20)]), (20, 30))
SEEN = FocusRecord("seen", sharp(2, 6, 2), queries=[words("red square")], keys=[GRID])
LABEL = TextAxis(["positive"], np.zeros((1, 2)))
RTL = words("שלום לכל העולם")
MARKUP = words("<script>window.broken=1</script> 你好", " ", "")
PICTURE = np.full((20, 30, 3), 200, np.uint8)
TEXT_TO_TEXT = ReportExample(
    [CROSS, SELF], "o gato preto", "the black cat", gold={(1, 2), (2, 1)}, numbers={"error": {"model": 0.5}}
)
IMAGE_TO_TEXT = ReportExample([SEEN], "a picture", picture=PICTURE, boxes={1: [[2, 3, 12, 23]]})
TEXT_TO_LABEL = ReportExample(
    [FocusRecord("pooled", sharp(1, 3, 1), queries=[LABEL], keys=[RTL])], "שלום", gold={(2, 0)}
)
WITH_MARKUP = ReportExample([replace(CROSS, keys=[MARKUP])], "<b>bold</b>")
LONG = ReportExample([FocusRecord("long", np.ones((1, 1, 1, 300)) / 300)], "long " * 40)
EXAMPLES = [TEXT_TO_TEXT, IMAGE_TO_TEXT, TEXT_TO_LABEL, WITH_MARKUP, LONG]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "focus.html"
    path.write_text(report(EXAMPLES, "A <translator>", {"error": {"model": 0.2, "uniform": 0.9}}), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def tab(browser):
    """One tab for all tests; what it complains of, and whom it asks, is written down."""
    page: Any = browser.new_page(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(5000)
    page.complaints, page.asked = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    return page


@pytest.fixture
def page(tab, address):
    """The report, opened anew at its first example by day; with a quiet console at the end."""

    def opened(place=""):
        tab.goto("about:blank")
        tab.goto(f"{address}#{place}")
        return tab

    tab.set_viewport_size({"width": 1200, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.complaints.clear()
    tab.asked.clear()
    tab.opened = opened
    yield opened()
    assert tab.complaints == []
    assert {url.split(":")[0] for url in tab.asked} <= {"file", "about", "data"}


def grounds(page, side):
    """The colour of each word's ground."""
    return page.eval_on_selector_all(
        f"#{side} .word", "words => words.map(word => getComputedStyle(word).backgroundColor)"
    )


def rgb(share):
    return "rgb({}, {}, {})".format(*(round(255 * c) for c in ATTENTION_COLORMAP(float(share))[:3]))


def word(page, side, place):
    return page.locator(f"#{side} [data-place='{place}']")


def told(page):
    return page.locator("#live").text_content()


def test_hovering_a_word_shows_what_it_looked_at(page):
    page.locator("input[value='0']").check(force=True)
    for query in (0, 1, 2):
        word(page, "queries", query).hover()
        expected = [rgb(1.0 if key == query else 0.0) for key in range(4)]
        assert grounds(page, "keys") == expected
    assert told(page) == "cat looked at preto 100%; gate 0.25; gold: gato"
    assert page.locator("#told .who").text_content() == "cat looked at"


def test_hovering_what_was_read_shows_what_looked_at_it(page):
    word(page, "keys", 1).hover()
    assert told(page) == "gato was looked at by the 50%, black 50%; gold: cat"
    assert grounds(page, "queries") == [rgb(1), rgb(1), rgb(0)]


def test_what_was_clicked_comes_back_when_the_pointer_leaves(page):
    word(page, "queries", 1).click()
    word(page, "queries", 2).hover()
    assert told(page).startswith("cat looked at")
    page.mouse.move(600, 5)
    assert told(page).startswith("black looked at")
    assert word(page, "queries", 1).get_attribute("aria-selected") == "true"


def test_the_keyboard_does_the_same(page):
    word(page, "queries", 0).focus()
    page.keyboard.press("ArrowRight")
    assert told(page).startswith("black looked at")
    page.keyboard.press("End")
    assert told(page).startswith("cat looked at")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.dataset.side") == "keys"
    page.keyboard.press("ArrowRight")
    assert told(page).startswith("gato was looked at by")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_each_list_is_one_stop_of_the_tab_key(page):
    stops = page.eval_on_selector_all(
        "[role=listbox]", "lists => lists.map(list => list.querySelectorAll('[tabindex=\"0\"]').length)"
    )
    assert stops == [1, 1, 1]  # examples, read, answer


def test_a_head_shows_its_own_weights_and_their_mean_is_called_so(page):
    word(page, "queries", 0).click()
    assert page.locator("#heads label").all_text_contents() == ["mean", "1", "2"]
    assert told(page).startswith("the looked at o 50%, gato 50%")
    page.locator("input[value='1']").focus()
    page.keyboard.press("Space")
    assert told(page).startswith("the looked at gato 100%")
    page.keyboard.press("ArrowLeft")
    assert told(page).startswith("the looked at o 100%")


def test_a_layer_shows_its_own_axes(page):
    page.locator("#layer").select_option("self")
    assert page.locator("#queries .word").all_text_contents() == ["o", "gato", "preto", "[END]"]
    assert page.locator("#queries-name").text_content() == "By which word"
    assert page.locator("#heads").is_hidden()
    assert page.locator("#gate-key").is_hidden()


def test_the_gate_is_a_bar_under_each_answered_word(page):
    shares = "all => all.map(i => parseFloat(getComputedStyle(i, '::after').width) / i.clientWidth)"
    np.testing.assert_allclose(page.eval_on_selector_all("#queries .word i", shares), [0.25] * 3, atol=0.01)
    assert page.locator("#keys .word i").count() == 0


def test_gold_is_outlined_in_both_directions(page):
    word(page, "queries", 1).click()
    assert page.locator(".word.mark").all_text_contents() == ["preto"]
    word(page, "keys", 1).hover()
    assert page.locator(".word.mark").all_text_contents() == ["cat"]
    assert page.locator("#gold-key").is_visible()


def test_measures_stand_beside_those_of_controls(page):
    tables = [table.inner_text().split() for table in page.locator("#measures table").all()]
    assert tables == [
        "This example model error 0.50".split(),
        "All 5 examples model uniform error 0.20 0.90".split(),
    ]


def test_every_weight_is_in_a_table(page):
    rows = [row.all_text_contents() for row in (r.locator("th, td") for r in page.locator("#all tr").all())]
    assert rows == [
        ["%", "o", "gato", "preto", "[END]", "gate"],
        ["the", "50", "50", "0", "0", "0.25"],
        ["black", "0", "50", "50", "0", "0.25"],
        ["cat", "0", "0", "50", "50", "0.25"],
    ]
    assert page.locator("#all td.mark").all_text_contents() == ["50", "0"]
    page.locator("input[value='0']").check(force=True)
    assert page.locator("#all tbody tr").nth(1).inner_text().split() == [
        "black",
        "0",
        "100",
        "0",
        "0",
        "0.25",
    ]


def test_the_table_of_a_long_text_is_cut_and_says_so(page):
    page.opened("5")
    page.locator("summary").click()
    page.locator("#all caption", has_text="The first 100 words.").wait_for()  # it is made when it is opened
    assert page.locator("#all tbody tr").count() == 100
    assert page.locator("#all caption").text_content() == "The first 100 words."


def test_small_maps_of_the_heads_have_the_colours_of_their_weights(page):
    pixels = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    found = np.reshape(page.locator("canvas[data-head='0']").evaluate(pixels), (3, 4, 4))[..., :3]
    for query in range(3):
        for key in range(4):
            assert "rgb({}, {}, {})".format(*found[query, key]) == rgb(query == key)


def test_a_picture_is_lit_where_a_word_looked(page):
    page.opened("2")
    word(page, "queries", 1).hover()
    page.locator("input[value='0']").check(force=True)
    word(page, "queries", 1).hover()
    lights = page.eval_on_selector_all(
        ".lights rect", "all => all.map(r => Number(r.getAttribute('opacity')))"
    )
    assert lights == [0, 1, 0, 0, 0, 0]
    assert told(page) == "square looked at row 1, column 2 100%; gold: 1 box"
    box = page.locator("svg .gold rect")
    assert [box.get_attribute(name) for name in ("x", "y", "width", "height")] == ["3", "2", "20", "10"]


def test_arrows_walk_over_the_regions_of_a_picture(page):
    page.opened("2")
    word(page, "keys", 0).focus()
    for key, region in {
        "ArrowDown": "row 2, column 1",
        "ArrowRight": "row 2, column 2",
        "ArrowUp": "row 1, column 2",
    }.items():
        page.keyboard.press(key)
        assert told(page).startswith(
            f"{region} was looked at by" if "row 1" in region else f"{region} looked at nothing"
        )
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "row 1, column 2"


def test_a_text_from_right_to_left_runs_so_and_so_do_the_arrows(page):
    page.opened("3")
    lefts = [word(page, "keys", place).bounding_box()["x"] for place in range(3)]
    assert lefts == sorted(lefts, reverse=True)
    word(page, "keys", 0).focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.place") == "1"
    assert page.locator(".word.mark").count() == 0
    word(page, "queries", 0).focus()
    assert page.locator(".word.mark").all_text_contents() == ["העולם"]


def test_markup_in_the_data_is_text(page):
    page.opened("4")
    shown = page.locator("#keys .word").all_text_contents()
    assert shown == ["<script>window.broken=1</script>", "你好", "' '", "''"]
    assert page.evaluate("window.broken") is None
    assert page.locator("#examples [aria-selected=true]").text_content() == "<b>bold</b>"
    assert page.locator("h1").text_content() == "A <translator>"


def test_an_example_is_chosen_by_list_filter_and_buttons(page):
    page.locator("#next").click()
    assert page.locator("#list").text_content() == "2 of 5"
    page.locator("#filter").fill("BLACK")
    assert page.locator("#examples > :visible").all_text_contents() == ["o gato preto", "<b>bold</b>"]
    assert page.locator("#found").text_content() == "2 of 5 examples"
    page.locator("#examples > :visible").nth(0).click()
    page.keyboard.press("ArrowDown")
    assert page.locator("#list").text_content() == "4 of 5"
    assert page.evaluate("document.activeElement.textContent") == "<b>bold</b>"


def test_the_address_brings_back_what_was_shown(page):
    page.locator("input[value='1']").check(force=True)
    word(page, "queries", 2).click()
    place = page.evaluate("location.hash")
    page.opened("3")
    page.opened(place.removeprefix("#"))
    assert told(page).startswith("cat looked at [END] 100%")
    page.evaluate("location.hash = '#2/1/2/keys/4'")
    page.wait_for_function("document.getElementById('list').textContent === '2 of 5'")
    assert told(page).startswith("row 2, column 1 ")
    page.opened("99/x/%22")
    assert page.locator("#list").text_content() == "1 of 5"


def test_light_and_dark_follow_the_system_and_the_switch(page):
    def ground():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    day = ground()
    page.emulate_media(color_scheme="dark")
    night = ground()
    assert day != night
    assert grounds(page, "keys")[0] != rgb(1)
    page.locator("#theme").click()
    assert ground() == day
    assert rgb(1) in grounds(page, "keys")


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const pixel = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const ground = (element) => {
    const colour = pixel(getComputedStyle(element).backgroundColor);
    return colour[3] === 255 ? colour : ground(element.parentElement);
  };
  const hasText = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll('body *')]
    .filter((e) => hasText(e) && e.checkVisibility() && !e.closest('svg, script, .unseen, .skip, :disabled'))
    .map((e) => {
      const pair = [luminance(pixel(getComputedStyle(e).color)), luminance(ground(e))];
      return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), `${e.tagName} ${e.textContent}`];
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(page, scheme):
    page.emulate_media(color_scheme=scheme)
    ratios = page.evaluate(CONTRAST)
    assert len(ratios) > 30
    assert [pair for pair in ratios if pair[0] < 4.5] == []  # WCAG 2, level AA


@pytest.mark.parametrize("width", [320, 768, 2200])
def test_no_width_needs_to_be_scrolled_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.getElementById('all').open = true")
    for _ in EXAMPLES:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.evaluate("document.getElementById('next').click()")


def test_on_a_phone_the_list_opens_from_a_button(page):
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.locator("#examples").is_hidden()
    page.locator("#list").click()
    assert page.locator("#list").get_attribute("aria-expanded") == "true"
    page.locator("#examples > *").nth(1).click()
    assert page.locator("#list").text_content() == "2 of 5"


def test_a_tap_does_what_a_hover_does_and_stays(browser, address):
    page = browser.new_page(viewport={"width": 375, "height": 800}, has_touch=True)
    page.goto(address)
    word(page, "queries", 2).tap()
    assert told(page).startswith("cat looked at")
    word(page, "keys", 0).tap()
    assert told(page).startswith("o was looked at by the 50%")
    page.close()


def test_a_hover_is_answered_in_a_tenth_of_a_second(page):
    page.opened("5")  # 300 words
    took = page.evaluate("""async () => {
      const times = [];
      for (const word of [...document.querySelectorAll('#keys .word')].slice(0, 9)) {
        const start = performance.now();
        word.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
        await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        times.push(performance.now() - start);
      }
      return times;
    }""")
    assert np.median(took) < 100
