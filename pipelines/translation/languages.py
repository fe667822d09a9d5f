"""Languages of an exported translator, and the check that data are of the same ones."""

import re
from pathlib import Path

from ..saved_model.compatibility import load_config
from ..saved_model.loading import latest_version

LanguagePair = tuple[str, str]

CODE = re.compile(r"[a-z]{2}(?=$|[-_])")  # ISO 639-1, before a region or a script


def exported_languages(folder: Path) -> LanguagePair | None:
    """Return the source and the target language of an exported model; None if it does not name them.

    Args:
        folder: folder of the exported model, or of its versions.
    """
    data = load_config(folder).get("data", {})
    source, target = data.get("source"), data.get("target")
    return (source, target) if source and target else None


def require_languages(folder: Path, languages: LanguagePair | None) -> None:
    """Check that data are of the languages of an exported model, in its direction.

    Names that are no language codes, such as the keys `question` and `answer`, are not compared.

    Args:
        folder: folder of the exported model, or of its versions.
        languages: source and target of the data; None if nothing names them.

    Raises:
        ValueError: if the languages differ.
    """
    expected = exported_languages(folder)
    if expected is None or languages is None:
        return
    expected_codes, codes = ([_code(name) for name in pair] for pair in (expected, languages))
    if "" in (*expected_codes, *codes) or codes == expected_codes:
        return
    hint = (
        f"Choose the direction with `--source {expected[0]} --target {expected[1]}`"
        if sorted(codes) == sorted(expected_codes)
        else "Choose data or a model of the same languages"
    )
    raise ValueError(
        f"`data` must fit the model {latest_version(folder)}, which translates {expected[0]} to "
        f"{expected[1]}. Received: data that translate {languages[0]} to {languages[1]}. {hint}"
    )


def _code(name: str) -> str:
    """Return the language code of a name, without region; empty if the name is none."""
    match = CODE.match(name.lower())
    return match.group() if match else ""
