"""The pictures of `scenes` and how they fall into splits."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import NamedTuple

from .captions import Caption, CaptionSampler
from .compositions import KINDS, held_out_attributes, held_out_in_caption, held_out_relations
from .layout import PlacedSprite, items, place
from .scene_objects import SceneObject
from .sprites import Sprite, sample_sprite
from .vocabulary import COLOURS, SHAPES, SIZE_RANGES, TEXTURES

SIZES = {"train": 5_000, "validation": 500, "test": 500, "test_compositions": 500}
CAPTIONS = 5
MIN_HELD_OUT_CAPTIONS = 2  # captions, at least, that say the unseen composition
LAYOUT_TRIES = 10  # tries to place the same objects


class Scene(NamedTuple):
    """A picture before it is painted: its objects from back to front, and its captions."""

    placed: list[PlacedSprite]
    items: list[SceneObject]
    captions: list[Caption]
    seed: int  # of the background


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[Scene]]:
    """Draws every split."""
    random = Random(seed)
    plain = sample_scenes(random)
    shares = [len(range(i, sizes["test_compositions"], len(KINDS))) for i in range(len(KINDS))]
    return {
        **{name: list(islice(plain, sizes[name])) for name in ("train", "validation", "test")},
        "test_compositions": [
            scene
            for kind, share in zip(KINDS, shares, strict=True)
            for scene in islice(sample_scenes(random, kind), share)
        ],
    }


def sample_scenes(random: Random, kind: str | None = None) -> Iterator[Scene]:
    """An endless run of pictures, without any unseen composition or each with one of a kind."""
    while True:
        count = random.randint(2, 6)  # before anything is refused, so that each is as common
        scene = None
        while scene is None:
            scene = _attempt(random, count, {kind} if kind else set())
        yield scene


def _attempt(random: Random, count: int, held_out_kinds: set[str]) -> Scene | None:
    sprites = sample_sprites(random, count)
    if held_out_attributes(sprites) != held_out_kinds - {"relation"}:
        return None
    hides = _hiding(random, count)
    for _ in range(LAYOUT_TRIES):
        placed = place(random, sprites, hides)
        if placed is None:
            continue
        scene = items(placed, hides)
        if bool(held_out_relations(scene)) != ("relation" in held_out_kinds):
            continue
        captions = CaptionSampler(random, scene).captions(CAPTIONS)
        if captions and (
            not held_out_kinds
            or sum(held_out_kinds <= held_out_in_caption(scene, c) for c in captions) >= MIN_HELD_OUT_CAPTIONS
        ):
            return Scene(placed, scene, captions, random.getrandbits(32))
    return None


def sample_sprites(random: Random, count: int) -> list[Sprite]:
    """Objects of which some are alike: groups to count, and others that one adjective tells apart."""
    drawn: list[dict[str, str]] = []
    group = random.randint(2, min(count, 4)) if count > 2 and random.random() < 0.5 else 1
    for index in range(count):
        look = {
            "shape": random.choice(list(SHAPES)),
            "colour": random.choice(list(COLOURS)),
            "size": random.choice(list(SIZE_RANGES)),
            "texture": random.choice(TEXTURES),
        }
        if 0 < index < group:
            shared = ["shape", "colour", *(name for name in ("size", "texture") if random.random() < 0.6)]
            look |= {name: drawn[0][name] for name in shared}
        elif drawn and random.random() < 0.25:
            name = random.choice(("shape", "colour"))
            look[name] = random.choice(drawn)[name]
        drawn.append(look)
    random.shuffle(drawn)
    return [sample_sprite(random, **look) for look in drawn]


def _hiding(random: Random, count: int) -> dict[int, int]:
    """Which objects hide a part of which earlier one: none, one pair, or two."""
    order = random.sample(range(count), count)
    pairs = random.choices((0, 1, 2), (5, 5, 2))[0]
    chosen = [sorted(order[i : i + 2]) for i in range(0, min(2 * pairs, count - 1), 2)]
    return {front: back for back, front in chosen}
