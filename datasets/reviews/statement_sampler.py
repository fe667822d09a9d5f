"""Sampler of statements: a frame of the table, filled with clauses of the polarity that it needs."""

from random import Random

from ..weighted_choice import weighted_choice
from .clause_sampler import KINDS, ClauseConstraints, ClauseSampler
from .clauses import REVIEWER, Clause, Person, fill_slots
from .compositions import Trait
from .lexicon import (
    EXCLAMATIONS_OF,
    EXPECTATIONS_OF,
    FRAME_LIST,
    PHRASES_OF,
    SPEAKER_LIST,
    UNRELATED_ASPECT_LIST,
    Construction,
    Domain,
)
from .rationale_markup import strip_markup

EXCLAMATION_ENDS = [", ", ": ", "! "]
PERSONS = {"he": Person("he", "him"), "she": Person("she", "her"), "they": Person("they", "them")}
FRAME_WEIGHTS = {frame: frame.weight for frame in FRAME_LIST}
CLAIM_KINDS = tuple(kind for kind in KINDS if kind != "event")
KINDS_OF_NEED = {  # allowed kinds of polar words, by the requirement of a frame
    "claim": CLAIM_KINDS,
    "opinion": ("adjective", "noun"),
    "event": ("event",),
}
# Distractors are about another entity, so they contain no comparison and nothing that holds only for
# the reviewed entity.
DISTRACTOR_CONSTRAINTS = ClauseConstraints(
    kinds=("adjective", "effect", "feeling"),
    barred=("own", "entity", "aspect"),
    phenomena=("plain", "degree", "negation", "emphasis", "event"),
    allow_entity=False,
)


class StatementSampler:
    """Sampler of the statements of one review; `phenomena` and `traits` collect their parts."""

    def __init__(self, random: Random, domain: Domain, tense: str):
        self.random, self.domain = random, domain
        self.phenomena: set[str] = set()
        self.traits: set[Trait] = set()
        self._clauses = ClauseSampler(random, domain, tense)

    def sample_statement(self, polarity: int) -> str:
        """Sample a statement with a polarity.

        Args:
            polarity: 1 or -1.

        Returns:
            The marked text, without capitals and without its last full stop.
        """
        frame = weighted_choice(self.random, FRAME_WEIGHTS)
        speaker = self.random.choice(SPEAKER_LIST)
        return fill_slots(frame.text, lambda slot: self._resolve(slot, frame, polarity, speaker))

    def sample_distractor(self) -> str:
        """Sample a polar statement that is irrelevant to the label, marked."""
        polarity = self.random.choice([1, -1])
        if self.random.random() < 0.3:
            clause = self._clauses.sample_clause(polarity, DISTRACTOR_CONSTRAINTS, UNRELATED_ASPECT_LIST)
            self._record(clause)
            return clause.realize(self.random, tense="past")
        clause = self._clauses.sample_clause(polarity, DISTRACTOR_CONSTRAINTS)
        self._record(clause)
        reference = self.random.choice(self.domain.references)
        text = clause.realize(self.random, tense="past")
        return f"{self.domain.distractor_preposition} {reference}, {text}"

    def _resolve(self, slot: str, frame: Construction, polarity: int, speaker: tuple[str, str]) -> str:
        """Return the text of a slot of a frame."""
        name, pronoun = speaker
        match slot:
            case "P" | "Q" | "W" | "A" | "N":
                clause = self._clauses.sample_clause(polarity * frame.sign, _constraints(slot, frame))
                self._record(clause, frame)
                return self._realize(slot, clause, PERSONS[pronoun])
            case "C" | "O":
                clause = self._clauses.sample_clause(-polarity, _constraints(slot, frame))
                self._record(clause, frame)
                return strip_markup(self._realize("Q" if slot == "O" else "P", clause, PERSONS[pronoun]))
            case "speaker":
                return name
            case "expected":
                return self.random.choice(EXPECTATIONS_OF[polarity * frame.sign])
            case "exclamation" | "opposite exclamation":
                sign = polarity if slot == "exclamation" else -polarity
                return self.random.choice(EXCLAMATIONS_OF[sign]) + self.random.choice(EXCLAMATION_ENDS)
        return self.random.choice(PHRASES_OF[slot])

    def _realize(self, slot: str, clause: Clause, speaker: Person) -> str:
        match slot:
            case "A":
                return clause.realize_question(self.random)
            case "N":
                return clause.realize_noun_phrase()
            case "W":
                return clause.realize(self.random, tense="would")
        return clause.realize(self.random, speaker if slot == "Q" else REVIEWER)

    def _record(self, clause: Clause, frame: Construction | None = None) -> None:
        """Add the traits and phenomena of a clause and its frame."""
        domain, form = self.domain.name, clause.form
        names = [part.name for part in (frame, form) if part and part.name not in ("alone", "plain")]
        self.traits |= {("domain", domain, name) for name in names}
        if frame and len(names) == 2:
            self.traits.add(("construction", frame.name, form.name))
        if clause.word.kind != "event":
            self.traits |= {("word", word, clause.subject.noun) for word in clause.words()}
        phenomena = {frame.phenomenon if frame else "distractor", form.phenomenon}
        self.phenomena |= phenomena - {"plain"} or phenomena


def _constraints(slot: str, frame: Construction) -> ClauseConstraints:
    """Return the constraints on the clause in a slot of a frame."""
    need = next((need for need in KINDS_OF_NEED if need in frame.needs), None)
    kinds = KINDS_OF_NEED[need] if need else tuple(KINDS)
    if slot in "CO":
        kinds = CLAIM_KINDS if slot == "O" else tuple(KINDS)
        kinds = tuple(kind for kind in kinds if kind != "noun")
    return ClauseConstraints(
        kinds=kinds,
        barred=("own", "finite") if slot == "W" else ("own",) if slot in "QO" or need else (),
        phenomena=("plain", "degree", "comparison") if "bare" in frame.needs else (),
        forms=("plain",) if "simple" in frame.needs else (),
        allow_entity=slot not in "CO",
    )
