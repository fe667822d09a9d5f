"""Splits of `scenes`."""

import hashlib
import re
from collections import Counter
from itertools import permutations, product
from random import Random

import numpy as np
import pytest

from foveal.datasets.scenes.compositions import HELD_OUT_COLOURS, HELD_OUT_RELATIONS, HELD_OUT_TEXTURES, KINDS
from foveal.datasets.scenes.corpus import SIZES, sample_sprites, splits
from foveal.datasets.scenes.relations import holds

SMALL = {"train": 250, "validation": 7, "test": 11, "test_compositions": 31}


@pytest.fixture(scope="module")
def corpus():
    return splits(seed=11, sizes=SMALL)


def held_out_kinds(scene):
    """Return the kinds of held-out composition in an image, by enumeration of its objects."""
    colours = {(item.colour, item.shape) for item in scene.objects} & HELD_OUT_COLOURS
    textures = {(item.texture, item.shape) for item in scene.objects} & HELD_OUT_TEXTURES
    relations = [
        True
        for (a, first), (b, second) in permutations(enumerate(scene.objects), 2)
        for name in ("left", "above", "in front")
        if holds(name, scene.objects, a, b) and (name, first.shape, second.shape) in HELD_OUT_RELATIONS
    ]
    return [kind for kind, hits in zip(KINDS, (colours, textures, relations), strict=True) if hits]


def states_composition(kind, objects, caption):
    """Return whether a caption states a held-out composition, by its words or its claims."""
    if kind == "colour":
        return any(f"{colour} {shape}" in caption.text for colour, shape in HELD_OUT_COLOURS)
    if kind == "texture":  # a colour may follow the texture
        return any(
            re.search(rf"\b{texture} (\w+ )?{shape}", caption.text) for texture, shape in HELD_OUT_TEXTURES
        )
    inverse = {"right": "left", "below": "above", "behind": "in front"}
    for name, *arguments in caption.claims:
        for pair in product(*arguments) if len(arguments) == 2 else ():
            first, second = pair[::-1] if name in inverse else pair
            shapes = objects[first].shape, objects[second].shape
            if (inverse.get(name, name), *shapes) in HELD_OUT_RELATIONS:
                return True
    return False


def test_splits_have_requested_sizes(corpus):
    assert {name: len(scenes) for name, scenes in corpus.items()} == SMALL
    assert SIZES["train"] >= 5_000


def test_held_out_compositions_only_in_test_compositions(corpus):
    for name in ("train", "validation", "test"):
        assert not any(held_out_kinds(scene) for scene in corpus[name])
    kinds = [held_out_kinds(scene) for scene in corpus["test_compositions"]]
    assert all(len(kind) == 1 for kind in kinds)
    assert Counter(kind[0] for kind in kinds) == {"colour": 11, "texture": 10, "relation": 10}


def test_train_contains_parts_of_held_out_compositions(corpus):
    objects = [scene_object for scene in corpus["train"] for scene_object in scene.objects]
    for name, pairs in (("colour", HELD_OUT_COLOURS), ("texture", HELD_OUT_TEXTURES)):
        for value, shape in pairs:
            assert sum(getattr(scene_object, name) == value for scene_object in objects) >= 30
            assert sum(scene_object.shape == shape for scene_object in objects) >= 30


def test_images_have_two_to_six_mostly_visible_objects(corpus):
    counts = Counter(len(scene.objects) for scene in corpus["train"])
    assert counts.keys() == {2, 3, 4, 5, 6}
    assert min(counts.values()) >= 30
    visible = [scene_object.visible for scene in corpus["train"] for scene_object in scene.objects]
    assert min(visible) > 0.6
    assert 0.1 < np.mean(np.less(visible, 1)) < 0.4


def test_sample_sprites_attributes_are_balanced():
    """Sprites are sampled without images, which are slow to sample."""
    random = Random(3)
    sprites = [sprite for _ in range(3000) for sprite in sample_sprites(random, 4)]
    for name, values in (("shape", 12), ("colour", 10), ("size", 2), ("texture", 4)):
        counts = Counter(getattr(sprite, name) for sprite in sprites)
        assert len(counts) == values
        assert max(counts.values()) / min(counts.values()) < 1.25


def test_sample_sprites_contains_groups():
    random = Random(4)
    group_sizes = [
        Counter((sprite.shape, sprite.colour) for sprite in sample_sprites(random, 5)).most_common(1)[0][1]
        for _ in range(400)
    ]
    assert {1, 2, 3, 4} <= set(group_sizes)


def test_images_are_distinct(corpus):
    annotations = [tuple(scene.objects) for scenes in corpus.values() for scene in scenes]
    assert len(set(annotations)) == len(annotations)


def test_splits_are_seeded():
    tiny = {"train": 5, "validation": 1, "test": 1, "test_compositions": 3}
    assert splits(seed=11, sizes=tiny) == splits(seed=11, sizes=tiny)
    assert splits(seed=12, sizes=tiny) != splits(seed=11, sizes=tiny)


def test_captions_state_held_out_composition(corpus):
    checked = Counter()
    for scene in corpus["test_compositions"]:
        (kind,) = held_out_kinds(scene)
        checked[kind] += 1
        assert sum(states_composition(kind, scene.objects, caption) for caption in scene.captions) >= 2
    assert checked == {"colour": 11, "texture": 10, "relation": 10}


def test_scenes_dataset_is_unchanged():
    sizes = {"train": 30, "validation": 5, "test": 5, "test_compositions": 9}
    digest = hashlib.sha256()
    for name, scenes in splits(sizes=sizes).items():
        for scene in scenes:
            captions = [
                (caption.text, [(phrase.start, phrase.end, phrase.objects) for phrase in caption.phrases])
                for caption in scene.captions
            ]
            objects = [
                (*scene_object[:4], tuple(scene_object.box), scene_object.hidden_by)
                for scene_object in scene.objects
            ]
            digest.update(repr((name, captions, objects, scene.seed)).encode())
    assert digest.hexdigest() == "c3266357af8b981cac5ebd00c4dcc6ba46eccee338a56f781b1415bc9fde477b"
