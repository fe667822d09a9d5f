"""Tests of the captioner's training losses."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.model import build
from foveal.pipelines.captioning.objectives.losses import (
    build_losses,
    concatenate_captions,
    doubly_stochastic_penalty,
    stack_captions,
)
from foveal.pipelines.text.codec import END, START
from foveal.pipelines.training.losses import FROM_SENTINEL
from foveal.pipelines.training.trainer import common_input_spec

SIDE = 32


def batch(rows=3):
    rng = np.random.default_rng(0)
    captions = {
        "caption_0": [[START, 5, END, 0], [START, 262, 9, END], [0, 0, 0, 0]][:rows],
        "caption_1": [[START, 5, 7, 8, END, 0], [START, 262, 9, 9, 5, END], [0] * 6][:rows],
    }
    features = rng.integers(0, 255, (3, SIDE, SIDE, 3)).astype(np.uint8)[:rows]
    return {"features": tf.constant(features), **{name: tf.constant(ids) for name, ids in captions.items()}}


def losses(network, config):
    return build_losses(
        network, config.model, config.data.captions_per_image, config.training.label_smoothing
    )


def test_captions_are_stacked_or_concatenated():
    first, second = tf.constant([[1, 2], [3, 4]]), tf.constant([[5, 6, 7], [8, 9, 10]])
    assert concatenate_captions([first, second]).numpy().tolist() == [[1, 2, 5, 6, 7], [3, 4, 8, 9, 10]]
    assert stack_captions([first, second]).numpy().tolist() == [[1, 2, 0], [5, 6, 7], [3, 4, 0], [8, 9, 10]]


def test_padding_rows_add_no_loss(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("hard attention samples other cells in another batch")
    compute = losses(untrained.network, untrained.config)
    full, short = compute(batch(3)), compute(batch(2))
    for name in full:
        np.testing.assert_allclose(full[name], short[name], rtol=1e-4)
    assert float(full["tokens"]) == 2 + 3 + 4 + 5


def test_loss_of_several_captions_is_the_sum_of_each(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("hard attention samples other cells in another batch")
    inputs = batch()
    gold_objects = np.random.default_rng(1).integers(0, 4, (3, 2, 6)).astype(np.int32)
    gold_objects[:, :, 0] = gold_objects[2] = 0  # none for START and for padding rows
    cells = untrained.network.grid[0] * untrained.network.grid[1]
    coverage = {"object_coverage": tf.random.uniform((3, 2, cells), 0.1, seed=0)}
    joint = losses(untrained.network, untrained.config)(
        inputs | coverage | {"gold_objects": tf.constant(gold_objects)}
    )
    config = dataclasses.replace(
        untrained.config, data=dataclasses.replace(untrained.config.data, captions_per_image=1)
    )
    single = [
        losses(untrained.network, config)(
            {
                "features": inputs["features"],
                "caption_0": inputs[f"caption_{index}"],
                "gold_objects": tf.constant(gold_objects[:, index : index + 1]),
                **coverage,
            }
        )
        for index in range(2)
    ]
    for name in joint:
        np.testing.assert_allclose(joint[name], single[0][name] + single[1][name], rtol=1e-4)


def test_trace_of_common_input_spec_matches_eager(untrained):
    if untrained.config.model.attention == "hard":
        pytest.skip("hard attention samples other cells in another batch")
    cells = untrained.network.grid[0] * untrained.network.grid[1]
    gold = {
        "gold_objects": tf.ones((3, 2, 6), tf.int32),
        "object_coverage": tf.random.uniform((3, 2, cells), 0.1, seed=0),
    }
    large = batch() | gold
    small = {name: column[:2] for name, column in large.items()}
    small["caption_0"] = small["caption_0"][:, :3]
    compute = losses(untrained.network, untrained.config)
    traced = tf.function(compute, input_signature=[common_input_spec([large, small])])
    for first in (large, small):
        sums, expected = traced(first), compute(first)
        for name in expected:
            np.testing.assert_allclose(sums[name], expected[name], rtol=1e-4)


def test_every_weight_has_a_gradient(untrained):
    network = untrained.network
    weights = [variable.value for variable in network.model.trainable_variables]
    with tf.GradientTape() as tape:
        loss = losses(network, untrained.config)(batch())["loss"]
    for variable, gradient in zip(
        network.model.trainable_variables, tape.gradient(loss, weights), strict=True
    ):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all(), variable.path
        # a constant added to all scores does not change a softmax, so the bias of a key has no gradient
        assert gradient.any() or "key" in variable.path, variable.path


def test_finetuned_encoder_keeps_its_batch_statistics(adaptive):
    config = dataclasses.replace(
        adaptive.config,
        model=dataclasses.replace(adaptive.config.model, encoder="efficientnet_lite0", finetune=True),
    )
    network = build(config.model, SIDE, len(adaptive.codec.vocabulary))
    before_weights = [variable.numpy() for variable in network.model.non_trainable_variables]
    variables = network.encoder.trainable_variables
    with tf.GradientTape() as tape:
        sums = losses(network, config)(batch())
    gradients = tape.gradient(sums["loss"], [variable.value for variable in variables])
    assert all(tf.reduce_any(gradient != 0) for gradient in gradients)
    for before, after in zip(before_weights, network.model.non_trainable_variables, strict=True):
        if "seed" not in after.path:
            np.testing.assert_array_equal(before, after, err_msg=after.path)


def test_doubly_stochastic_penalty_of_uniform_and_peaked_attention():
    num_tokens = 4
    even = tf.fill([2, 3, num_tokens, 4], 0.25)
    mask = tf.ones([2, num_tokens], tf.bool)
    assert float(doubly_stochastic_penalty(even, mask)) == 0
    one_cell = tf.one_hot(tf.zeros([2, 3, num_tokens], tf.int32), 4)
    # total attention 4 on one cell and 0 on three: 9 + 3 in each layer of each caption
    assert float(doubly_stochastic_penalty(one_cell, mask)) == 2 * 3 * 12
    assert float(doubly_stochastic_penalty(one_cell, tf.zeros([2, num_tokens], tf.bool))) == 0


def test_policy_gradient_reaches_the_scores(untrained):
    if untrained.config.model.attention != "hard":
        pytest.skip("only hard attention samples")
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
    # with every cell sampled, only the policy gradient reaches the scores
    assert np.abs(tape.gradient(sums["loss"], score)).max() > 0
    assert float(sums["loss"]) > 0


def test_gate_loss_is_that_of_last_block_without_padding(untrained):
    """Neither rows of padding nor the padding of stacked captions of unequal length are supervised."""
    network, config = untrained.network, untrained.config
    if config.model.attention != "adaptive":
        pytest.skip("this model has no gate")
    weighted = dataclasses.replace(config.model, gate_loss_weight=2.0)
    gold = np.zeros((3, 2, 6), np.int8)
    gold[:2, :, 1:3] = FROM_SENTINEL  # as many tokens as every caption has

    def gate_part(rows):
        inputs = batch(rows) | {"gate_gold": tf.constant(gold[:rows])}
        parts = [
            float(build_losses(network, model, config.data.captions_per_image, 0.0)(inputs)["loss"])
            for model in (weighted, dataclasses.replace(config.model, gate_loss_weight=0.0))
        ]
        return parts[0] - parts[1]

    inputs = batch(2)
    grid = network.encoder(tf.cast(inputs["features"], tf.float32))
    memory = network.projection(grid)
    expected = 0.0
    for name in ("caption_0", "caption_1"):
        gate = network.decoder({"memory": memory, "caption": inputs[name][:, :-1]})["gate"]
        expected -= 2 * float(tf.reduce_sum(tf.math.log(gate[:, -1, :2])))
    assert gate_part(2) == pytest.approx(expected, rel=1e-3)
    assert gate_part(3) == pytest.approx(gate_part(2), rel=1e-4)
