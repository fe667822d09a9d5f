"""Direction of texts and visual order of their words (UAX #9, by whole words)."""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby

DIRECTIONS = {"L": "L", "R": "R", "AL": "R"}  # of letters, by their bidirectional class
NUMBERS = {"EN", "AN"}


def is_right_to_left(words: Iterable[str]) -> bool:
    """Return whether a text is written from right to left: whether its first letter is (UAX #9, rule P2).

    Example:
        >>> is_right_to_left(["(", "שלום", "abc"]), is_right_to_left(["abc", "שלום"])
        (True, False)
    """
    return next(filter(None, map(_direction, words)), "L") == "R"


def visual_order(words: Sequence[str], right_to_left: bool) -> list[int]:
    """Return the order of the words of a line from left to right.

    Words of the other direction keep their own order among each other. A number has the direction of the word
    before it. Punctuation between words of one direction has it too, and a bracket that of its opening one.

    Args:
        words: words of the line, in the order of the text.
        right_to_left: direction of the text.

    Returns:
        Positions of the words, the leftmost first.

    Example:
        >>> visual_order(["אני", "machine", "learning", "אוהב"], right_to_left=True)
        [3, 1, 2, 0]

    Reference:
        Unicode Standard Annex #9, Unicode Bidirectional Algorithm.
    """
    directions = word_directions(words, right_to_left)
    runs = [list(run) for _, run in groupby(range(len(words)), directions.__getitem__)]
    if right_to_left:
        runs.reverse()
    return [index for run in runs for index in (run if directions[run[0]] == "L" else reversed(run))]


def word_directions(words: Sequence[str], right_to_left: bool) -> list[str]:
    """Return the direction of each word, `L` or `R`: a number as the word before, punctuation as around it.

    Args:
        words: words of a text, in order.
        right_to_left: direction of the text.

    Example:
        >>> word_directions(["אני", "(", "abc", ")", "12"], right_to_left=True)
        ['R', 'R', 'L', 'R', 'L']
    """
    base = "R" if right_to_left else "L"
    directions: list[str | None] = []
    before = base
    for word in words:
        has_number = any(unicodedata.bidirectional(character) in NUMBERS for character in word)
        directions.append(_direction(word) or (before if has_number else None))
        before = directions[-1] or before
    resolved, brackets = [], []
    for index, direction in enumerate(directions):
        before = resolved[-1] if resolved else base
        after = next(filter(None, directions[index + 1 :]), base)
        resolved.append(direction or (before if before == after else base))
        category = unicodedata.category(words[index]) if len(words[index]) == 1 else ""
        if category == "Ps":
            brackets.append(resolved[-1])
        elif category == "Pe" and brackets:
            resolved[-1] = brackets.pop()  # as its opening bracket
    return resolved


def _direction(word: str) -> str | None:
    """The direction of the first letter of a word; None without a letter."""
    return next(filter(None, (DIRECTIONS.get(unicodedata.bidirectional(c)) for c in word)), None)
