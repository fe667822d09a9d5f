"""European Portuguese morphology: plurals, feminines, conjugation, contractions and clitics."""

PERSONS = ("1s", "2s", "3s", "1p", "3p")

ENDINGS = {
    "ar": {
        "present": "o as a amos am",
        "preterite": "ei aste ou ámos aram",
        "imperfect": "ava avas ava ávamos avam",
    },
    "er": {
        "present": "o es e emos em",
        "preterite": "i este eu emos eram",
        "imperfect": "ia ias ia íamos iam",
    },
    "ir": {
        "present": "o es e imos em",
        "preterite": "i iste iu imos iram",
        "imperfect": "ia ias ia íamos iam",
    },
}

# Irregular forms: one line for each verb and tense, in the order of `PERSONS`.
IRREGULAR = {
    ("ser", "present"): "sou és é somos são",
    ("ser", "imperfect"): "era eras era éramos eram",
    ("estar", "present"): "estou estás está estamos estão",
    ("ir", "present"): "vou vais vai vamos vão",
    ("ir", "imperfect"): "ia ias ia íamos iam",
    ("ir", "preterite"): "fui foste foi fomos foram",
    ("vir", "present"): "venho vens vem vimos vêm",
    ("vir", "preterite"): "vim vieste veio viemos vieram",
    ("vir", "imperfect"): "vinha vinhas vinha vínhamos vinham",
    ("ter", "present"): "tenho tens tem temos têm",
    ("ter", "imperfect"): "tinha tinhas tinha tínhamos tinham",
    ("dar", "present"): "dou dás dá damos dão",
    ("dar", "preterite"): "dei deste deu demos deram",
    ("ver", "present"): "vejo vês vê vemos veem",
    ("ver", "preterite"): "vi viste viu vimos viram",
    ("ler", "present"): "leio lês lê lemos leem",
    ("trazer", "present"): "trago trazes traz trazemos trazem",
    ("trazer", "preterite"): "trouxe trouxeste trouxe trouxemos trouxeram",
    ("querer", "present"): "quero queres quer queremos querem",
    ("poder", "present"): "posso podes pode podemos podem",
    ("saber", "present"): "sei sabes sabe sabemos sabem",
    ("dizer", "present"): "digo dizes diz dizemos dizem",
    ("dizer", "preterite"): "disse disseste disse dissemos disseram",
    ("perder", "present"): "perco perdes perde perdemos perdem",
    ("ouvir", "present"): "ouço ouves ouve ouvimos ouvem",
    ("pedir", "present"): "peço pedes pede pedimos pedem",
    ("servir", "present"): "sirvo serves serve servimos servem",
    ("vestir", "present"): "visto vestes veste vestimos vestem",
    ("seguir", "present"): "sigo segues segue seguimos seguem",
    ("perseguir", "present"): "persigo persegues persegue perseguimos perseguem",
    ("dormir", "present"): "durmo dormes dorme dormimos dormem",
    ("traduzir", "present"): "traduzo traduzes traduz traduzimos traduzem",
    ("conduzir", "present"): "conduzo conduzes conduz conduzimos conduzem",
    ("rir", "present"): "rio ris ri rimos riem",
    ("sorrir", "present"): "sorrio sorris sorri sorrimos sorriem",
    ("cair", "present"): "caio cais cai caímos caem",
    ("cair", "preterite"): "caí caíste caiu caímos caíram",
    ("cair", "imperfect"): "caía caías caía caíamos caíam",
    ("sair", "present"): "saio sais sai saímos saem",
    ("sair", "preterite"): "saí saíste saiu saímos saíram",
    ("sair", "imperfect"): "saía saías saía saíamos saíam",
    ("construir", "present"): "construo constróis constrói construímos constroem",
    ("construir", "preterite"): "construí construíste construiu construímos construíram",
    ("construir", "imperfect"): "construía construías construía construíamos construíam",
}

CONTRACTIONS = {
    "de": "o:do a:da os:dos as:das este:deste esta:desta estes:destes estas:destas "
    "aquele:daquele aquela:daquela aqueles:daqueles aquelas:daquelas "
    "ele:dele ela:dela eles:deles",
    "em": "o:no a:na os:nos as:nas um:num uma:numa este:neste esta:nesta estes:nestes "
    "estas:nestas aquele:naquele aquela:naquela aqueles:naqueles aquelas:naquelas "
    "ele:nele ela:nela eles:neles",
    "a": "o:ao a:à os:aos as:às aquele:àquele aquela:àquela aqueles:àqueles aquelas:àquelas",
    "por": "o:pelo a:pela os:pelos as:pelas",
    "com": "mim:comigo ti:contigo nós:connosco",
}
CONTRACTED = {
    (preposition, pair.split(":")[0]): pair.split(":")[1]
    for preposition, pairs in CONTRACTIONS.items()
    for pair in pairs.split()
}

ACCENTED = set("áâãéêíóôõú")


def plural(word: str) -> str:
    """Return the regular plural of a noun or an adjective."""
    if word.endswith("ão"):
        return word[:-2] + "ões"
    if word.endswith("ês"):
        return word[:-2] + "eses"
    if word.endswith(("r", "z")):
        return word + "es"
    if word.endswith("s"):
        return word
    if word.endswith("m"):
        return word[:-1] + "ns"
    if word.endswith("l"):
        return word[:-2] + _plural_of_l(word)
    return word + "s"


def _plural_of_l(word: str) -> str:
    vowel, stressed = word[-2], not ACCENTED & set(word)
    if vowel == "i":
        return "is" if stressed else "eis"
    open_vowel = {"e": "é", "o": "ó"}.get(vowel, vowel) if stressed else vowel
    return open_vowel + "is"


def feminine(word: str) -> str:
    """Return the regular feminine of an adjective or a numeral."""
    if word.endswith("o"):
        return word[:-1] + "a"
    if word.endswith("ês"):
        return word[:-2] + "esa"
    return word + "a" if word.endswith("or") else word


def conjugate(verb: str, tense: str, person: str) -> str:
    """Return a finite verb form.

    Args:
        verb: the infinitive.
        tense: present, preterite or imperfect.
        person: one of `PERSONS`.
    """
    index = PERSONS.index(person)
    if (verb, tense) in IRREGULAR:
        return IRREGULAR[verb, tense].split()[index]
    stem, group = verb[:-2], verb[-2:]
    ending = ENDINGS[group][tense].split()[index]
    return _adjust_stem(stem, group, ending) + ending


def _adjust_stem(stem: str, group: str, ending: str) -> str:
    """Adjust the spelling of the stem so that its last consonant keeps its sound: tocar, toquei."""
    if group == "ar" and ending.startswith("e") and stem[-1] in "cgç":
        return stem[:-1] + {"c": "qu", "g": "gu", "ç": "c"}[stem[-1]]
    if ending == "o" and stem.endswith(("ec", "eg")):
        return stem[:-1] + {"c": "ç", "g": "j"}[stem[-1]]
    return stem


def attach_clitic(verb: str, clitic: str, infinitive: bool = False) -> tuple[str, str]:
    """Return the spelling of a verb and of the clitic pronoun after it: ver, o -> vê, -lo.

    Args:
        verb: a finite form or an infinitive.
        clitic: the pronoun.
        infinitive: True if the verb is an infinitive, whose final vowel takes an accent.
    """
    if clitic == "nos" and verb.endswith("mos"):
        return verb[:-1], "-nos"
    if clitic not in ("o", "a", "os", "as"):
        return verb, "-" + clitic
    if verb == "quer":
        return "quere", "-" + clitic
    if verb.endswith(("r", "s", "z")):
        stem = verb[:-1]
        return (_accent_final_vowel(stem) if infinitive or verb[-1] == "z" else stem), "-l" + clitic
    if verb.endswith(("m", "ão", "õe")):
        return verb, "-n" + clitic
    return verb, "-" + clitic


def _accent_final_vowel(stem: str) -> str:
    """Accent the stressed end of an infinitive without its r: comprá, vendê, but abri."""
    if stem.endswith("ui") and stem[-3] not in "gq":
        return stem[:-1] + "í"
    return stem[:-1] + {"a": "á", "e": "ê"}.get(stem[-1], stem[-1])
