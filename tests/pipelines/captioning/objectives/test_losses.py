import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.model import build
from foveal.pipelines.captioning.objectives.losses import (
    concatenate_captions,
    doubly_stochastic_penalty,
    losses,
    stack,
)
from foveal.pipelines.text.codec import END, START
from foveal.pipelines.training.trainer import common_input_spec

SIDE = 32


def batch(rows=3):
    rng = np.random.default_rng(0)
    captions = {
        "caption_0": [[START, 5, END, 0], [START, 262, 9, END], [0, 0, 0, 0]][:rows],
        "caption_1": [[START, 5, 7, 8, END, 0], [START, 262, 9, 9, 5, END], [0] * 6][:rows],
    }
    seen = rng.integers(0, 255, (3, SIDE, SIDE, 3)).astype(np.uint8)[:rows]
    return {"seen": tf.constant(seen), **{name: tf.constant(ids) for name, ids in captions.items()}}


def test_captions_of_a_picture_stand_one_under_the_other_or_one_behind_the_other():
    one, two = tf.constant([[1, 2], [3, 4]]), tf.constant([[5, 6, 7], [8, 9, 10]])
    assert concatenate_captions([one, two]).numpy().tolist() == [[1, 2, 5, 6, 7], [3, 4, 8, 9, 10]]
    assert stack([one, two]).numpy().tolist() == [[1, 2, 0], [5, 6, 7], [3, 4, 0], [8, 9, 10]]


def test_rows_that_fill_up_a_batch_cost_nothing(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("it draws, and other numbers with another batch")
    of = losses(untrained.network, untrained.config)
    full, short = of(batch(3)), of(batch(2))
    for name in full:
        np.testing.assert_allclose(full[name], short[name], rtol=1e-4)
    assert float(full["tokens"]) == 2 + 3 + 4 + 5


def test_captions_of_a_picture_cost_what_each_costs_alone(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("it draws, and other numbers with another batch")
    whole = batch()
    looks = np.random.default_rng(1).integers(0, 4, (3, 2, 6)).astype(np.int32)
    looks[:, :, 0] = looks[2] = 0  # START looks nowhere, and no row that fills up a batch
    cells = untrained.network.grid[0] * untrained.network.grid[1]
    covered = {"covered": tf.random.uniform((3, 2, cells), 0.1, seed=0)}
    together = losses(untrained.network, untrained.config)(whole | covered | {"looks": tf.constant(looks)})
    config = dataclasses.replace(
        untrained.config, data=dataclasses.replace(untrained.config.data, together=1)
    )
    alone = [
        losses(untrained.network, config)(
            {
                "seen": whole["seen"],
                "caption_0": whole[f"caption_{place}"],
                "looks": tf.constant(looks[:, place : place + 1]),
                **covered,
            }
        )
        for place in range(2)
    ]
    for name in together:
        np.testing.assert_allclose(together[name], alone[0][name] + alone[1][name], rtol=1e-4)


def test_a_trace_for_all_shapes_gives_the_losses_of_each(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("it draws, and other numbers with another batch")
    cells = untrained.network.grid[0] * untrained.network.grid[1]
    gold = {"looks": tf.ones((3, 2, 6), tf.int32), "covered": tf.random.uniform((3, 2, cells), 0.1, seed=0)}
    large = batch() | gold
    small = {name: column[:2] for name, column in large.items()}
    small["caption_0"] = small["caption_0"][:, :3]
    of = losses(untrained.network, untrained.config)
    traced = tf.function(of, input_signature=[common_input_spec([large, small])])
    for one in (large, small):
        found, expected = traced(one), of(one)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4)


def test_every_weight_learns(untrained):
    network = untrained.network
    weights = [variable.value for variable in network.model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = losses(network, untrained.config)(batch())["loss"]
    for variable, gradient in zip(
        network.model.trainable_variables, tape.gradient(loss, weights), strict=True
    ):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        # softmax does not feel a constant added to all keys, so a key's bias never learns
        assert gradient.any() or "key" in variable.path, variable.path


def test_a_pretrained_network_learns_and_keeps_what_it_normalizes_by(adaptive):
    config = dataclasses.replace(
        adaptive.config,
        model=dataclasses.replace(adaptive.config.model, encoder="efficientnet_lite0", finetune=True),
    )
    network = build(config.model, SIDE, len(adaptive.codec.vocabulary))
    kept = [variable.numpy() for variable in network.model.non_trainable_variables]
    learned = network.encoder.trainable_variables
    with tf.GradientTape() as tape:
        found = losses(network, config)(batch())
    gradients = tape.gradient(found["loss"], [variable.value for variable in learned])
    assert all(tf.reduce_any(gradient != 0) for gradient in gradients)
    for before, after in zip(kept, network.model.non_trainable_variables, strict=True):
        if "seed" not in after.path:
            np.testing.assert_array_equal(before, after, err_msg=after.path)


def test_looking_at_every_cell_once_is_free_and_anything_else_is_not():
    words = 4
    even = tf.fill([2, 3, words, 4], 0.25)
    mask = tf.ones([2, words], tf.bool)
    assert float(doubly_stochastic_penalty(even, mask)) == 0
    one_cell = tf.one_hot(tf.zeros([2, 3, words], tf.int32), 4)
    # a cell was looked at four times and three never: 9 + 3 in each block of each caption
    assert float(doubly_stochastic_penalty(one_cell, mask)) == 2 * 3 * 12
    assert float(doubly_stochastic_penalty(one_cell, tf.zeros([2, words], tf.bool))) == 0


def test_reinforce_changes_gradients_alone(untrained):
    if untrained.config.model.attention != "hard":
        pytest.skip("nothing is drawn")
    network, distribution = untrained.network, None
    for layer in network.decoder.layers:
        if layer.name == "decoder":
            distribution = layer.cell.attention.distribution
    assert distribution is not None
    mixture, distribution.mixture = distribution.mixture, 0.0
    config = dataclasses.replace(
        untrained.config, model=dataclasses.replace(untrained.config.model, doubly_stochastic_weight=0.0)
    )
    score = network.decoder.get_layer("decoder").cell.attention.score.trainable_variables[0].value
    with tf.GradientTape() as tape:
        sums = losses(network, config)(batch())
    distribution.mixture = mixture
    # with every cell drawn no gradient but that of REINFORCE reaches the scores
    assert np.abs(tape.gradient(sums["loss"], score)).max() > 0
    assert float(sums["loss"]) > 0
