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
    """The kinds of held-out composition in a picture, by going through all of its objects."""
    colours = {(item.colour, item.shape) for item in scene.items} & HELD_OUT_COLOURS
    textures = {(item.texture, item.shape) for item in scene.items} & HELD_OUT_TEXTURES
    relations = [
        True
        for (a, one), (b, other) in permutations(enumerate(scene.items), 2)
        for name in ("left", "above", "in front")
        if holds(name, scene.items, a, b) and (name, one.shape, other.shape) in HELD_OUT_RELATIONS
    ]
    return [kind for kind, found in zip(KINDS, (colours, textures, relations), strict=True) if found]


def stated(kind, items, caption):
    """Whether a caption states an unseen composition of a kind, by its words or by its claims."""
    if kind == "colour":
        return any(f"{colour} {shape}" in caption.text for colour, shape in HELD_OUT_COLOURS)
    if kind == "texture":  # a colour may stand between them
        return any(
            re.search(rf"\b{texture} (\w+ )?{shape}", caption.text) for texture, shape in HELD_OUT_TEXTURES
        )
    directed = {"right": "left", "below": "above", "behind": "in front"}
    for name, *objects in caption.claims:
        for pair in product(*objects) if len(objects) == 2 else ():
            one, other = pair[::-1] if name in directed else pair
            if (directed.get(name, name), items[one].shape, items[other].shape) in HELD_OUT_RELATIONS:
                return True
    return False


def test_splits_have_their_sizes(corpus):
    assert {name: len(scenes) for name, scenes in corpus.items()} == SMALL
    assert SIZES["train"] >= 5_000


def test_unseen_compositions_are_in_their_split_alone(corpus):
    for name in ("train", "validation", "test"):
        assert not any(held_out_kinds(scene) for scene in corpus[name])
    kinds = [held_out_kinds(scene) for scene in corpus["test_compositions"]]
    assert all(len(kind) == 1 for kind in kinds)
    assert Counter(kind[0] for kind in kinds) == {"colour": 11, "texture": 10, "relation": 10}


def test_every_part_of_an_unseen_composition_is_in_train(corpus):
    items = [item for scene in corpus["train"] for item in scene.items]
    for name, pairs in (("colour", HELD_OUT_COLOURS), ("texture", HELD_OUT_TEXTURES)):
        for value, shape in pairs:
            assert sum(getattr(item, name) == value for item in items) >= 30
            assert sum(item.shape == shape for item in items) >= 30


def test_pictures_have_two_to_six_objects_mostly_in_full_view(corpus):
    counts = Counter(len(scene.items) for scene in corpus["train"])
    assert counts.keys() == {2, 3, 4, 5, 6}
    assert min(counts.values()) >= 30
    shares = [item.visible for scene in corpus["train"] for item in scene.items]
    assert min(shares) > 0.6
    assert 0.1 < np.mean(np.less(shares, 1)) < 0.4


def test_attributes_are_spread_evenly():
    """Drawn without the splits, of which each picture would take a while."""
    random = Random(3)
    sprites = [sprite for _ in range(3000) for sprite in sample_sprites(random, 4)]
    for name, values in (("shape", 12), ("colour", 10), ("size", 2), ("texture", 4)):
        counts = Counter(getattr(sprite, name) for sprite in sprites)
        assert len(counts) == values
        assert max(counts.values()) / min(counts.values()) < 1.25


def test_some_objects_are_alike_and_can_be_counted():
    random = Random(4)
    alike = [
        Counter((sprite.shape, sprite.colour) for sprite in sample_sprites(random, 5)).most_common(1)[0][1]
        for _ in range(400)
    ]
    assert {1, 2, 3, 4} <= set(alike)


def test_no_two_pictures_are_alike(corpus):
    looks = [tuple(scene.items) for scenes in corpus.values() for scene in scenes]
    assert len(set(looks)) == len(looks)


def test_the_same_seed_gives_the_same_corpus():
    tiny = {"train": 5, "validation": 1, "test": 1, "test_compositions": 3}
    assert splits(seed=11, sizes=tiny) == splits(seed=11, sizes=tiny)
    assert splits(seed=12, sizes=tiny) != splits(seed=11, sizes=tiny)


def test_captions_say_the_unseen_composition(corpus):
    checked = Counter()
    for scene in corpus["test_compositions"]:
        (kind,) = held_out_kinds(scene)
        checked[kind] += 1
        assert sum(stated(kind, scene.items, caption) for caption in scene.captions) >= 2
    assert checked == {"colour": 11, "texture": 10, "relation": 10}
