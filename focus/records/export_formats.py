"""Focus in the forms that other tools read."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .alignment import Links
from .focus_record import FocusRecord, TextAxis


def eraser_line(
    document: str,
    soft: npt.ArrayLike,
    hard: npt.ArrayLike,
    probabilities: Mapping[str, float] | None = None,
    annotation: str | None = None,
) -> str:
    """A line of the JSON Lines that the scorer of the ERASER benchmark reads.

    Args:
        document: its `docid`.
        soft: a score for each token of the document, `(tokens,)`.
        hard: whether the token is part of the rationale, `(tokens,)`; runs of such tokens become spans
            from `start_token` up to, and without, `end_token`.
        probabilities: of each class, by name; the likeliest is the classification.
        annotation: the `annotation_id`; that of the document when None.

    Returns:
        JSON without a line's end.

    Raises:
        ValueError: if there is not a score, a finite one, and a mark for each token.

    Example:
        >>> print(eraser_line("review_1", [0.1, 0.5, 0.4], [False, True, True]))
        {"annotation_id": "review_1", "rationales": [{"docid": "review_1", "hard_rationale_predictions":
        [{"start_token": 1, "end_token": 3}], "soft_rationale_predictions": [0.1, 0.5, 0.4]}]}

    Reference:
        DeYoung et al. 2020, ERASER: A Benchmark to Evaluate Rationalized NLP Models, section 4.
    """
    scores, marks = np.asarray(soft, dtype=float), np.asarray(hard, dtype=bool)
    if scores.ndim != 1 or scores.shape != marks.shape or not np.isfinite(scores).all():
        raise ValueError(
            f"Expected a finite score and a mark for each token. Received: scores {scores.shape}, marks "
            f"{marks.shape}, {(~np.isfinite(scores)).sum()} not finite."
        )
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(int)))
    spans = [{"start_token": int(a), "end_token": int(b)} for a, b in edges.reshape(-1, 2)]
    rationale = {
        "docid": document,
        "hard_rationale_predictions": spans,
        "soft_rationale_predictions": scores.tolist(),
    }
    line = {"annotation_id": document if annotation is None else annotation, "rationales": [rationale]}
    if probabilities is not None:
        line["classification"] = max(probabilities, key=lambda name: probabilities[name])
        line["classification_scores"] = {name: float(value) for name, value in probabilities.items()}
    return json.dumps(line, ensure_ascii=False)


def pharaoh_line(links: Links) -> str:
    """Word links `(source, target)` in the format of Pharaoh, which aligners read and write.

    Args:
        links: pairs of word positions, counted from 0.

    Returns:
        `source-target` for each, in order, without a line's end.

    Raises:
        ValueError: if a position is negative.

    Example:
        >>> pharaoh_line({(1, 2), (0, 0)})
        '0-0 1-2'
    """
    pairs = sorted((int(source), int(target)) for source, target in links)
    if pairs and min(map(min, pairs)) < 0:
        raise ValueError(f"Expected word positions from 0 on. Received: {pairs}.")
    return " ".join(f"{source}-{target}" for source, target in pairs)


def bertviz_json(records: Sequence[FocusRecord], index: int = 0) -> str:
    """The attention of one example in the JSON that the views of BertViz draw.

    Layers that look from the same labels to the same ones, with as many heads, stand in one entry: so those
    of an encoder, of a decoder and between both come out as the three that its views let choose from.

    Args:
        records: with labels on both axes.
        index: of the example in the batch.

    Returns:
        A list of `{"name", "attn": [layer][head][left][right], "left_text", "right_text"}`.

    Raises:
        ValueError: if an axis has no labels, or a weight is not finite.

    Example:
        >>> axis = [TextAxis(["a", "cat"], np.array([[0, 1], [2, 5]]))]
        >>> focus = FocusRecord("layer", np.full((1, 1, 2, 2), 0.5), queries=axis, keys=axis)
        >>> print(bertviz_json([focus]))
        [{"name": "layer", "attn": [[[[0.5, 0.5], [0.5, 0.5]]]], "left_text": ["a", "cat"],
        "right_text": ["a", "cat"]}]

    Reference:
        Vig 2019, A Multiscale Visualization of Attention in the Transformer Model.
    """
    entries: dict[tuple, dict] = {}
    for focus in records:
        one = focus.example(index)
        left, right = (_labels(axes, focus.layer) for axes in (one.queries, one.keys))
        if not np.isfinite(one.weights).all():
            raise ValueError(f"Expected finite weights. Received: {focus.layer}, with others.")
        key = (tuple(left), tuple(right), one.weights.shape[1])
        entry = {"name": focus.layer, "attn": [], "left_text": left, "right_text": right}
        entries.setdefault(key, entry)["attn"].append(one.weights[0].tolist())
    return json.dumps(list(entries.values()), ensure_ascii=False)


def _labels(axes: Sequence | None, layer: str) -> list[str]:
    if axes is None or not isinstance(axes[0], TextAxis):
        raise ValueError(f"Expected labels on both axes of each record. Received: {layer}, without.")
    return list(axes[0].labels)
