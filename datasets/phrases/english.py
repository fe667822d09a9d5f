"""English morphology: plurals, articles and verb forms."""

VOWELS = "aeiou"
# The last consonant doubles before -ing, because the last syllable is stressed.
DOUBLED = {"run", "swim", "sit", "get", "hug", "forget", "cut", "stop", "travel"}
BE = {
    "present": {"1s": "am", "3s": "is"},
    "past": {"1s": "was", "3s": "was"},
}


def plural(noun: str) -> str:
    """Return the regular plural: cats, boxes, cities, potatoes."""
    if noun.endswith(("s", "x", "ch", "sh", "to")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def third_person(verb: str) -> str:
    """Return the third person singular of the present: goes, carries, has."""
    if verb == "have":
        return "has"
    return verb + "es" if verb.endswith("o") else plural(verb)


def participle(verb: str) -> str:
    """Return the present participle: baking, running, seeing."""
    if verb in DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + "ing"


def be(tense: str, person: str) -> str:
    """Return the form of *be* for a tense, present or past, and a person such as `3s`."""
    return BE[tense].get(person, "are" if tense == "present" else "were")


def article(following: str) -> str:
    """Return the indefinite article, a or an, for the word that follows."""
    vowel = following[0] in VOWELS and not following.startswith("use")
    return "an" if vowel or following.startswith("honest") else "a"
