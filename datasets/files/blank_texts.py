"""Texts that show nothing."""

import regex

BLANK = regex.compile(r"[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*")


def is_blank(text: str) -> bool:
    r"""Return whether a text has only spaces, control characters and characters without width.

    Example:
        >>> is_blank("\u3000 \u200b\n"), is_blank("a"), is_blank("")
        (True, False, True)
    """
    return BLANK.fullmatch(text) is not None
