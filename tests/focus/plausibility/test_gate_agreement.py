"""Agreement of the gate with gold: brute force over pairs, and its controls."""

from itertools import product

import numpy as np
import pytest

from foveal.focus.plausibility import GatedText, gate_auroc, gate_of_words, random_gates


def texts(seed=0):
    rng = np.random.default_rng(seed)
    words = np.array(["the", "of", "red", "star", "two"])
    return [
        GatedText(list(rng.choice(words, n)), rng.integers(0, 4, n) / 4, rng.random(n) < 0.4)
        for n in (3, 4, 5, 2)
    ]


def test_gate_auroc_is_the_share_of_ordered_pairs():
    memory = [gate for text in texts() for gate, gold in zip(text.gate, text.gold, strict=True) if gold]
    others = [gate for text in texts() for gate, gold in zip(text.gate, text.gold, strict=True) if not gold]
    wins = [(a > b) + 0.5 * (a == b) for a, b in product(memory, others)]
    assert gate_auroc(texts()) == pytest.approx(np.mean(wins))


def test_gate_auroc_limits():
    gold = np.array([True, False, True])
    perfect = GatedText(["a", "b", "c"], np.array([0.3, 0.2, 0.25]), gold)
    assert gate_auroc([perfect]) == 1
    assert gate_auroc([perfect._replace(gate=-perfect.gate)]) == 0
    assert np.isnan(gate_auroc([perfect._replace(gold=np.ones(3, bool))]))
    assert np.isnan(gate_auroc([]))


def test_gate_of_words_leaves_the_own_text_out():
    gold = [np.array(values, bool) for values in ([1, 0], [0, 0, 1], [1])]
    all_texts = [
        GatedText(["The", "star"], np.zeros(2), gold[0]),
        GatedText(["the", "the", "of"], np.zeros(3), gold[1]),
        GatedText(["the"], np.zeros(1), gold[2]),
    ]
    first, second, third = (text.gate.tolist() for text in gate_of_words(all_texts))
    assert first == [1 / 3, 2 / 4]  # the: 0, 0, 1; star is in no other text: 2 of 4 words
    assert second == [1, 1, 2 / 3]
    assert third == [pytest.approx(1 / 3)]


def test_random_gates_know_nothing():
    many = texts(1) * 400
    assert gate_auroc(random_gates(many)) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GatedText(["a"], np.zeros(2), np.zeros(1, bool)), "Received: 1 words, 2 gates, 1 of gold"),
        (GatedText(["a"], np.array([np.nan]), np.zeros(1, bool)), "gates that are numbers"),
    ],
)
def test_invalid_texts_raise(text, message):
    with pytest.raises(ValueError, match=message):
        gate_auroc([text])
