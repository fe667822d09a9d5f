"""Attention outputs: conversion to and from the result of a call."""

import itertools

import pytest

from foveal.layers.attention.attention_outputs import AttentionOutputs


def test_select_returns_only_requested_outputs():
    outputs = AttentionOutputs(1, 2, 3)
    assert outputs.select(False, False) == 1
    assert outputs.select(False, True) == (1, 3)
    assert outputs.select(True, True) == (1, 2, 3)
    assert AttentionOutputs(1, 2, 3, cache={}, state=5).select(False, True) == (1, 3, {}, 5)


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=4)))
def test_from_call_inverts_select(flags):
    scores, decisions, cache, state = flags
    outputs = AttentionOutputs(1, 2, 3, 4 if cache else None, 5 if state else None)
    result = outputs.select(scores, decisions)
    expected = outputs._replace(attention_scores=2 if scores else None, decisions=3 if decisions else None)
    assert AttentionOutputs.from_call(result, *flags) == expected
