"""Sampler of statements; an independent reader derives the polarity from the rationale."""

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

# Idioms that contain a negative word but do not reverse the polarity.
IDIOMS = r"""could not (?=have|be|agree|disagree)|not only|nothing (if not|short of|less than)|never failed
    |never (seen|read|eaten|stayed|owned|played|been|taken)|no (denying|doubt|question|arguing)
    |not (deny|doubt|find)|without"""
REVERSALS = r"""\b(not|never|hardly|neither|nobody|no|nothing|cannot|less|disagree|differ|opposite
    |wrong|mistaken|fail(s|ed)?)\b|n't\b|far\ from|anything\ but"""


def rationale_polarity(rationale):
    """Return the polarity of a rationale by itself, 1 or -1."""
    if rationale in EVENTS:
        return EVENTS[rationale]
    text = re.sub(r"\b(" + re.sub(r"\n *", "", IDIOMS) + r")\b", "", rationale.lower())
    signs = {POLAR[word] for word in re.findall(r"[\w-]+", text) if word in POLAR}
    assert len(signs) == 1, rationale
    return signs.pop() * (-1) ** len(list(re.finditer(REVERSALS, text, re.VERBOSE)))


def sample_statements(count, seed=3):
    random = Random(seed)
    for number in range(count):
        sampler = StatementSampler(random, random.choice(DOMAIN_LIST), random.choice(["past", "present"]))
        polarity = 1 if number % 2 else -1
        yield polarity, sampler.sample_statement(polarity), sampler


def test_rationale_determines_polarity():
    for polarity, text, _ in sample_statements(6000):
        rationale = " ".join(re.findall(r"\[(.*?)\]", text))
        assert rationale_polarity(rationale) == polarity, text


def test_polar_words_agree_with_label_half_the_time():
    agreeing = Counter()
    for polarity, text, _ in sample_statements(4000):
        agreeing.update(POLAR[word] == polarity for word in re.findall(r"[\w-]+", text) if word in POLAR)
    assert 0.4 < agreeing[True] / agreeing.total() < 0.62


def test_phenomena_occur_with_both_labels():
    counts = Counter()
    for polarity, _, sampler in sample_statements(4000):
        counts.update((name, polarity) for name in sampler.phenomena)
    assert {name for name, _ in counts} == set(PHENOMENA) - {"distractor"}
    for name in {name for name, _ in counts}:
        positive, negative = counts[name, 1], counts[name, -1]
        assert abs(positive - negative) < 4 * (positive + negative) ** 0.5, name  # four standard deviations
        assert min(positive, negative) > 30, name


def test_sample_distractor_is_about_another_entity():
    random = Random(4)
    for _ in range(500):
        sampler = StatementSampler(random, random.choice(DOMAIN_LIST), "past")
        text = re.sub(r"[\[\]]", "", sampler.sample_distractor())
        unrelated = re.search("weather|traffic|journey home|news|football match|queue outside", text)
        assert unrelated or text.split()[0] in ("in", "at", "with"), text
        assert "distractor" in sampler.phenomena
        assert " than " not in text


def test_statements_have_valid_articles_and_spaces():
    articles = 0
    for _, text, _ in sample_statements(2000):
        plain = re.sub(r"[\[\]]", "", text)
        assert "  " not in plain
        assert "{" not in plain
        assert not re.search(r" [,.?!]", plain)
        for article, word in re.findall(r"\b(an?) (\w+)", plain):
            if word not in ("hour", "lot", "little", "new"):
                articles += 1
                assert with_article(word) == f"{article} {word}", plain
    assert articles > 400
