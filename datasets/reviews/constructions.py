"""Tables of the constructions of `reviews`: forms of polar clauses and frames of statements.

Each line holds a name; `+` if the meaning has the polarity of the word (or of the clause) inside,
`-` if it has the opposite; a phenomenon; a weight; requirements; and, after the bar, the text.
Square brackets mark the rationale. `clauses.py` and `statement_sampler.py` fill the slots in braces.

The names and the order of the lines are part of the random stream and of the hash that selects
held-out compositions.
"""

PHENOMENA = ("plain", "degree", "negation", "emphasis", "comparison", "event", "contrast", "quotation",
             "expectation", "question", "irony", "distractor")  # fmt: skip

# Forms of a clause. Requirements: "gradable" a gradable adjective; "entity" or "aspect" that kind of
# subject; "finite" a clause without "would"; "own" the reviewer's own opinion, not a quoted one;
# "positive" a positive word.
FORMS = {
    "adjective": """
        plain + plain 30 | {S} {be} [{word}]
        pair + plain 3 | {S} {be} [{word} and {other}]
        has + plain 8 aspect | {entity} {have} [{a word aspect}]
        intensified + degree 12 | {S} {be} [{very} {word}]
        diminished + degree 8 gradable | {S} {be} [{quite} {word}]
        not - negation 7 | {S} [{be not} {word}]
        not-very - negation 4 gradable | {S} [{be not} {particularly} {word}]
        not-at-all - negation 3 gradable | {S} [{be not} {word} at all]
        never - negation 4 | {S} [{be never} {word}]
        hardly - negation 4 | {S} [{be hardly} {word}]
        far-from - negation 4 | {S} {be} [far from {word}]
        anything-but - negation 4 | {S} {be} [anything but {word}]
        by-no-means - negation 3 | {S} [{be by no means} {word}]
        nothing - negation 3 gradable | [there {was} nothing {word} about] {S}
        neither - negation 3 | {S} [{be} neither {word} nor {other}]
        nobody - negation 3 finite | [nobody could call] {S} [{word}]
        would-not - negation 3 finite own | [{I} would not call] {S} [{word}]
        has-not - negation 3 aspect | {entity} [{have not} {a word aspect}]
        could-not-more + emphasis 6 gradable finite | {S} [could not {have been} {more}]
        not-only + emphasis 6 finite | {S} {be} [not only {word} but also {other}]
        nothing-but + emphasis 5 | {S} {be} [nothing if not {word}]
        never-more + emphasis 6 gradable entity finite own | [I have never {participle} {a more noun}]
        find-no-more + emphasis 5 gradable entity finite own | [you will not find {a more noun}]
        more + comparison 6 gradable | {S} {be} [{much}{more} than] {reference}
        less - comparison 5 gradable | {S} {be} [{much}less {word} than] {reference}
        not-as - comparison 4 gradable | {S} [{be not} as {word} as] {reference}""",
    "effect": """
        plain + plain 24 | {S} [{verb}] {me}
        really + degree 6 | {S} [{verb really}] {me}
        a-little + degree 3 | {S} [{verb}] {me} [a little]
        not - negation 7 | {S} [{not verb}] {me}
        not-in-the-least - negation 4 | {S} [{not verb}] {me} [in the least]
        never - negation 5 | {S} [{verb never}] {me}
        hardly - negation 4 | {S} [{verb hardly}] {me}
        fail - negation 3 finite positive | {S} [{fail} to {base}] {me}
        never-fail + emphasis 3 finite positive | {S} [never failed to {base}] {me}
        could-not-more + emphasis 5 finite | {S} [could not have {past} {me} more]
        more + comparison 4 | {S} [{verb}] {me} [{much}more than] {reference}
        less - comparison 4 | {S} [{verb}] {me} [{much}less than] {reference}""",
    "feeling": """
        plain + plain 24 | {I} [{verb}] {S}
        really + degree 6 | {I} [{verb really}] {S}
        not - negation 7 | {I} [{not verb}] {S}
        never - negation 5 | {I} [{verb never}] {S}
        hardly - negation 4 | {I} [{verb hardly}] {S}
        cannot-say - negation 4 finite own | [I cannot say that I {verb}] {S}
        will-not-deny + emphasis 4 finite own | [I will not deny that I {verb}] {S}
        could-not-more + emphasis 5 finite | {I} [could not have {past}] {S} [more]
        more + comparison 4 | {I} [{verb}] {S} [{much}more than] {reference}
        less - comparison 4 | {I} [{verb}] {S} [{much}less than] {reference}""",
    "noun": """
        plain + plain 16 | {S} {be} [{a word}]
        real + degree 6 | {S} {be} [a real {word}]
        something + degree 4 | {S} {be} [something of {a word}]
        no - negation 6 | {S} {be} [no {word}]
        not - negation 5 | {S} [{be not} {a word}]
        hardly - negation 4 | {S} [{be hardly} {a word}]
        far-from - negation 4 | {S} {be} [far from {a word}]
        anything-but - negation 4 | {S} {be} [anything but {a word}]
        nobody - negation 3 finite | [nobody could call] {S} [{a word}]
        nothing-short + emphasis 6 | {S} {be} [nothing short of {a word}]
        nothing-less + emphasis 6 | {S} {be} [nothing less than {a word}]""",
    "event": """
        plain + event 10 finite | [{event}]""",
}

# Frames of a statement. Slots of a clause with the polarity of the statement: P plain, W with "would",
# Q as a quotation, A as a question, N as a noun phrase. Slots of a clause with the opposite polarity:
# C plain, O as a quotation. Requirements: "event" an event, "opinion" an adjective or a noun, "claim"
# no event, "bare" no negation inside, "simple" the plain form.
FRAMES = """
    alone + plain 60 | {P}
    but + contrast 7 | {C}, but {P}
    but-sentence + contrast 4 | {C}. But {P}
    yet + contrast 4 | {C}, yet {P}
    although + contrast 5 | although {C}, {P}
    even-though + contrast 4 | even though {C}, {P}
    although-last + contrast 5 | {P}, although {C}
    even-though-last + contrast 4 | {P}, even though {C}
    still + contrast 4 | {C}. {still}, {P}
    no-denying + emphasis 3 opinion | [there is no denying] that {P}
    no-doubt + emphasis 3 opinion | [I do not doubt] that {P}
    not-true - negation 3 opinion bare | [it is not true] that {P}
    not-think - negation 3 opinion bare | [I do not think] that {P}
    agree + quotation 10 claim | {speaker} {said} that {Q}. [{agreed}]
    disagree - quotation 10 claim | {speaker} {said} that {Q}. [{disagreed}]
    to-me + quotation 5 opinion | {speaker} {said} that {O}. {to me}, {P}
    met + expectation 7 claim | I {expected} that {W}, [{met}]
    unmet - expectation 7 claim | I {expected} that {W}, [{unmet}]
    right + expectation 5 opinion simple | I {awaited} {N}. [{right}]
    wrong - expectation 5 opinion simple | I {awaited} {N}. [{wrong}]
    yes + question 5 claim simple | {A}? [{yes}]
    no - question 5 claim simple | {A}? [{no}]
    ironic + irony 8 event | {opposite exclamation}{P}
    sincere + irony 8 event | {exclamation}{P}
"""

# Options of the other slots.
PHRASES = {
    "still": "still, even so, nevertheless, all the same, that said",
    "to me": "to me, in my view, in my opinion, if you ask me",
    "said": "said, told me, insisted, claimed, swore",
    "agreed": "I agree, I could not agree more, that is true, there is no arguing with that",
    "disagreed": "I disagree, I could not disagree more, that is not true, I beg to differ, I do not agree",
    "awaited": "expected, was prepared for, had counted on, was ready for",
    "met": "and I was right, and that is how it was, and I was not mistaken",
    "unmet": "but I was wrong, but that is not how it was, but I was mistaken",
    "right": "I was right, that is what I got, I was not mistaken",
    "wrong": "I was wrong, that is not what I got, I was mistaken",
    "yes": "absolutely, very much so, without a doubt, no question about it, yes",
    "no": "not at all, not in the slightest, not for a moment, by no means, no",
}  # fmt: skip
EXPECTATIONS = {
    1: "had hoped, expected, was sure, had thought",
    -1: "was afraid, expected, was sure, had thought",
}
EXCLAMATIONS = {
    1: """great, wonderful, marvellous, brilliant, lovely, fantastic, excellent, terrific, what a treat,
        what a delight, what a triumph""",
    -1: """terrible, how awful, how horrible, how dreadful, how disappointing, what a nightmare,
        what a disaster, what a mess, what a disappointment""",
}
SPEAKERS = {
    "he": "my brother, my father, my neighbour, a colleague of mine, my uncle, my son",
    "she": "my sister, my mother, my best friend, my boss, my aunt, my daughter",
    "they": "the critics, my parents, our friends, two of my colleagues, other people",
}
