"""Could another classifier, which looks elsewhere, have learned the same labels (Wiegreffe and Pinter 2019)?

`python benchmarks/trained_adversary.py`; all flags of the pipeline hold. Trains the classifier, or takes it
from its run; then for each strength an adversary that imitates its probabilities on training texts and looks
elsewhere. For the test split: how far the adversary's probabilities and its attention are from the
classifier's, and its accuracy. With strength 0 it only imitates: that much drifts without wanting to.
"""

import numpy as np
import tyro
from keras import ops
from tabulate import tabulate

from foveal.focus import interval, train_adversary
from foveal.pipelines.doubting import padded_ids, shown
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import encode, prepare
from foveal.pipelines.sentiment.train import train_classifier


def main(
    config: SentimentConfig,
    strengths: tuple[float, ...] = (0.0, 0.001, 0.01, 0.1),
    texts: int = 5000,
    epochs: int = 10,
) -> None:
    data = prepare(config.data)
    model, _, _ = train_classifier(config, data)
    learned = padded_ids(data.train["text"][:texts]).numpy()
    test = next(iter(data.tests.values()))
    asked = padded_ids(encode(data.codec, test.text, config.data)).numpy()
    rows = []
    for strength in strengths:
        adversary = train_adversary(
            model,
            learned,
            model.get_layer("evidence"),
            strength,
            asked,
            ops.softmax,
            epochs,
            batch_size=64,
            learning_rate=3e-3,
        )
        right = adversary.model.predict(asked, verbose=0).argmax(axis=-1) == test.label
        told = (adversary.change, adversary.divergence, np.array(right, float))
        rows.append([strength, *(shown(interval(one)) for one in told)])
        print(*rows[-1], flush=True)
    print(tabulate(rows, ["strength", "change of the answer", "divergence of attention", "accuracy"], "pipe"))


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
