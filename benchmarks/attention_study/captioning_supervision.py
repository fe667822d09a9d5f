"""Is a trained captioner better for being told where to look? Tuned to gold boxes, over seeds.

`python benchmarks/attention_study/captioning_supervision.py`; all flags of the pipeline hold. Before, after some more updates, and
after as many with gold: CIDEr-D and the share of true captions on both test splits of `scenes`; whether the
words of noun phrases look at what they name (pointing game, share of attention in the boxes); whether words
rest on where was looked (ERASER's comprehensiveness and sufficiency, Kendall's tau with leave-one-out). Then
CIDEr-D and drift of attention under growing noise; and what is gained, with intervals. A trained model is
kept in `runs/`, and not trained twice.
"""

from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
import tyro

from foveal.benchmarks.attention_study.study import FineTuning, Measurements, Trained, compare_fine_tuning
from foveal.pipelines.captioning.analysis.faithfulness import erase, looked, make_predict
from foveal.pipelines.captioning.analysis.robustness import measure_robustness, quality_and_attention
from foveal.pipelines.captioning.caption_truth import CaptionJudge
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.data import CaptioningData, prepare
from foveal.pipelines.captioning.evaluate import describe
from foveal.pipelines.captioning.metrics import Cider
from foveal.pipelines.captioning.plausibility import plausibility
from foveal.pipelines.captioning.train import train_captioner
from foveal.pipelines.evaluation.faithfulness import faithfulness_measures

TUNING = FineTuning(updates=800, rate=5e-4)


def main(
    config: CaptioningConfig,
    tuning: FineTuning = TUNING,
    seeds: tuple[int, ...] = (0, 1, 2),
    pictures: int = 5,
    disturbed: int = 100,
    figures: Path | None = None,
) -> None:
    data = prepare(config.data)

    def measured(trained: Trained) -> Measurements:
        return _measure(trained, data, pictures, disturbed)

    compare_fine_tuning(config, tuning, seeds, partial(_train, data), measured, "CIDEr-D", figures)


def _train(data: CaptioningData, config: CaptioningConfig) -> Trained:
    network, captioner, _ = train_captioner(config, data)
    return Trained(network.model, captioner)


def _measure(trained: Trained, data: CaptioningData, pictures: int, disturbed: int) -> Measurements:
    signatures = trained.module.signatures()
    numbers = {}
    for name, test in data.tests.items():
        captions = describe(signatures["serving_default"], test.images)
        judge = CaptionJudge(test.objects or [])
        true = [judge(caption, place) for place, caption in enumerate(captions)]
        numbers |= {
            f"{name}, CIDEr-D": np.asarray(Cider(test.references)(captions, test.references)),
            f"{name}, true": np.array(true, float),
        }
        for measure, who in plausibility(signatures["explain"], test, len(test)).items():
            numbers[f"{name}, {measure}"] = np.array([who["model"]])
    test = next(iter(data.tests.values()))
    encoded = list(test.images.take(pictures).as_numpy_iterator())
    choices, maps = looked(signatures["explain"], data.codec, encoded, trained.module.config.data.image_size)
    for name, of in faithfulness_measures(make_predict(trained.model), choices, erase).items():
        numbers[name] = np.array([np.nanmean(of(maps))])  # captions differ, and so do their words
    seen = [tf.io.decode_jpeg(one).numpy() for one in test.images.take(disturbed).as_numpy_iterator()]
    maps = quality_and_attention(signatures["explain"], test)(seen)[1]
    return Measurements(numbers, maps, measure_robustness(signatures["explain"], test, disturbed))


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
