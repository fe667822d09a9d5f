"""Tables of the polar words of `reviews`, by selectional class and polarity.

The tables are text: a new word is one new entry. Selectional classes keep reviews sensible: soups
are tasty, not witty. Every class has both positive and negative words; the constructions ensure
that no single word determines the label.
"""

# word[/comparative] ...; "!" is extreme, not gradable: not very superb, not less superb.
ADJECTIVES = {
    "any": {
        "positive": """good/better great! excellent! superb! wonderful! brilliant! fantastic! impressive
            outstanding! terrific! marvellous! delightful memorable splendid! lovely/lovelier""",
        "negative": """bad/worse awful! terrible! dreadful! horrible! poor/poorer disappointing mediocre
            lousy/lousier pathetic forgettable abysmal! atrocious! appalling! frustrating""",
    },
    "story": {
        "positive": """gripping clever/cleverer moving inventive original thrilling captivating touching
            imaginative engaging compelling""",
        "negative": """dull/duller predictable tedious boring muddled tiresome clichéd far-fetched
            shallow/shallower dreary/drearier contrived""",
    },
    "text": {
        "positive": "witty/wittier sharp/sharper elegant eloquent subtle/subtler funny/funnier",
        "negative": "clumsy/clumsier wooden flat/flatter pompous long-winded stilted lifeless",
    },
    "performance": {
        "positive": "convincing heartfelt nuanced believable lively/livelier subtle/subtler powerful",
        "negative": "unconvincing mannered wooden lifeless stilted half-hearted",
    },
    "people": {
        "positive": "charming likeable gifted talented engaging charismatic",
        "negative": "annoying irritating insufferable unconvincing tiresome unlikeable",
    },
    "staff": {
        "positive": """friendly/friendlier helpful attentive polite courteous warm/warmer professional
            patient welcoming""",
        "negative": """rude/ruder careless indifferent unhelpful surly/surlier inattentive impatient
            arrogant unfriendly""",
    },
    "food": {
        "positive": "delicious! aromatic fresh/fresher tasty/tastier flavourful appetising",
        "negative": "bland/blander rubbery greasy/greasier stale/staler tasteless overcooked soggy/soggier",
    },
    "place": {
        "positive": """cosy/cosier tidy/tidier spotless! spacious comfortable stylish peaceful
            inviting immaculate!""",
        "negative": """shabby/shabbier draughty/draughtier cramped filthy/filthier gloomy/gloomier
            noisy/noisier dirty/dirtier stuffy/stuffier uninviting""",
    },
    "seat": {
        "positive": "comfortable spotless! soft/softer",
        "negative": "uncomfortable dirty/dirtier lumpy/lumpier",
    },
    "device": {
        "positive": "reliable handy/handier precise responsive sturdy/sturdier fast/faster efficient",
        "negative": "fiddly/fiddlier flimsy/flimsier sluggish unreliable slow/slower erratic temperamental",
    },
    "sound": {
        "positive": "rich/richer warm/warmer mellow crisp/crisper haunting melodious beautiful",
        "negative": "tinny/tinnier piercing harsh/harsher shrill/shriller muffled grating",
    },
    "picture": {
        "positive": "stunning! gorgeous! vivid beautiful dazzling sharp/sharper",
        "negative": "ugly/uglier garish drab/drabber blurry/blurrier crude/cruder",
    },
    "lesson": {
        "positive": "useful practical well-organised insightful informative clear/clearer thorough",
        "negative": "useless chaotic superficial disorganised outdated vague/vaguer confusing",
    },
    "price": {
        "positive": "fair/fairer affordable reasonable modest sensible",
        "negative": "steep/steeper inflated exorbitant! outrageous! excessive unreasonable",
    },
}  # fmt: skip

# base/past; the aspect is the subject, the reviewer the object. "art" is limited to `ART`.
EFFECTS = {
    "any": {
        "positive": "impress/impressed delight/delighted please/pleased enchant/enchanted",
        "negative": "annoy/annoyed irritate/irritated disappoint/disappointed frustrate/frustrated",
    },
    "art": {
        "positive": "charm/charmed amuse/amused thrill/thrilled fascinate/fascinated captivate/captivated",
        "negative": "bore/bored exhaust/exhausted depress/depressed tire/tired disgust/disgusted",
    },
}
ART = {"story", "text", "performance", "people", "sound", "picture"}  # selectional classes

# base/past; the reviewer is the subject, the aspect the object.
FEELINGS = {
    "positive": "love/loved enjoy/enjoyed like/liked adore/adored appreciate/appreciated",
    "negative": "hate/hated dislike/disliked loathe/loathed detest/detested despise/despised",
}

# Predicate nouns of an entity.
NOUNS = {
    "positive": "masterpiece gem triumph treat delight success joy revelation",
    "negative": "disaster mess failure letdown nightmare disappointment chore embarrassment",
}
