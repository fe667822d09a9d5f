"""English word forms: plurals, articles and verbs."""

VOWELS = "aeiou"
# Last consonants that double before -ing (the stress is on the last syllable).
DOUBLED = {"run", "swim", "sit", "get", "hug", "forget", "cut", "stop", "travel"}
BE = {
    "present": {"1s": "am", "3s": "is"},
    "past": {"1s": "was", "3s": "was"},
}


def plural(noun: str) -> str:
    """The regular plural: cat, cats; box, boxes; city, cities; knife, knives."""
    if noun.endswith(("s", "x", "ch", "sh", "to")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def third_person(verb: str) -> str:
    """The present after he, she and it: goes, carries, has."""
    if verb == "have":
        return "has"
    return verb + "es" if verb.endswith("o") else plural(verb)


def participle(verb: str) -> str:
    """The -ing form: baking, running, seeing."""
    if verb in DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + "ing"


def be(tense: str, person: str) -> str:
    """The verb be, present or past."""
    return BE[tense].get(person, "are" if tense == "present" else "were")


def article(following: str) -> str:
    """a or an, by the word that follows."""
    vowel = following[0] in VOWELS and not following.startswith("use")
    return "an" if vowel or following.startswith("honest") else "a"
