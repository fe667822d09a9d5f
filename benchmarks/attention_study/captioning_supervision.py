"""Study of fine-tuning a captioner with the gold boxes of phrases, over seeds.

`python benchmarks/attention_study/captioning_supervision.py`; all flags of the pipeline apply. A trained
model is compared before fine-tuning, after fine-tuning without gold, and after as many updates with gold:
CIDEr-D and share of true captions on both test splits of `scenes`; plausibility of the attention of words of
noun phrases (pointing game, share of attention in the boxes); faithfulness (ERASER's comprehensiveness and
sufficiency, Kendall's tau with leave-one-out); CIDEr-D and divergence of attention under growing noise; and
the improvements, with intervals. Trained models are kept in `runs/` and are not trained again.
"""

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tensorflow as tf
import tyro

from foveal.benchmarks.attention_study.study import (
    FineTuningStudy,
    Measurements,
    Trained,
    compare_fine_tuning,
)
from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.analysis.faithfulness import collect_predictions, erase, make_predict
from foveal.pipelines.captioning.analysis.report import plausibility
from foveal.pipelines.captioning.analysis.robustness import evaluate_robustness, quality_and_attention
from foveal.pipelines.captioning.caption_truth import CaptionJudge
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.captioning.data import CaptioningData, prepare
from foveal.pipelines.captioning.evaluate import describe
from foveal.pipelines.captioning.metrics import Cider
from foveal.pipelines.captioning.train import train_captioner
from foveal.pipelines.evaluation.faithfulness import faithfulness_measures
from foveal.pipelines.saved_model.batched_calls import Signature

STUDY = FineTuningStudy(
    fine_tuning_steps=800, fine_tuning_learning_rate=5e-4, num_examples=5, num_perturbed=100
)


def main(config: CaptioningConfig, study: FineTuningStudy = STUDY) -> None:
    compare_fine_tuning(config, study, prepare(config.data), train, measure, "CIDEr-D")


def train(config: CaptioningConfig, data: CaptioningData) -> Trained:
    """Train a captioner, or load it from its run."""
    network, captioner, _ = train_captioner(config, data)
    return Trained(network.model, captioner)


def measure(trained: Trained, data: CaptioningData, study: FineTuningStudy) -> Measurements:
    """Measure quality, plausibility, faithfulness and robustness of a captioner."""
    captioner = trained.module
    signatures = captioner.signatures()
    explain = signatures["explain"]
    numbers = {}
    for name, test in data.tests.items():
        values = measure_quality(signatures["serving_default"], test)
        values |= {
            measure: np.array([by_map["model"]])
            for measure, by_map in plausibility(explain, test, len(test)).items()
        }
        numbers |= {f"{name}, {measure}": value for measure, value in values.items()}
    test = next(iter(data.tests.values()))
    encoded = list(test.images.take(study.num_examples).as_numpy_iterator())
    examples, maps = collect_predictions(explain, data.codec, encoded, captioner.image_size)
    measures = faithfulness_measures(make_predict(trained.model), examples, erase)
    for name, compute in measures.items():
        # A mean for the corpus: the captions of two models differ, and so do their words.
        numbers[name] = np.array([np.nanmean(compute(maps))])
    images = [
        tf.io.decode_jpeg(image).numpy()
        for image in test.images.take(study.num_perturbed).as_numpy_iterator()
    ]
    _, maps = quality_and_attention(explain, test)(images)
    return Measurements(numbers, maps, evaluate_robustness(explain, test, study.num_perturbed))


def measure_quality(serve: Signature, test: CaptionedImages) -> dict[str, np.ndarray]:
    """Measure CIDEr-D and truth of the caption of each image.

    Args:
        serve: a signature of a captioner.
        test: images of `scenes`.
    """
    captions = describe(serve, test)
    judge = CaptionJudge(test.objects or [])
    truth = [judge(caption, image_index) for image_index, caption in enumerate(captions)]
    return {
        "CIDEr-D": np.asarray(Cider(test.references)(captions, test.references)),
        "true": np.array(truth, float),
    }


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
