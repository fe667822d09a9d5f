"""Tests of the page in a browser: typing, pictures, errors, links, copies, keyboard, key, loading, sizes."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from foveal.pipelines.serving import ServingConfig, create_app


@pytest.fixture(scope="module")
def tab(browser):
    """One tab for all tests, which collects the errors of scripts and the addresses of requests."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page: Any = context.new_page()
    page.set_default_timeout(10_000)
    page.errors, page.requests = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if "Policy" in message.text else None)
    page.on("request", lambda request: page.requests.append(request.url))
    return page


@pytest.fixture
def open_page(tab):
    """A function that opens the page of a server; no script fails, and no other host gets a request."""
    addresses = []

    def open_at(url, hash_=""):
        addresses.append(url)
        tab.goto("about:blank")
        tab.goto(f"{url}/{hash_}")
        return tab

    tab.errors.clear()
    tab.requests.clear()
    tab.set_viewport_size({"width": 1200, "height": 900})
    tab.emulate_media(color_scheme="light")
    yield open_at
    tab.unroute_all()
    assert tab.errors == []
    hosts = (*addresses, "about:", "data:")
    assert [url for url in tab.requests if not url.startswith(hosts)] == []


@pytest.fixture(scope="module")
def reverser_url(run_server, models):
    return run_server(models, warm_up=False)


def wait_for_answer(page, text):
    """Wait for an answer. `wait_for_function` would need `unsafe-eval`, which the page does not allow."""
    page.locator("#answer:not(.stale) #prediction", has_text=text).wait_for()


def words(page, side):
    return page.locator(f"#{side} .word").all_text_contents()


def option(page, side, index):
    return page.locator(f"#{side} [data-index='{index}']")


def test_typed_text_has_an_answer_with_attention(open_page, reverser_url):
    page = open_page(reverser_url)
    page.locator("#text").press_sequentially("abc de", delay=20)
    wait_for_answer(page, "ed cba")
    assert words(page, "keys") == ["abc", "de", "[END]"]
    assert words(page, "queries") == ["ed", "cba"]
    answers = [url for url in page.requests if url.endswith("/page/models/reverser")]
    assert len(answers) < 6  # not one for each key
    option(page, "queries", 0).click()
    assert page.locator("#top-weights li bdi").first.text_content() == "de"
    assert "ed attends to de" in page.locator("#live").text_content()
    assert page.evaluate("document.activeElement.dataset.side") == "queries"


def test_later_text_replaces_an_earlier_request(open_page, reverser_url):
    page = open_page(reverser_url)
    page.locator("#text").fill("first text")
    page.locator("#text").press("Control+Enter")
    page.locator("#text").fill("second text")
    wait_for_answer(page, "txet dnoces")
    page.locator("#text").fill("  ")
    page.locator("#answer").wait_for(state="hidden")
    assert page.locator("#viewer").is_hidden()


def test_error_is_shown_in_words_and_goes_with_the_next_text(open_page, reverser_url):
    page = open_page(reverser_url)
    page.locator("#text").fill("fail")  # the model refuses four letters
    page.get_by_text("refuses four letters").wait_for()
    assert page.locator("#problem").get_attribute("role") == "alert"
    assert page.locator("#viewer").is_hidden()
    page.locator("#text").fill("works")
    wait_for_answer(page, "skrow")
    assert page.locator("#problem").text_content() == ""


def test_markup_in_text_is_shown_as_text(open_page, reverser_url):
    text = "<img src=x onerror=window.broken=1> </script>"
    page = open_page(reverser_url)
    page.locator("#text").fill(text)
    wait_for_answer(page, text[::-1])
    assert page.locator("#viewer img, #answer img").count() == 0
    assert page.evaluate("window.broken") is None


def test_server_that_ends_is_named(open_page, reverser_url):
    page = open_page(reverser_url)
    page.locator("#text").wait_for()
    page.route("**/page/models/*", lambda route: route.abort())
    page.locator("#text").fill("abc")
    page.get_by_text("The server does not answer. Is it still running?").wait_for()


def test_link_opens_text_layer_head_and_selection(open_page, reverser_url):
    page = open_page(reverser_url)
    page.locator("#text").fill("über & so #1")
    wait_for_answer(page, "1# os & rebü")
    page.locator("#layer").select_option("1")
    option(page, "keys", 2).click()
    page.locator("#copy-link").click()
    page.get_by_text("Link copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(reverser_url)
    page = open_page(reverser_url, "/".join(link.split("/")[3:]))
    wait_for_answer(page, "1# os & rebü")
    assert page.locator("#text").input_value() == "über & so #1"
    assert page.locator("#layer").input_value() == "1"
    assert option(page, "keys", 2).get_attribute("aria-selected") == "true"


@pytest.mark.parametrize(
    "hash_", ["#", "#task=no", "#task=constructor", "#task=translate&layer=99&head=x&queries=77&text=ab"]
)
def test_malformed_link_opens_the_page(open_page, reverser_url, hash_):
    page = open_page(reverser_url, hash_)
    page.locator("#text").fill("abc")
    wait_for_answer(page, "cba")


def test_answer_is_copied_as_json(open_page, reverser_url):
    page = open_page(reverser_url)
    page.locator("#text").fill("abc de")
    wait_for_answer(page, "ed cba")
    page.locator("#copy-json").click()
    page.get_by_text("JSON copied.").wait_for()
    answer = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert (answer["model"], answer["input"], answer["prediction"]["text"]) == (
        "reverser",
        "abc de",
        "ed cba",
    )
    layer = answer["attention"][0]
    assert (layer["queries"], layer["keys"]) == (["ed", "cba"], ["abc", "de", "[END]"])
    assert layer["weights"] == [[[0, 1, 0], [1, 0, 0]]]


def test_tabs_follow_the_models_and_the_arrow_keys(open_page, pipelines_url):
    page = open_page(pipelines_url)
    tabs = page.get_by_role("tab")
    tabs.nth(2).wait_for()
    assert tabs.all_text_contents() == ["translate", "classify", "describe"]
    page.locator("#text").fill("the dog sat.")
    tabs.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert page.locator("#text").input_value() == ""
    page.locator("#text").fill("the tea was lovely!")
    page.locator("#probabilities li").nth(2).wait_for()
    assert words(page, "keys") == ["the", "tea", "was", "lovely", "!"]
    assert page.locator("#heads label").count() == 3  # the mean and two heads
    page.get_by_role("tab", name="translate").click()
    assert page.locator("#text").input_value() == "the dog sat."


def test_dropped_picture_is_described_with_its_regions(open_page, pipelines_url, image):
    page = open_page(pipelines_url)
    page.get_by_role("tab").nth(2).wait_for()
    drop(page, "photo.png", "image/png", image)
    page.locator("#answer").wait_for()
    assert page.get_by_role("tab", name="describe").get_attribute("aria-selected") == "true"
    assert page.locator("#picture").text_content().strip() == "photo.png"
    page.locator("#keys svg").wait_for()
    assert page.locator("#keys svg").get_attribute("viewBox") == "0 0 30 20"
    assert page.locator("#keys svg image").get_attribute("href").startswith("data:image/jpeg")
    page.locator("#queries .word").first.click()
    assert page.locator("#keys .lights rect").count() == page.locator("#keys .regions rect").count() > 1
    page.locator("#copy-link").click()
    page.get_by_text("Link copied, without the picture.").wait_for()


def test_file_that_is_no_image_is_refused_in_words(open_page, pipelines_url):
    page = open_page(pipelines_url, "#task=describe")
    page.locator("#picture").wait_for()
    page.locator("#file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no image"})
    page.get_by_text("The file must be a complete JPEG, PNG, GIF, BMP or WebP image").wait_for()


def test_dropped_text_file_is_read(open_page, reverser_url, image):
    page = open_page(reverser_url)
    page.locator("#text").wait_for()
    drop(page, "notes.txt", "text/plain", b"abc de")
    wait_for_answer(page, "ed cba")
    assert page.locator("#text").input_value() == "abc de"
    drop(page, "photo.png", "image/png", image)
    page.get_by_text("No model describes pictures.").wait_for()
    drop(page, "long.txt", "text/plain", b"a" * 100_001)
    page.get_by_text("A text must have at most 0.1 MB. long.txt has 0.1 MB.").wait_for()


def drop(page, name, kind, content):
    transfer = page.evaluate_handle(
        """([name, type, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
            return transfer;
        }""",
        [name, kind, list(content)],
    )
    page.dispatch_event("#inputs", "drop", {"dataTransfer": transfer})


def test_folder_without_models_names_the_command(open_page, reverser_url, tmp_path):
    with TestClient(create_app(ServingConfig(models=tmp_path))) as client:
        answer = client.get("/page/models").json()
    page = open_page("about:blank")
    page.route("**/page/models", lambda route: route.fulfill(json=answer))
    page = open_page(reverser_url)
    page.locator("#models-status code").get_by_text("make", exact=True).wait_for()
    assert page.locator("#panel").is_hidden()
    page.unroute_all()
    page.get_by_role("tab", name="translate").wait_for()  # the models of the next answer


def test_link_to_a_model_that_is_loading_waits_for_it(open_page, pipelines_url):
    page = open_page("about:blank")
    classifier = {"name": "sentiment", "version": 1, "task": "classify", "hasAttention": True}
    loading = {"models": [classifier], "loading": ["translation"], "refused": [], "hint": "", "limits": {}}
    page.route("**/page/models", lambda route: route.fulfill(json=loading))
    page = open_page(pipelines_url, "#task=translate&text=the+dog+sat.")
    page.get_by_text("Loading the models: translation …").wait_for()
    page.get_by_role("tab", name="classify").wait_for()
    assert page.locator("#panel").is_hidden()
    page.unroute_all()
    page.get_by_role("tab", name="translate", selected=True).wait_for()
    assert page.locator("#text").input_value() == "the dog sat."


def test_key_is_requested_and_used(open_page, run_server, models):
    page = open_page(run_server(models, warm_up=False, api_key="secret"))
    page.locator("#key").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("The API key is wrong.").wait_for()
    page.locator("#key").fill("secret")
    page.keyboard.press("Enter")
    page.locator("#text").fill("abc")
    wait_for_answer(page, "cba")
    page.evaluate("sessionStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_has_no_horizontal_scrolling(open_page, pipelines_url, scheme):
    page = open_page(pipelines_url, "#task=classify&text=the+tea+was+lovely!")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.locator("#viewer").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(246, 247, 249)", "dark": "rgb(18, 20, 26)"}[scheme]
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != background
