"""Text that is safe to write to a terminal."""

import re

# C0 but for tab and line feed, DEL, C1, and lone surrogates, which cannot be encoded.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Escape the control characters of a text, so that they do not reach the terminal.

    Line feeds and tabs stay. Text of a file, of a model or of the user can hold escape sequences that move
    the cursor or change colours, and carriage returns that hide what is before them.

    Args:
        text: any text.

    Returns:
        The text with `\x1b` for an escape character, and the like.

    Example:
        >>> print(printable("a\x1b[31m red\r word"))
        a\x1b[31m red\x0d word
    """
    return UNPRINTABLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
