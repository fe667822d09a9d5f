"""The synchronous grammar: every rule writes an English sentence and its Portuguese one."""

from dataclasses import replace
from random import Random
from typing import Any

from . import english
from .aligned_words import Phrase, Word, concatenate, parse_phrase
from .clause_sampler import LOCATIONS, SURFACES, ClauseSampler
from .clauses import ESTAR, Clause
from .determiners import agree
from .lexicon import ADJECTIVES_OF, GIVING_LIST, NOUNS_OF, VERB_LIST, Verb
from .noun_phrases import PERSON, NounPhrase, Pronoun

QUESTIONS = ["where|onde:0 é que", "when|quando:0 é que", "why|porque:0 é que",
             "how|como:0 é que"]  # fmt: skip
SAYING = [Verb("say", "said", "dizer"), Verb("know", "knew", "saber"),
          Verb("think", "thought", "achar")]  # fmt: skip
COMPARATIVES = {"old": "older", "young": "younger", "tall": "taller", "short": "shorter",
                "strong": "stronger", "rich": "richer", "poor": "poorer", "fast": "faster",
                "slow": "slower", "cheap": "cheaper", "long": "longer", "thin": "thinner",
                "fat": "fatter", "happy": "happier", "lazy": "lazier", "ugly": "uglier",
                "heavy": "heavier", "light": "lighter", "easy": "easier"}  # fmt: skip
COMPARATIVES |= {word: f"more {word}" for word in
                 "expensive dangerous interesting difficult important comfortable beautiful "
                 "elegant famous modern useful generous curious honest polite".split()}  # fmt: skip


class Grammar:
    """Draws sentences. After each, `traits` holds what it is composed of."""

    def __init__(self, random: Random):
        self.random = random
        self.sampler = ClauseSampler(random)
        self.rules = {
            self.statement: 32, self.yes_no_question: 9, self.wh_question: 10, self.giving: 8,
            self.description: 10, self.comparison: 4, self.location: 4, self.existence: 4,
            self.coordination: 8, self.relative: 8, self.report: 4,
        }  # fmt: skip

    @property
    def traits(self) -> set[Any]:
        """Pairs of adjective and noun, of verb and object, and the make-up of each clause."""
        return self.sampler.traits | {("adjective", *pair) for pair in self.sampler.nouns.pairs}

    def sentence(self) -> Phrase:
        """One sentence with its final mark."""
        self.sampler.traits.clear()
        self.sampler.nouns.pairs.clear()
        body, mark = self.sampler.sample_weighted(self.rules)()
        end = Word(mark)
        return Phrase([*body.en, end], [*body.pt, Word(mark, (end,))])

    # Each rule returns a sentence and its mark.

    def statement(self) -> tuple[Phrase, str]:
        """The boy bought two apples at the market."""
        return self.sampler.with_adjunct(self.sampler.action()), "."

    def yes_no_question(self) -> tuple[Phrase, str]:
        """Did the boy buy the apples?"""
        return self.sampler.with_adjunct(self.sampler.action(question=True)), "?"

    def giving(self) -> tuple[Phrase, str]:
        """The boy gave his sister the apples."""
        question = self.sampler.bernoulli(0.15)
        clause = self.sampler.action(self.random.choice(GIVING_LIST), question=question)
        return self.sampler.with_adjunct(clause, 0.15), _mark(question)

    def description(self) -> tuple[Phrase, str]:
        """The apples are very fresh."""
        kinds = sorted(set(NOUNS_OF) - {"game", "drink"})
        kinds = self.random.choice([PERSON, [self.random.choice(kinds)]])
        subject = self.sampler.nouns.subject(kinds, gendered=True, modified=False)
        question = self.sampler.bernoulli(0.15)
        return self.sampler.realize_clause(self.sampler.adjective_clause(subject, question)), _mark(question)

    def comparison(self) -> tuple[Phrase, str]:
        """The boy is taller than his sister."""
        kind = self.random.choice(["people", "animal", "vehicle", "place", "text", "clothing"])
        subject = self.sampler.nouns.subject([kind], gendered=True, modified=False)
        adjective = self.random.choice([a for a in ADJECTIVES_OF[kind] if a.en in COMPARATIVES])
        return self.sampler.realize_clause(
            self.sampler.comparative_clause(subject, adjective, COMPARATIVES[adjective.en])
        ), "."

    def location(self) -> tuple[Phrase, str]:
        """The apples are in the basket."""
        kind = self.random.choice([*PERSON, "animal", "thing", "text", "clothing", "food"])
        subject = self.sampler.nouns.subject([kind])
        living = subject.kind in (*PERSON, "animal")
        place = self.sampler.place(LOCATIONS if living or self.sampler.bernoulli(0.3) else SURFACES)
        question = self.sampler.bernoulli(0.2)
        return self.sampler.realize_clause(
            self.sampler.copular_clause(ESTAR, subject, place, question)
        ), _mark(question)

    def existence(self) -> tuple[Phrase, str]:
        """There are apples in the basket."""
        kinds = [self.random.choice(["people", "animal", "thing", "text", "food"])]
        noun = self.sampler.nouns.pick(kinds)
        plural = noun.en_plural is not None and self.sampler.bernoulli(0.6)
        single = "a" if noun.en_plural else "bare"
        determiners = ["number", "number", "some", "many", "few"] if plural else [single]
        thing = self.sampler.nouns.build(noun, self.random.choice(determiners), plural)
        past, question = self.sampler.bernoulli(0.35), self.sampler.bernoulli(0.25)
        there, be = Word("there"), Word(english.be("past" if past else "present", thing.person))
        verb = Word("havia" if past else "há", (there, be))
        opening = Phrase([be, there] if question else [there, be], [verb])
        place = self.sampler.place(LOCATIONS if noun.kind in (*PERSON, "animal") else SURFACES)
        return concatenate(opening, Phrase(thing.en, thing.pt), place), _mark(question)

    def coordination(self) -> tuple[Phrase, str]:
        """The boy bought the apples, but didn't eat them."""
        kind = self.random.choice(["food", "text", "clothing", "vehicle", "thing", "animal"])
        verbs = [verb for verb in VERB_LIST if "people" in verb.subjects and kind in verb.objects
                 and not (verb.preposition or verb.particle or verb.state)
                 and verb.en != verb.past]  # fmt: skip
        first, second = self.random.sample(verbs, 2)
        subject = self.sampler.nouns.subject(PERSON)
        tense = self.sampler.sample_weighted({"past": 3, "present": 1})
        thing = self.sampler.nouns.noun_phrase([kind])
        front = self.sampler.realize_clause(Clause(subject, first, tense, thing))
        negated = self.sampler.bernoulli(0.4)
        link = parse_phrase(", but", ",:0 mas:1") if negated else parse_phrase("and", "e:0")
        same = NounPhrase([], [], subject.gender, subject.person)
        back = self.sampler.realize_clause(Clause(same, second, tense, _anaphor(thing), negated=negated))
        return concatenate(front, link, back), "."

    def relative(self) -> tuple[Phrase, str]:
        """The boy who bought the apples is happy. The apples that he bought are sweet."""
        head = self._who_does() if self.sampler.bernoulli(0.5) else self._what_is_done()
        if head.kind in PERSON and self.sampler.bernoulli(0.5):
            verb = self.sampler.verb(lambda v: "people" in v.objects and not v.state)
            subject = self.sampler.nouns.subject(verb.subjects)
            return self.sampler.realize_clause(Clause(subject, verb, "past", head)), "."
        return self.sampler.realize_clause(self.sampler.adjective_clause(head)), "."

    def report(self) -> tuple[Phrase, str]:
        """The boy says that the apples are sweet."""
        subject = self.sampler.nouns.subject(PERSON)
        front = self.sampler.realize_clause(Clause(subject, self.random.choice(SAYING), "present"))
        inner = self.sampler.realize_clause(self.sampler.action(proclisis=True))
        return concatenate(front, parse_phrase("that", "que:0"), inner), "."

    def wh_question(self) -> tuple[Phrase, str]:
        """Who, what, which and how many, where, when, why and how."""
        rules = {self._who: 3, self._what: 3, self._which: 3, self._circumstance: 6}
        return self.sampler.sample_weighted(rules)(), "?"

    # Relative clauses and questions; que and question words attract object pronouns.

    def _who_does(self) -> NounPhrase:
        kinds = self.random.choice([PERSON, PERSON, ["animal"]])
        head = self.sampler.nouns.noun_phrase(kinds)
        verb = self.sampler.verb(lambda v: head.kind in v.subjects)
        link = _link(head)
        subject = NounPhrase(*link, head.gender, head.person)
        clause = self.sampler.action(verb, subject, proclisis=True)
        return _extended(head, self.sampler.realize_clause(clause))

    def _what_is_done(self) -> NounPhrase:
        verb = self.sampler.verb(lambda v: v.objects - {"game"} and not (v.preposition or v.particle))
        head = self.sampler.nouns.noun_phrase(verb.objects)
        self.sampler.traits.add(("object", verb.name, head.noun))
        subject, tense = self.sampler.nouns.subject(verb.subjects), self.sampler.tense(verb, plain=True)
        clause = Clause(subject, verb, tense, proclisis=True)
        return _extended(head, concatenate(_link(head), self.sampler.realize_clause(clause)))

    def _who(self) -> Phrase:
        subject = NounPhrase(*parse_phrase("who", "quem:0"))
        verb = self.sampler.verb(lambda v: "people" in v.subjects)
        return self.sampler.with_adjunct(self.sampler.action(verb, subject, proclisis=True), 0.15)

    def _what(self) -> Phrase:
        living = {*PERSON, "animal", "game"}
        verb = self.sampler.verb(lambda v: v.objects - living and not v.preposition)
        return self._asked(parse_phrase("what", "o:0 que:0 é que"), verb)

    def _which(self) -> Phrase:
        verb = self.sampler.verb(
            lambda v: v.objects - {"drink", "game"} and not (v.preposition or v.particle)
        )
        noun = self.sampler.nouns.pick(verb.objects - {"drink", "game"})
        self.sampler.traits.add(("object", verb.name, noun.en))
        if noun.en_plural and self.sampler.bernoulli(0.5):
            many = "quantos" if noun.gender == "m" else "quantas"
            front = parse_phrase(f"how many {noun.en_plural}", f"{many}:0,1 {noun.pt_plural}:2 é que")
        else:
            front = parse_phrase(f"which {noun.en}", f"que:0 {noun.pt}:1 é que")
        return self._asked(front, verb)

    def _asked(self, front: Phrase, verb: Verb) -> Phrase:
        subject, tense = self.sampler.nouns.subject(verb.subjects), self.sampler.tense(verb, plain=False)
        clause = Clause(subject, verb, tense, question=True, proclisis=True)
        return concatenate(front, self.sampler.realize_clause(clause))

    def _circumstance(self) -> Phrase:
        verb = self.sampler.verb(lambda v: not v.state or v.pt == "morar")
        if verb.state:
            subject = self.sampler.nouns.subject(PERSON)
            clause = Clause(subject, verb, "present", question=True)
            return concatenate(
                self.sampler.sample_fixed_phrase(QUESTIONS[:1]), self.sampler.realize_clause(clause)
            )
        clause = self.sampler.action(verb, question=True, proclisis=True)
        return concatenate(self.sampler.sample_fixed_phrase(QUESTIONS), self.sampler.realize_clause(clause))


def _mark(question: bool) -> str:
    return "?" if question else "."


def _link(head: NounPhrase) -> Phrase:
    return parse_phrase("who" if head.kind in PERSON else "that", "que:0")


def _extended(head: NounPhrase, clause: Phrase) -> NounPhrase:
    return replace(head, en=[*head.en, *clause.en], pt=[*head.pt, *clause.pt])


def _anaphor(thing: NounPhrase) -> Pronoun:
    """it or them: the Portuguese pronoun takes the gender of what it stands for."""
    plural = thing.person == "3p"
    article = agree("the", thing.gender, plural)
    return Pronoun("", "them" if plural else "it", thing.person, article, "", "")
