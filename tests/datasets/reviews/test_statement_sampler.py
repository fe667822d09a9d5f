import re
from collections import Counter
from random import Random

from foveal.datasets.reviews.clauses import with_article
from foveal.datasets.reviews.constructions import PHENOMENA
from foveal.datasets.reviews.lexicon import ADJECTIVES_OF, DOMAIN_LIST, EFFECTS_OF, FEELING_LIST, NOUN_LIST
from foveal.datasets.reviews.statement_sampler import StatementSampler

POLAR = {
    form: word.polarity
    for words in (*ADJECTIVES_OF.values(), *EFFECTS_OF.values(), FEELING_LIST, NOUN_LIST)
    for word in words
    for form in (word.text, word.inflected, f"{word.text}s", f"{word.text}es")
    if form
}
EVENTS = {text: sign for domain in DOMAIN_LIST for sign in (1, -1) for text in domain.events[sign]}

# What looks like a reversal and is none.
IDIOMS = r"""could not (?=have|be|agree|disagree)|not only|nothing (if not|short of|less than)|never failed
    |never (seen|read|eaten|stayed|owned|played|been|taken)|no (denying|doubt|question|arguing)
    |not (deny|doubt|find)|without"""
REVERSALS = r"""\b(not|never|hardly|neither|nobody|no|nothing|cannot|less|disagree|differ|opposite
    |wrong|mistaken|fail(s|ed)?)\b|n't\b|far\ from|anything\ but"""


def read(rationale):
    """What a rationale says by itself: 1 or -1."""
    if rationale in EVENTS:
        return EVENTS[rationale]
    text = re.sub(r"\b(" + re.sub(r"\n *", "", IDIOMS) + r")\b", "", rationale.lower())
    signs = {POLAR[word] for word in re.findall(r"[\w-]+", text) if word in POLAR}
    assert len(signs) == 1, rationale
    return signs.pop() * (-1) ** len(list(re.finditer(REVERSALS, text, re.VERBOSE)))


def drawn(count, seed=3):
    random = Random(seed)
    for number in range(count):
        statements = StatementSampler(random, random.choice(DOMAIN_LIST), random.choice(["past", "present"]))
        polarity = 1 if number % 2 else -1
        yield polarity, statements.sample_framed(polarity), statements


def test_the_rationale_alone_decides():
    for polarity, text, _ in drawn(6000):
        rationale = " ".join(re.findall(r"\[(.*?)\]", text))
        assert read(rationale) == polarity, text


def test_polar_words_are_as_often_against_the_label_as_with_it():
    agreeing = Counter()
    for polarity, text, _ in drawn(4000):
        agreeing.update(POLAR[word] == polarity for word in re.findall(r"[\w-]+", text) if word in POLAR)
    assert 0.4 < agreeing[True] / agreeing.total() < 0.62


def test_every_phenomenon_comes_with_either_label():
    counts = Counter()
    for polarity, _, statements in drawn(4000):
        counts.update((name, polarity) for name in statements.phenomena)
    assert {name for name, _ in counts} == set(PHENOMENA) - {"distractor"}
    for name in {name for name, _ in counts}:
        good, bad = counts[name, 1], counts[name, -1]
        assert abs(good - bad) < 4 * (good + bad) ** 0.5, name  # four standard deviations
        assert min(good, bad) > 30, name


def test_distractors_have_no_say_and_are_about_something_else():
    random = Random(4)
    for _ in range(500):
        statements = StatementSampler(random, random.choice(DOMAIN_LIST), "past")
        text = re.sub(r"[\[\]]", "", statements.distractor())
        outside = re.search("weather|traffic|journey home|news|football match|queue outside", text)
        assert outside or text.split()[0] in ("in", "at", "with"), text
        assert statements.phenomena == {"distractor"} | statements.phenomena
        assert " than " not in text


def test_articles_and_spaces_are_right():
    articles = 0
    for _, text, _ in drawn(2000):
        plain = re.sub(r"[\[\]]", "", text)
        assert "  " not in plain
        assert "{" not in plain
        assert not re.search(r" [,.?!]", plain)
        for article, word in re.findall(r"\b(an?) (\w+)", plain):
            if word not in ("hour", "lot", "little", "new"):
                articles += 1
                assert with_article(word) == f"{article} {word}", plain
    assert articles > 400
