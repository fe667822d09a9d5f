"""Articles, possessives, quantifiers and numbers, each in its place around the noun."""

from random import Random

from . import english
from .aligned_words import Phrase, Word
from .lexicon import Noun
from .portuguese import CONTRACTED

# Masculine, feminine, and the same in the plural.
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

# How often each stands before a singular, before a plural, and before what cannot be counted.
PLAIN = (
    12 * "the " + 6 * "a " + "this that every ",
    8 * "the " + 4 * "number " + "these those some many few all ",
    6 * "the " + "this that ",
)
OWNED = "my your our his her their owner"
FREE = tuple(plain + OWNED for plain in PLAIN)
CHOICES = {
    "people": PLAIN,
    "kin": ("the " + OWNED,) * 3,
    "place": PLAIN,
    "outdoors": PLAIN,
    "opening": PLAIN,
    "game": ("bare",) * 3,
}
ATTRACTING = {"every", "few", "all"}  # as a subject: todos o viram, not viram-no
INDEFINITE = {"bare", "a", "every", "some", "many", "few", "number"}


def choose(random: Random, noun: Noun, plural: bool) -> str:
    """A determiner that goes with a noun."""
    countable = noun.en_plural is not None
    return random.choice(CHOICES.get(noun.kind, FREE)[plural if countable else 2].split())


def agree(word: str, gender: str, plural: bool) -> str:
    """The Portuguese form of a determiner."""
    return FORMS[word].split()[2 * plural + (gender == "f")]


def with_preposition(preposition: Word, words: list[Word]) -> list[Word]:
    """A Portuguese preposition before words, contracted with the first of them: de, o -> do."""
    joined = CONTRACTED.get((preposition.text, words[0].text))
    if joined is None:
        return [preposition, *words]
    return [Word(joined, preposition.sources + words[0].sources), *words[1:]]


def determine(determiner: str, gender: str, plural: bool, body: Phrase) -> Phrase:
    """Puts a determiner before the English words and around the Portuguese ones."""
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


def own(owner: Phrase, gender: str, plural: bool, body: Phrase) -> Phrase:
    """Ana's house: a casa da Ana."""
    mark, article = Word("'s"), Word(agree("the", gender, plural))
    owned = with_preposition(Word("de", (mark,)), owner.pt)
    return Phrase([*owner.en, mark, *body.en], [article, *body.pt, *owned])


def count(random: Random, gender: str, body: Phrase) -> Phrase:
    """A number before a plural, in words or digits: two, twelve, two hundred, 36."""
    draw = random.random()
    if draw < 0.35:
        text = "two" if draw < 0.25 else "two hundred"
        counted = agree(text, gender, True)
    elif draw < 0.85:
        text, counted = random.choice(NUMERALS)
    else:
        text = counted = str(random.randint(13, 60))
    number = [Word(word) for word in text.split()]
    return Phrase([*number, *body.en], [Word(counted, tuple(number)), *body.pt])
