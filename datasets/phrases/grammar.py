"""Synchronous grammar: each rule derives an English sentence and its Portuguese translation."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from ..weighted_choice import weighted_choice
from . import english
from .aligned_words import Phrase, Word, concatenate, parse_phrase
from .clause_sampler import LOCATIONS, SURFACES, ClauseSampler
from .clauses import ESTAR, Clause
from .compositions import Trait
from .determiners import agree
from .lexicon import ADJECTIVES_OF, DITRANSITIVE_LIST, NOUNS_OF, VERB_LIST, Verb
from .noun_phrases import PERSON, NounPhrase, Pronoun

QUESTION_ADVERBS = ["where|onde:0 é que", "when|quando:0 é que", "why|porque:0 é que",
                    "how|como:0 é que"]  # fmt: skip
REPORTING_VERBS = [Verb("say", "said", "dizer"), Verb("know", "knew", "saber"),
                   Verb("think", "thought", "achar")]  # fmt: skip
COMPARATIVES = {"old": "older", "young": "younger", "tall": "taller", "short": "shorter",
                "strong": "stronger", "rich": "richer", "poor": "poorer", "fast": "faster",
                "slow": "slower", "cheap": "cheaper", "long": "longer", "thin": "thinner",
                "fat": "fatter", "happy": "happier", "lazy": "lazier", "ugly": "uglier",
                "heavy": "heavier", "light": "lighter", "easy": "easier"}  # fmt: skip
COMPARATIVES |= {word: f"more {word}" for word in
                 "expensive dangerous interesting difficult important comfortable beautiful "
                 "elegant famous modern useful generous curious honest polite".split()}  # fmt: skip

Rule = Callable[[], tuple[Phrase, str]]


class Grammar:
    """Synchronous grammar of English and Portuguese sentences.

    After each sentence, `traits` holds its compositions.
    """

    def __init__(self, random: Random):
        self.random = random
        self.clauses = ClauseSampler(random)
        self.noun_phrases = self.clauses.noun_phrases
        # Weights of the rules. The order of the entries is part of the random stream.
        self.rules: dict[Rule, int] = {
            self.statement: 32, self.yes_no_question: 9, self.wh_question: 10, self.ditransitive: 8,
            self.description: 10, self.comparison: 4, self.locative: 4, self.existential: 4,
            self.coordination: 8, self.relative_clause: 8, self.reported_speech: 4,
        }  # fmt: skip

    @property
    def traits(self) -> set[Trait]:
        """Pairs of adjective and noun, of verb and object, and the constructions of each clause."""
        return self.clauses.traits | {("adjective", *pair) for pair in self.noun_phrases.pairs}

    def sample_sentence(self) -> Phrase:
        """Sample a sentence in both languages, with its final mark."""
        self.clauses.traits.clear()
        self.noun_phrases.pairs.clear()
        body, mark = weighted_choice(self.random, self.rules)()
        end = Word(mark)
        return Phrase([*body.en, end], [*body.pt, Word(mark, (end,))])

    # Each rule returns a sentence and its final mark.

    def statement(self) -> tuple[Phrase, str]:
        """Sample a statement: The boy bought two apples at the market."""
        return self.clauses.with_adjunct(self.clauses.action_clause()), "."

    def yes_no_question(self) -> tuple[Phrase, str]:
        """Sample a yes-no question: Did the boy buy the apples?"""
        return self.clauses.with_adjunct(self.clauses.action_clause(question=True)), "?"

    def ditransitive(self) -> tuple[Phrase, str]:
        """Sample a clause with two objects: The boy gave his sister the apples."""
        question = self.clauses.bernoulli(0.15)
        clause = self.clauses.action_clause(self.random.choice(DITRANSITIVE_LIST), question=question)
        return self.clauses.with_adjunct(clause, 0.15), _final_mark(question)

    def description(self) -> tuple[Phrase, str]:
        """Sample a predicative adjective: The apples are very fresh."""
        kinds = sorted(set(NOUNS_OF) - {"game", "drink"})
        kinds = self.random.choice([PERSON, [self.random.choice(kinds)]])
        subject = self.noun_phrases.sample_subject(kinds, gendered=True, modified=False)
        question = self.clauses.bernoulli(0.15)
        clause = self.clauses.adjective_clause(subject, question)
        return self.clauses.realize_clause(clause), _final_mark(question)

    def comparison(self) -> tuple[Phrase, str]:
        """Sample a comparative: The boy is taller than his sister."""
        kind = self.random.choice(["people", "animal", "vehicle", "place", "text", "clothing"])
        subject = self.noun_phrases.sample_subject([kind], gendered=True, modified=False)
        adjective = self.random.choice([a for a in ADJECTIVES_OF[kind] if a.en in COMPARATIVES])
        clause = self.clauses.comparative_clause(subject, adjective, COMPARATIVES[adjective.en])
        return self.clauses.realize_clause(clause), "."

    def locative(self) -> tuple[Phrase, str]:
        """Sample a location of the subject: The apples are in the basket."""
        kind = self.random.choice([*PERSON, "animal", "thing", "text", "clothing", "food"])
        subject = self.noun_phrases.sample_subject([kind])
        animate = subject.kind in (*PERSON, "animal")
        kinds = LOCATIONS if animate or self.clauses.bernoulli(0.3) else SURFACES
        location = self.clauses.locative_phrase(kinds)
        question = self.clauses.bernoulli(0.2)
        clause = self.clauses.copular_clause(ESTAR, subject, location, question)
        return self.clauses.realize_clause(clause), _final_mark(question)

    def existential(self) -> tuple[Phrase, str]:
        """Sample an existential clause: There are apples in the basket."""
        kinds = [self.random.choice(["people", "animal", "thing", "text", "food"])]
        noun = self.noun_phrases.sample_noun(kinds)
        plural = noun.en_plural is not None and self.clauses.bernoulli(0.6)
        singular = "a" if noun.en_plural else "bare"
        determiners = ["number", "number", "some", "many", "few"] if plural else [singular]
        subject = self.noun_phrases.build_noun_phrase(noun, self.random.choice(determiners), plural)
        past, question = self.clauses.bernoulli(0.35), self.clauses.bernoulli(0.25)
        there, be = Word("there"), Word(english.be("past" if past else "present", subject.person))
        verb = Word("havia" if past else "há", (there, be))
        opening = Phrase([be, there] if question else [there, be], [verb])
        kinds = LOCATIONS if noun.kind in (*PERSON, "animal") else SURFACES
        location = self.clauses.locative_phrase(kinds)
        return concatenate(opening, Phrase(subject.en, subject.pt), location), _final_mark(question)

    def coordination(self) -> tuple[Phrase, str]:
        """Sample two coordinated clauses: The boy bought the apples, but didn't eat them."""
        kind = self.random.choice(["food", "text", "clothing", "vehicle", "thing", "animal"])
        verbs = [verb for verb in VERB_LIST if "people" in verb.subjects and kind in verb.objects
                 and not (verb.preposition or verb.particle or verb.state)
                 and verb.en != verb.past]  # fmt: skip
        first_verb, second_verb = self.random.sample(verbs, 2)
        subject = self.noun_phrases.sample_subject(PERSON)
        tense = weighted_choice(self.random, {"past": 3, "present": 1})
        direct_object = self.noun_phrases.sample_noun_phrase([kind])
        first = self.clauses.realize_clause(Clause(subject, first_verb, tense, direct_object))
        negated = self.clauses.bernoulli(0.4)
        conjunction = parse_phrase(", but", ",:0 mas:1") if negated else parse_phrase("and", "e:0")
        null_subject = NounPhrase([], [], subject.gender, subject.person)
        second = self.clauses.realize_clause(
            Clause(null_subject, second_verb, tense, _anaphor(direct_object), negated=negated)
        )
        return concatenate(first, conjunction, second), "."

    def relative_clause(self) -> tuple[Phrase, str]:
        """Sample a noun with a relative clause: The boy who bought the apples is happy."""
        head = self._subject_relative() if self.clauses.bernoulli(0.5) else self._object_relative()
        if head.kind in PERSON and self.clauses.bernoulli(0.5):
            verb = self.clauses.sample_verb(lambda verb: "people" in verb.objects and not verb.state)
            subject = self.noun_phrases.sample_subject(verb.subjects)
            return self.clauses.realize_clause(Clause(subject, verb, "past", head)), "."
        return self.clauses.realize_clause(self.clauses.adjective_clause(head)), "."

    def reported_speech(self) -> tuple[Phrase, str]:
        """Sample a reported clause: The boy says that the apples are sweet."""
        subject = self.noun_phrases.sample_subject(PERSON)
        verb = self.random.choice(REPORTING_VERBS)
        main = self.clauses.realize_clause(Clause(subject, verb, "present"))
        subordinate = self.clauses.realize_clause(self.clauses.action_clause(proclisis=True))
        return concatenate(main, parse_phrase("that", "que:0"), subordinate), "."

    def wh_question(self) -> tuple[Phrase, str]:
        """Sample a question with who, what, which, how many, where, when, why or how."""
        rules = {
            self._subject_question: 3,
            self._object_question: 3,
            self._which_question: 3,
            self._adverbial_question: 6,
        }
        return weighted_choice(self.random, rules)(), "?"

    # Relative clauses and questions: *que* and question words trigger proclisis.

    def _subject_relative(self) -> NounPhrase:
        kinds = self.random.choice([PERSON, PERSON, ["animal"]])
        head = self.noun_phrases.sample_noun_phrase(kinds)
        verb = self.clauses.sample_verb(lambda verb: head.kind in verb.subjects)
        subject = NounPhrase(*_relative_pronoun(head), head.gender, head.person)
        clause = self.clauses.action_clause(verb, subject, proclisis=True)
        return _append(head, self.clauses.realize_clause(clause))

    def _object_relative(self) -> NounPhrase:
        verb = self.clauses.sample_verb(
            lambda verb: verb.objects - {"game"} and not (verb.preposition or verb.particle)
        )
        head = self.noun_phrases.sample_noun_phrase(verb.objects)
        self.clauses.traits.add(("object", verb.name, head.noun))
        subject = self.noun_phrases.sample_subject(verb.subjects)
        tense = self.clauses.sample_tense(verb, affirmative=True)
        clause = Clause(subject, verb, tense, proclisis=True)
        return _append(head, concatenate(_relative_pronoun(head), self.clauses.realize_clause(clause)))

    def _subject_question(self) -> Phrase:
        subject = NounPhrase(*parse_phrase("who", "quem:0"))
        verb = self.clauses.sample_verb(lambda verb: "people" in verb.subjects)
        return self.clauses.with_adjunct(self.clauses.action_clause(verb, subject, proclisis=True), 0.15)

    def _object_question(self) -> Phrase:
        excluded = {*PERSON, "animal", "game"}
        verb = self.clauses.sample_verb(lambda verb: verb.objects - excluded and not verb.preposition)
        return self._fronted_question(parse_phrase("what", "o:0 que:0 é que"), verb)

    def _which_question(self) -> Phrase:
        excluded = {"drink", "game"}
        verb = self.clauses.sample_verb(
            lambda verb: verb.objects - excluded and not (verb.preposition or verb.particle)
        )
        noun = self.noun_phrases.sample_noun(verb.objects - excluded)
        self.clauses.traits.add(("object", verb.name, noun.en))
        if noun.en_plural and self.clauses.bernoulli(0.5):
            quantifier = "quantos" if noun.gender == "m" else "quantas"
            fronted = parse_phrase(f"how many {noun.en_plural}", f"{quantifier}:0,1 {noun.pt_plural}:2 é que")
        else:
            fronted = parse_phrase(f"which {noun.en}", f"que:0 {noun.pt}:1 é que")
        return self._fronted_question(fronted, verb)

    def _fronted_question(self, fronted: Phrase, verb: Verb) -> Phrase:
        """Sample a question about the object, which stands at the front."""
        subject = self.noun_phrases.sample_subject(verb.subjects)
        tense = self.clauses.sample_tense(verb, affirmative=False)
        clause = Clause(subject, verb, tense, question=True, proclisis=True)
        return concatenate(fronted, self.clauses.realize_clause(clause))

    def _adverbial_question(self) -> Phrase:
        verb = self.clauses.sample_verb(lambda verb: not verb.state or verb.pt == "morar")
        if verb.state:
            subject = self.noun_phrases.sample_subject(PERSON)
            adverbs, clause = QUESTION_ADVERBS[:1], Clause(subject, verb, "present", question=True)
        else:
            adverbs = QUESTION_ADVERBS
            clause = self.clauses.action_clause(verb, question=True, proclisis=True)
        adverb = self.clauses.sample_fixed_phrase(adverbs)
        return concatenate(adverb, self.clauses.realize_clause(clause))


def _final_mark(question: bool) -> str:
    return "?" if question else "."


def _relative_pronoun(head: NounPhrase) -> Phrase:
    return parse_phrase("who" if head.kind in PERSON else "that", "que:0")


def _append(head: NounPhrase, clause: Phrase) -> NounPhrase:
    return replace(head, en=[*head.en, *clause.en], pt=[*head.pt, *clause.pt])


def _anaphor(antecedent: NounPhrase) -> Pronoun:
    """Return *it* or *them*; the Portuguese pronoun takes the gender of its antecedent."""
    plural = antecedent.person == "3p"
    article = agree("the", antecedent.gender, plural)
    return Pronoun("", "them" if plural else "it", antecedent.person, article, "", "")
