"""Scripts without spaces between words, as contents of the brackets of a regular expression (`regex`)."""

HAN = r"\p{scx=Han}"
KANA = r"\p{scx=Hiragana}\p{scx=Katakana}"
UNSPACED = "".join(  # others than Han and kana
    rf"\p{{{script}}}"
    for script in (
        *("Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet"),
        *("Javanese", "Balinese"),
    )
)
