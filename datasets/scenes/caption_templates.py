"""Templates of captions, used both to realize and to parse a caption.

Slots of a noun phrase `a`: `{a.a}` with an indefinite article, `{a.the}` with the definite one,
`{a.numeral}` with a numeral; `{a.be}` is *is* or *are*. `{r}` and `{s}` are binary relations, `{p}` and
`{q}` regions. The order of the entries is part of the random stream.
"""

# Phrases of each relation. The templates contain the phrase of `between`.
RELATIONS = {
    "left": ("left of", "to the left of", "on the left of"),
    "right": ("right of", "to the right of", "on the right of"),
    "above": ("above", "higher up than", "somewhere above"),
    "below": ("below", "lower than", "somewhere below"),
    "in front": ("in front of", "covering a part of"),
    "behind": ("behind", "partly hidden by", "partly behind"),
    "near": ("next to", "close to", "beside"),
}
REGIONS = {
    "top": ("near the top", "at the top of the picture"),
    "bottom": ("near the bottom", "at the bottom of the picture"),
    "leftmost": ("near the left edge", "on the left side of the picture"),
    "rightmost": ("near the right edge", "on the right side of the picture"),
    "middle": ("in the middle", "near the centre of the picture"),
}

# Templates by the claims that they state, separated by semicolons. A claim is a relation or a region
# and its noun phrases.
TEMPLATES = {
    "r a b": (
        "{a.a} {a.be} {r} {b.a}",
        "{a.the} {a.be} {r} {b.a}",
        "{a.a} {r} {b.a}",
        "there {a.be} {a.a} {r} {b.a}",
        "{a.a} can be seen {r} {b.a}",
        "the picture shows {a.a} {r} {b.a}",
    ),
    "r a b; s a c": (
        "{a.a} {a.be} {r} {b.a} and {s} {c.a}",
        "{a.the} {a.be} {r} {b.a} and {s} {c.a}",
        "{a.a} {r} {b.a} and {s} {c.a}",
    ),
    "r a b; s b c": (
        "{a.a} {a.be} {r} {b.a}, which {b.be} {s} {c.a}",
        "{a.a} {r} {b.a}, which {b.be} {s} {c.a}",
    ),
    "p a; r a b": (
        "{a.a} {p}, {r} {b.a}",
        "{p} {a.be} {a.a}, {r} {b.a}",
    ),
    "between a b c": (
        "{a.a} {a.be} between {b.a} and {c.a}",
        "{a.a} between {b.a} and {c.a}",
        "between {b.a} and {c.a} there {a.be} {a.a}",
    ),
    "p a": (
        "{a.a} {a.be} {p}",
        "{a.the} {a.be} {p}",
        "{p} there {a.be} {a.a}",
        "{a.numeral} {p}",
    ),
    "p a; q b": (
        "{a.a} {p} and {b.a} {q}",
        "{a.the} {a.be} {p}, {b.the} {b.be} {q}",
    ),
    "count a b": (
        "{a.numeral} and {b.numeral}",
        "there are {a.a} and {b.a}",
        "we see {a.a} and {b.a}",
    ),
    "count a b c": (
        "{a.a}, {b.a} and {c.a}",
        "the picture shows {a.a}, {b.a} and {c.a}",
    ),
    "among a b": (
        "{b.numeral}, among them {a.a}",
        "there are {b.numeral}, and one of them is {a.a}",
    ),
}
TEMPLATE_WEIGHTS = {
    "r a b": 6, "r a b; s a c": 3, "r a b; s b c": 2, "p a; r a b": 2, "between a b c": 1.5,
    "p a": 2, "p a; q b": 1.5, "count a b": 2, "count a b c": 2, "among a b": 1,
}  # fmt: skip
