"""Determiners of both languages: articles, demonstratives, possessives, quantifiers and numerals."""

from random import Random

from . import english
from .aligned_words import Phrase, Word
from .lexicon import Noun
from .portuguese import CONTRACTED

# Portuguese forms: masculine, feminine, and both plurals; "_" does not exist.
FORMS = {
    "the": "o a os as",
    "a": "um uma",
    "this": "este esta",
    "these": "_ _ estes estas",
    "that": "aquele aquela",
    "those": "_ _ aqueles aquelas",
    "every": "cada cada",
    "some": "_ _ alguns algumas",
    "many": "_ _ muitos muitas",
    "few": "_ _ poucos poucas",
    "all": "_ _ todos todas",
    "my": "meu minha meus minhas",
    "your": "teu tua teus tuas",
    "our": "nosso nossa nossos nossas",
    "two": "_ _ dois duas",
    "two hundred": "_ _ duzentos duzentas",
}
POSSESSORS = {"his": "dele", "her": "dela", "their": "deles"}
NUMERALS = list(
    zip(
        "three four five six seven eight nine ten eleven twelve twenty thirty".split(),
        "três quatro cinco seis sete oito nove dez onze doze vinte trinta".split(),
        strict=True,
    )
)

# Determiners, repeated by frequency, of a singular, of a plural and of a mass noun. "bare" is none,
# "number" a numeral, "owner" a possessive noun phrase.
NON_POSSESSIVE = (
    12 * "the " + 6 * "a " + "this that every ",
    8 * "the " + 4 * "number " + "these those some many few all ",
    6 * "the " + "this that ",
)
POSSESSIVE = "my your our his her their owner"
ALL_DETERMINERS = tuple(determiners + POSSESSIVE for determiners in NON_POSSESSIVE)
# Exceptions by the semantic class of the noun.
DETERMINERS_OF = {
    "people": NON_POSSESSIVE,
    "kin": ("the " + POSSESSIVE,) * 3,
    "place": NON_POSSESSIVE,
    "outdoors": NON_POSSESSIVE,
    "opening": NON_POSSESSIVE,
    "game": ("bare",) * 3,
}
PROCLISIS_DETERMINERS = {"every", "few", "all"}  # of a subject: todos o viram, not viram-no
INDEFINITE = {"bare", "a", "every", "some", "many", "few", "number"}


def sample_determiner(random: Random, noun: Noun, plural: bool) -> str:
    """Sample a determiner that fits a noun and its number."""
    countable = noun.en_plural is not None
    determiners = DETERMINERS_OF.get(noun.kind, ALL_DETERMINERS)
    return random.choice(determiners[plural if countable else 2].split())


def agree(word: str, gender: str, plural: bool) -> str:
    """Return the Portuguese form of a determiner for a gender, m or f, and a number."""
    return FORMS[word].split()[2 * plural + (gender == "f")]


def with_preposition(preposition: Word, words: list[Word]) -> list[Word]:
    """Prepend a Portuguese preposition and contract it with the first word: de, o -> do."""
    contraction = CONTRACTED.get((preposition.text, words[0].text))
    if contraction is None:
        return [preposition, *words]
    return [Word(contraction, preposition.sources + words[0].sources), *words[1:]]


def determine(determiner: str, gender: str, plural: bool, body: Phrase) -> Phrase:
    """Add a determiner to the adjective and noun of both languages.

    Args:
        determiner: English, or "bare" for none.
        gender: of the Portuguese noun, m or f.
        plural: whether the noun is plural.
        body: the adjective and the noun.

    Returns:
        The noun phrase; Portuguese possessives also take an article: my hat, o meu chapéu.
    """
    if determiner == "bare":
        return body
    word = Word(english.article(body.en[0].text) if determiner == "a" else determiner)
    article = Word(agree("the", gender, plural))
    if determiner in POSSESSORS:
        return Phrase([word, *body.en], [article, *body.pt, Word(POSSESSORS[determiner], (word,))])
    agreed = Word(agree(determiner, gender, plural), (word,))
    if determiner in ("my", "your", "our"):
        return Phrase([word, *body.en], [article, agreed, *body.pt])
    if determiner == "all":
        the = Word("the")
        return Phrase([word, the, *body.en], [agreed, Word(article.text, (the,)), *body.pt])
    return Phrase([word, *body.en], [agreed, *body.pt])


def possessive(owner: Phrase, gender: str, plural: bool, body: Phrase) -> Phrase:
    """Add a possessor to the adjective and noun: Ana's house, a casa da Ana."""
    suffix, article = Word("'s"), Word(agree("the", gender, plural))
    possessor = with_preposition(Word("de", (suffix,)), owner.pt)
    return Phrase([*owner.en, suffix, *body.en], [article, *body.pt, *possessor])


def sample_numeral(random: Random, gender: str, body: Phrase) -> Phrase:
    """Add a numeral to a plural, in words or digits: two, twelve, two hundred, 36."""
    sample = random.random()
    if sample < 0.35:
        en = "two" if sample < 0.25 else "two hundred"
        pt = agree(en, gender, True)
    elif sample < 0.85:
        en, pt = random.choice(NUMERALS)
    else:
        en = pt = str(random.randint(13, 60))
    numeral = [Word(word) for word in en.split()]
    return Phrase([*numeral, *body.en], [Word(pt, tuple(numeral)), *body.pt])
