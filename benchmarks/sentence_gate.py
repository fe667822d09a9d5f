"""Agreement of the sentence gates of a hierarchical classifier with rationales.

`python benchmarks/sentence_gate.py --model saved_models/sentiment`, with a model that was exported by
`make sentiment ARGS="--architecture hierarchical"`. The pooling of the words of a sentence has a gate: 1 when
it uses the mean of the sentence alone. Gold is 1 for a sentence without a word of a rationale, which does not
determine the label. Controls: the position of the sentence, its number of words, the sentence attention (its
negative), and a random gate.
"""

from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tyro
from sklearn.metrics import roc_auc_score
from tabulate import tabulate

from foveal.datasets.sentiment import LabelledText
from foveal.focus import bootstrap_interval
from foveal.pipelines.evaluation.tables import format_interval
from foveal.pipelines.saved_model.batched_calls import Signature, map_signature
from foveal.pipelines.saved_model.loading import load_saved_model
from foveal.pipelines.sentiment.config import DatasetConfig
from foveal.pipelines.sentiment.data import load_split

Scores = dict[str, np.ndarray]


def main(data: DatasetConfig, model: Path = Path("saved_models/sentiment"), split: str = "test") -> None:
    """Print the area under the ROC curve of the sentence gate and of the controls.

    Args:
        data: data set with rationales.
        model: folder of the exported model, or of its versions.
        split: of the data set.
    """
    texts = load_split(data, split)
    scores, gold = collect(load_saved_model(model).signatures["explain"], texts)
    rows = []
    for name in scores[0]:
        areas = [
            roc_auc_score(of_text, score[name])
            for score, of_text in zip(scores, gold, strict=True)
            if 0 < of_text.sum() < len(of_text)
        ]
        rows.append([name, format_interval(bootstrap_interval(np.array(areas)))])
    every = np.concatenate(gold)
    print(f"{len(gold):,} texts, {len(every):,} sentences, {every.mean():.0%} without rationale; mean of the")
    print("area within each text that has both kinds, bootstrap interval over the texts\n")
    print(tabulate(rows, ["", "area under the ROC curve"], tablefmt="pipe"))


def collect(signature: Signature, texts: LabelledText) -> tuple[list[Scores], list[np.ndarray]]:
    """Collect the scores of the sentences of each text, and their gold.

    Args:
        signature: the `explain` signature of a hierarchical classifier.
        texts: with rationales.

    Returns:
        For each text a dict of `(sentences,)` scores, higher for a sentence that should not matter; and
        booleans `(sentences,)`, whether no word of a rationale lies in it.
    """
    random = np.random.default_rng(0)

    def scores_and_gold(outputs: dict, index: int) -> tuple[Scores, np.ndarray]:
        offsets = outputs["sentence_offsets"]
        is_real = offsets[:, 1] > offsets[:, 0]
        offsets = offsets[is_real]
        spans = np.asarray((texts.rationales or [])[index]).reshape(-1, 2)
        overlaps = (spans[:, 0] < offsets[:, 1:]) & (spans[:, 1] > offsets[:, :1])
        scores = {
            "gate of the sentence": outputs["sentence_gate"][is_real],
            "negative of its attention": -outputs["sentence_attention"][is_real],
            "its position": -np.arange(len(offsets)),
            "its length": -(offsets[:, 1] - offsets[:, 0]),
            "random": random.random(len(offsets)),
        }
        return scores, ~overlaps.any(axis=1)

    scores, gold = zip(*map_signature(signature, texts.text, scores_and_gold), strict=True)
    return list(scores), list(gold)


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
