"""Sampling of images with captions, and their compositional split."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import NamedTuple

from .captions import Caption, CaptionSampler
from .compositions import KINDS, held_out_attributes, held_out_in_caption, held_out_relations
from .layout import PositionedSprite, annotate_sprites, sample_layout
from .scene_objects import SceneObject
from .sprites import Sprite, sample_sprite
from .vocabulary import COLOURS, SHAPES, SIZE_RANGES, TEXTURES

SIZES = {"train": 5_000, "validation": 500, "test": 500, "test_compositions": 500}
CAPTIONS = 5  # of each image
MIN_HELD_OUT_CAPTIONS = 2  # captions that state the held-out composition of an image
LAYOUT_TRIES = 10  # layouts of the same objects


class Scene(NamedTuple):
    """An image before rendering: its sprites and their annotations from back to front, its captions.

    `seed` is the seed of the background.
    """

    sprites: list[PositionedSprite]
    objects: list[SceneObject]
    captions: list[Caption]
    seed: int


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[Scene]]:
    """Sample every split; `test_compositions` holds equally many images of each kind."""
    random = Random(seed)
    scenes = sample_scenes(random)
    counts = [len(range(index, sizes["test_compositions"], len(KINDS))) for index in range(len(KINDS))]
    return {
        **{name: list(islice(scenes, sizes[name])) for name in ("train", "validation", "test")},
        "test_compositions": [
            scene
            for kind, count in zip(KINDS, counts, strict=True)
            for scene in islice(sample_scenes(random, kind), count)
        ],
    }


def sample_scenes(random: Random, kind: str | None = None) -> Iterator[Scene]:
    """Sample images without end.

    Args:
        random: the random generator.
        kind: of the held-out composition in each image; None for no held-out composition.
    """
    while True:
        count = random.randint(2, 6)  # before rejection, so that all counts are equally frequent
        scene = None
        while scene is None:
            scene = _sample_scene(random, count, {kind} if kind else set())
        yield scene


def _sample_scene(random: Random, count: int, held_out_kinds: set[str]) -> Scene | None:
    """Sample an image with exactly these kinds of held-out composition; None if rejected."""
    sprites = sample_sprites(random, count)
    if held_out_attributes(sprites) != held_out_kinds - {"relation"}:
        return None
    occlusions = _sample_occlusions(random, count)
    for _ in range(LAYOUT_TRIES):
        layout = sample_layout(random, sprites, occlusions)
        if layout is None:
            continue
        objects = annotate_sprites(layout, occlusions)
        if bool(held_out_relations(objects)) != ("relation" in held_out_kinds):
            continue
        captions = CaptionSampler(random, objects).sample_captions(CAPTIONS)
        if captions and _states_composition(objects, captions, held_out_kinds):
            return Scene(layout, objects, captions, random.getrandbits(32))
    return None


def _states_composition(
    objects: list[SceneObject], captions: list[Caption], held_out_kinds: set[str]
) -> bool:
    """Return whether enough captions state the held-out compositions, if there are any."""
    if not held_out_kinds:
        return True
    num_stating = sum(held_out_kinds <= held_out_in_caption(objects, caption) for caption in captions)
    return num_stating >= MIN_HELD_OUT_CAPTIONS


def sample_sprites(random: Random, count: int) -> list[Sprite]:
    """Sample objects of which some share attributes.

    Groups of similar objects are for counting; pairs with one shared attribute need a second
    attribute for a unique description.
    """
    samples: list[dict[str, str]] = []
    group_size = random.randint(2, min(count, 4)) if count > 2 and random.random() < 0.5 else 1
    for index in range(count):
        attributes = {
            "shape": random.choice(list(SHAPES)),
            "colour": random.choice(list(COLOURS)),
            "size": random.choice(list(SIZE_RANGES)),
            "texture": random.choice(TEXTURES),
        }
        if 0 < index < group_size:
            shared = ["shape", "colour", *(name for name in ("size", "texture") if random.random() < 0.6)]
            attributes |= {name: samples[0][name] for name in shared}
        elif samples and random.random() < 0.25:
            name = random.choice(("shape", "colour"))
            attributes[name] = random.choice(samples)[name]
        samples.append(attributes)
    random.shuffle(samples)
    return [sample_sprite(random, **attributes) for attributes in samples]


def _sample_occlusions(random: Random, count: int) -> dict[int, int]:
    """Sample up to two pairs of objects: the index of the front and of the back object."""
    order = random.sample(range(count), count)
    num_pairs = random.choices((0, 1, 2), (5, 5, 2))[0]
    pairs = [sorted(order[start : start + 2]) for start in range(0, min(2 * num_pairs, count - 1), 2)]
    return {front: back for back, front in pairs}
