"""Figures of the documentation, written by `.venv/bin/python docs/figures.py` (`make figures`)."""

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from playwright.sync_api import sync_playwright

from foveal.focus.figures.style import ATTENTION_COLORMAP, GATE_COLOR, TEXT_COLOR
from foveal.layers import (
    AdaptiveSpan,
    AlibiBias,
    CoverageBias,
    DiagonalBias,
    Entmax,
    GaussianBias,
    GumbelSoftmax,
    Monotonic,
    MonotonicChunkwise,
    MultiHeadAttention,
    PredictedGaussianBias,
    PriorBias,
    RelativeBias,
    SlidingWindow,
    SoftAttention,
    Softmax,
    TopK,
    distributions,
    scores,
)
from foveal.pipelines.captioning.analysis.explanation import explain
from foveal.pipelines.captioning.image_decoding import decode_image
from foveal.pipelines.saved_model.loading import load_saved_model

DOCS = Path(__file__).parent
SCORES = np.array([0.3, 1.1, 2.0, 1.8, 0.6, -0.4, 1.4, -1.2], "float32")
BAR_COLOR, PALE_COLOR = "#0e6cb2", "#c9cdd6"


def to_numpy(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def subplot_grid(
    titles: list[str], columns: int, width: float = 2.3, height: float = 1.9
) -> tuple[Figure, list[Axes]]:
    """Create a figure with one panel for each title. `width` and `height` are those of a panel, in inches."""
    rows = -(-len(titles) // columns)
    figure = Figure((columns * width, rows * height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for ax in axes[len(titles) :]:
        ax.set_visible(False)
    for title, ax in zip(titles, axes, strict=False):
        ax.set_title(title, fontsize=9, color=TEXT_COLOR, loc="left")
        ax.tick_params(labelsize=7, color=PALE_COLOR, labelcolor=TEXT_COLOR)
        ax.spines[:].set_color(PALE_COLOR)
    return figure, list(axes[: len(titles)])


# --- distributions -----------------------------------------------------------------------------------


def plot_distributions() -> None:
    """Plot the weights of every distribution for the same scores."""
    parts = {
        "softmax": (Softmax(), False),
        "softmax, temperature 0.5": (Softmax(temperature=0.5), False),
        "softmax, temperature 2": (Softmax(temperature=2.0), False),
        "entmax, alpha 1.2": (Entmax(initial_alpha=1.2), False),
        "entmax15": (distributions.get("entmax15"), False),
        "sparsemax": (distributions.get("sparsemax"), False),
        "top-k, k = 3": (TopK(3), False),
        "Gumbel-softmax, one sample": (GumbelSoftmax(temperature=1.0, hard=False, seed=4), True),
        "reinforce, one sample": (distributions.get("reinforce", mixture=0.0, seed=3), True),
        "reinforce, inference": (distributions.get("reinforce"), False),
        "straight_through": (distributions.get("straight_through"), False),
        "monotonic, previous key 4": (Monotonic(initial_offset=-1.0), False),
        "monotonic chunkwise, 3 keys": (MonotonicChunkwise(chunk_size=3, initial_offset=-1.0), False),
    }
    figure, axes = subplot_grid(["scores", *parts], columns=5)
    axes[0].bar(range(len(SCORES)), SCORES, color=PALE_COLOR)
    axes[0].axhline(0, color=TEXT_COLOR, linewidth=0.5)
    for ax, (part, training) in zip(axes[1:], parts.values(), strict=True):
        previous = {"previous": np.eye(1, len(SCORES), 4, dtype="float32")} if part.state_keys else {}
        weights, _ = part(SCORES[None, None], training=training, **previous)
        ax.bar(range(len(SCORES)), to_numpy(weights)[0, 0], color=BAR_COLOR)
        ax.set_ylim(0, 1.05)
    for ax in axes:
        ax.set_xticks(range(len(SCORES)))
    figure.savefig(DOCS / "distributions.png", dpi=110)


# --- biases ------------------------------------------------------------------------------------------


def plot_biases(length: int = 24, query: int = 15) -> None:
    """Plot the weights of every bias for equal scores. The line marks one query."""
    prior = np.where(np.isin(np.arange(length), (3, 4, 11)), 1.0, 0.1) * np.ones((1, length, length))
    relative = RelativeBias(num_buckets=8, max_distance=16, bidirectional=True)
    parts = {
        "none": None,
        "alibi, slope 1/4": AlibiBias(),
        "relative (T5), random weights": relative,
        "gaussian, width 3": GaussianBias(width=3.0),
        "predicted_gaussian": PredictedGaussianBias(),
        "diagonal": DiagonalBias(width=0.1),
        "window, 4 keys back": SlidingWindow(back=4),
        "adaptive_span, 6, ramp 6": AdaptiveSpan(max_span=16, ramp=6, initial_span=6),
        "prior": PriorBias(),
        "prior + coverage": [PriorBias(), CoverageBias(strength=3.0)],
        "alibi + window": [AlibiBias(), SlidingWindow(back=6)],
        "rotary": "rotary",
    }
    figure, axes = subplot_grid(list(parts), columns=4, width=2.5, height=2.4)
    keras.utils.set_random_seed(2)
    vectors = np.random.default_rng(2).normal(size=(1, length, 8)).astype("float32")
    for ax, part in zip(axes, parts.values(), strict=True):
        ones = np.ones_like(vectors)  # rotary rotates queries and keys, which must not be zero
        layer = MultiHeadAttention(4, 8, score="dot", bias=part, use_bias=False)
        has_prior = any(isinstance(bias, PriorBias) for bias in (part if isinstance(part, list) else [part]))
        arguments = {"prior": prior.astype("float32")} if has_prior else {}
        layer(ones, ones, **arguments)
        if isinstance(part, RelativeBias):
            part.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in part.get_weights()])
        is_predicted = isinstance(part, PredictedGaussianBias)
        queries, keys = (vectors, ones * 0) if is_predicted else (ones * 0.7, ones)
        _, weights = layer(queries, keys, return_attention_scores=True, **arguments)
        ax.imshow(to_numpy(weights)[0, 0], cmap=ATTENTION_COLORMAP, vmin=0)
        ax.axhline(query, color=GATE_COLOR, linewidth=0.8)
        ax.set_xlabel("key", fontsize=7, color=TEXT_COLOR)
        ax.set_ylabel("query", fontsize=7, color=TEXT_COLOR)
    figure.savefig(DOCS / "biases.png", dpi=110)


# --- scores ------------------------------------------------------------------------------------------


def plot_scores(resolution: int = 60, limit: float = 2.0) -> None:
    """Plot every score of one query (the arrow) against the keys of a plane."""
    axis = np.linspace(-limit, limit, resolution, dtype="float32")
    keys = np.stack(np.meshgrid(axis, axis), -1).reshape(1, -1, 2)
    query = np.array([[[1.2, 0.5]]], "float32")
    names = ["dot", "scaled_dot", "cosine", "general", "additive", "concat"]
    figure, axes = subplot_grid(names, columns=3, width=2.4, height=2.3)
    for ax, name in zip(axes, names, strict=True):
        keras.utils.set_random_seed(5)
        score = scores.get(name, **({"units": 8} if name in ("additive", "concat") else {}))
        plane = to_numpy(score(query, keys)).reshape(resolution, resolution)
        maximum = np.abs(plane).max()
        extent = (-limit, limit, -limit, limit)
        ax.imshow(plane, origin="lower", extent=extent, cmap="RdBu_r", vmin=-maximum, vmax=maximum)
        ax.contour(axis, axis, plane, levels=8, colors=TEXT_COLOR, linewidths=0.3)
        ax.annotate("", query[0, 0], (0, 0), arrowprops={"arrowstyle": "->", "color": TEXT_COLOR})
    figure.savefig(DOCS / "scores.png", dpi=110)


# --- gates -------------------------------------------------------------------------------------------


def plot_gates() -> None:
    """Plot the sentinel gate over the score of the sentinel, and the soft mask of the adaptive span."""
    titles = ["sentinel gate", "adaptive span: soft mask"]
    figure, (sentinel, span) = subplot_grid(titles, columns=2, width=3.4, height=2.3)
    sentinel_scores = np.linspace(-3, 7, 101, dtype="float32")
    for name in ("softmax", "entmax15", "sparsemax"):
        joint = np.concatenate([np.tile(SCORES, (101, 1)), sentinel_scores[:, None]], 1)
        weights, _ = distributions.get(name)(joint)
        sentinel.plot(sentinel_scores, to_numpy(weights)[:, -1], label=name)
    sentinel.set_xlabel("score of the sentinel", fontsize=7)
    sentinel.set_ylabel("gate", fontsize=7)
    sentinel.legend(fontsize=7, frameon=False)
    length = 48
    for initial in (4, 12, 24):
        layer = SoftAttention("dot", bias=AdaptiveSpan(max_span=32, ramp=12, initial_span=initial))
        zeros = np.zeros((1, length, 2), "float32")
        _, weights = layer(zeros, zeros, use_causal_mask=True, return_attention_scores=True)
        last = to_numpy(weights)[0, -1, ::-1]
        span.plot(np.arange(length), last / last.max(), label=f"span {initial}")
    span.set_xlabel("positions back", fontsize=7)
    span.legend(fontsize=7, frameon=False)
    figure.savefig(DOCS / "gates.png", dpi=110)


# --- report ------------------------------------------------------------------------------------------


def screenshot_report(example: int = 3, word: int = 2) -> None:
    """Take a screenshot of the report that `make captioning` writes. Requires the report and chromium."""
    pages = sorted((DOCS.parent / "saved_models/captioning").glob("*/assets.extra/focus.html"))
    chromium = shutil.which("chromium")
    if not pages or not chromium:
        print("report.png is not updated: run `make captioning` first, and install chromium.")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 660}, color_scheme="light")
        page.goto(f"{pages[-1].as_uri()}#{example}/1/0/queries/{word + 1}")
        page.screenshot(path=DOCS / "report.png")
        browser.close()


# --- caption -----------------------------------------------------------------------------------------


def draw_caption() -> None:
    """Draw the attention and the gate of the caption that `make captioning` shows. Requires its export."""
    images = sorted((DOCS.parent / "saved_models/captioning").glob("*/image.jpg"))
    if not images:
        print("caption.png is not updated: run `make captioning` first.")
        return
    encoded = images[-1].read_bytes()
    explanation = explain(load_saved_model(images[-1].parent).signatures["explain"], encoded)
    explanation.figure(decode_image(encoded).numpy()).savefig(DOCS / "caption.png", dpi=85)


if __name__ == "__main__":
    plot_distributions()
    plot_biases()
    plot_scores()
    plot_gates()
    screenshot_report()
    draw_caption()
