"""Vocabulary of `scenes`: shapes, colours, textures, sizes, and their English words.

The order of the entries is part of the random stream.
"""

# Each shape with its plural.
SHAPES = {
    "circle": "circles", "square": "squares", "triangle": "triangles", "star": "stars",
    "heart": "hearts", "ring": "rings", "cross": "crosses", "hexagon": "hexagons",
    "crescent": "crescents", "arrow": "arrows", "flower": "flowers", "diamond": "diamonds",
}  # fmt: skip
GENERIC_NOUNS = {"shape": "shapes", "object": "objects"}  # nouns for every shape

# RGB values from 0 to 255: the main colour, and the second colour of stripes, dots and checks.
COLOURS = {
    "red": ((214, 32, 38), (255, 214, 205)),
    "orange": ((246, 128, 20), (255, 232, 200)),
    "yellow": ((252, 214, 32), (166, 122, 0)),
    "green": ((34, 150, 60), (205, 240, 200)),
    "blue": ((36, 84, 214), (200, 222, 255)),
    "purple": ((126, 44, 170), (232, 205, 248)),
    "pink": ((250, 134, 190), (196, 40, 120)),
    "brown": ((122, 72, 34), (228, 200, 168)),
    "black": ((26, 26, 30), (205, 205, 210)),
    "white": ((244, 244, 244), (160, 162, 170)),
}
TEXTURES = ("plain", "striped", "dotted", "checkered")

# Minimum and maximum length of the longer side, in pixels.
SIZE_RANGES = {"small": (21, 26), "big": (35, 44)}
SIZE_WORDS = {"small": ("small", "little"), "big": ("big", "large")}

NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
