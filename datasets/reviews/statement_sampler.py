"""Draws statements: a frame of the table, with clauses of the polarity that it needs in it."""

from random import Random

from .clause_sampler import KINDS, ClauseConstraints, ClauseSampler
from .clauses import REVIEWER, Clause, Person, fill
from .compositions import Trait
from .lexicon import (
    EXCLAMATIONS_OF,
    FRAME_LIST,
    HOPES_OF,
    PHRASES_OF,
    SPEAKER_LIST,
    UNRELATED_ASPECT_LIST,
    Construction,
    Domain,
)
from .rationale_markup import strip_markup

AFTER_EXCLAMATION = [", ", ": ", "! "]
PEOPLE = {"he": Person("he", "him"), "she": Person("she", "her"), "they": Person("they", "them")}
FRAME_WEIGHTS = {frame: frame.weight for frame in FRAME_LIST}
CLAIMS = tuple(kind for kind in KINDS if kind != "event")
ALLOWED = {  # by what a frame needs
    "claim": CLAIMS,
    "opinion": ("adjective", "noun"),
    "event": ("event",),
}
DISTRACTOR_CONSTRAINTS = ClauseConstraints(  # about something else: not compared, and nothing that is true of the one reviewed only
    kinds=("adjective", "effect", "feeling"),
    barred=("own", "whole", "aspect"),
    phenomena=("plain", "degree", "negation", "emphasis", "event"),
    whole=False,
)


class StatementSampler:
    """Draws the statements of one review; `phenomena` and `traits` say what they are made of."""

    def __init__(self, random: Random, domain: Domain, tense: str):
        self.random, self.domain = random, domain
        self.phenomena: set[str] = set()
        self.traits: set[Trait] = set()
        self._draw = ClauseSampler(random, domain, tense)

    def sample_framed(self, polarity: int) -> str:
        """A statement that means `polarity`, marked, without capitals or its last full stop."""
        frame = self._draw.weighted(FRAME_WEIGHTS)
        speaker = self.random.choice(SPEAKER_LIST)
        return fill(frame.text, lambda slot: self._find(slot, frame, polarity, speaker))

    def distractor(self) -> str:
        """Something good or bad about something else."""
        polarity = self.random.choice([1, -1])
        if self.random.random() < 0.3:
            clause = self._draw.clause(polarity, DISTRACTOR_CONSTRAINTS, UNRELATED_ASPECT_LIST)
            self._note(clause)
            return clause.write(self.random, tense="past")
        clause = self._draw.clause(polarity, DISTRACTOR_CONSTRAINTS)
        self._note(clause)
        other = self.random.choice(self.domain.others)
        return f"{self.domain.within} {other}, {clause.write(self.random, tense='past')}"

    def _find(self, slot: str, frame: Construction, polarity: int, speaker: tuple[str, str]) -> str:
        """What stands in a pair of braces of a frame."""
        name, pronoun = speaker
        match slot:
            case "P" | "Q" | "W" | "A" | "N":
                clause = self._draw.clause(polarity * frame.sign, _limits(slot, frame))
                self._note(clause, frame)
                return self._say(slot, clause, PEOPLE[pronoun])
            case "C" | "O":
                clause = self._draw.clause(-polarity, _limits(slot, frame))
                self._note(clause, frame)
                return strip_markup(self._say("Q" if slot == "O" else "P", clause, PEOPLE[pronoun]))
            case "speaker":
                return name
            case "expected":
                return self.random.choice(HOPES_OF[polarity * frame.sign])
            case "exclamation" | "opposite exclamation":
                kind = polarity if slot == "exclamation" else -polarity
                return self.random.choice(EXCLAMATIONS_OF[kind]) + self.random.choice(AFTER_EXCLAMATION)
        return self.random.choice(PHRASES_OF[slot])

    def _say(self, slot: str, clause: Clause, speaker: Person) -> str:
        match slot:
            case "A":
                return clause.ask(self.random)
            case "N":
                return clause.name()
            case "W":
                return clause.write(self.random, tense="would")
        return clause.write(self.random, speaker if slot == "Q" else REVIEWER)

    def _note(self, clause: Clause, frame: Construction | None = None) -> None:
        """Notes what a clause, and the frame around it, are made of."""
        domain, form = self.domain.name, clause.form
        names = [c.name for c in (frame, form) if c and c.name not in ("alone", "plain")]
        self.traits |= {("domain", domain, name) for name in names}
        if frame and len(names) == 2:
            self.traits.add(("construction", frame.name, form.name))
        if clause.word.kind != "event":
            self.traits |= {("word", word, clause.subject.noun) for word in clause.words()}
        phenomena = {frame.phenomenon if frame else "distractor", form.phenomenon}
        self.phenomena |= phenomena - {"plain"} or phenomena


def _limits(slot: str, frame: Construction) -> ClauseConstraints:
    """What a clause may be in a place of a frame."""
    named = next((need for need in ALLOWED if need in frame.needs), None)
    kinds = ALLOWED[named] if named else tuple(KINDS)
    if slot in "CO":
        kinds = CLAIMS if slot == "O" else tuple(KINDS)
        kinds = tuple(kind for kind in kinds if kind != "noun")
    return ClauseConstraints(
        kinds=kinds,
        barred=("own", "finite") if slot == "W" else ("own",) if slot in "QO" or named else (),
        phenomena=("plain", "degree", "comparison") if "bare" in frame.needs else (),
        forms=("plain",) if "simple" in frame.needs else (),
        whole=slot not in "CO",
    )
