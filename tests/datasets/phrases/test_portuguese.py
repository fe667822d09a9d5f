"""European Portuguese morphology."""

import pytest

from foveal.datasets.phrases.portuguese import attach_clitic, conjugate, feminine, plural


@pytest.mark.parametrize(
    ("singular", "expected"),
    [
        ("casa", "casas"), ("flor", "flores"), ("noz", "nozes"), ("homem", "homens"),
        ("canção", "canções"), ("inglês", "ingleses"), ("lápis", "lápis"), ("hotel", "hotéis"),
        ("azul", "azuis"), ("animal", "animais"), ("fácil", "fáceis"), ("gentil", "gentis"),
        ("confortável", "confortáveis"), ("cachecol", "cachecóis"), ("chapéu", "chapéus"),
    ],
)  # fmt: skip
def test_plural_of_each_ending(singular, expected):
    assert plural(singular) == expected


@pytest.mark.parametrize(
    ("masculine", "expected"),
    [
        ("novo", "nova"),
        ("francês", "francesa"),
        ("trabalhador", "trabalhadora"),
        ("feliz", "feliz"),
    ],
)
def test_feminine_of_each_ending(masculine, expected):
    assert feminine(masculine) == expected


@pytest.mark.parametrize(
    ("verb", "tense", "forms"),
    [
        ("comprar", "present", "compro compras compra compramos compram"),
        ("comprar", "preterite", "comprei compraste comprou comprámos compraram"),
        ("comer", "imperfect", "comia comias comia comíamos comiam"),
        ("abrir", "preterite", "abri abriste abriu abrimos abriram"),
        ("conhecer", "present", "conheço conheces conhece conhecemos conhecem"),
        ("proteger", "present", "protejo proteges protege protegemos protegem"),
        ("ficar", "preterite", "fiquei ficaste ficou ficámos ficaram"),
        ("pagar", "preterite", "paguei pagaste pagou pagámos pagaram"),
        ("abraçar", "preterite", "abracei abraçaste abraçou abraçámos abraçaram"),
        ("ler", "preterite", "li leste leu lemos leram"),
    ],
)
def test_conjugation_of_each_person(verb, tense, forms):
    forms_of_persons = [conjugate(verb, tense, person) for person in ("1s", "2s", "3s", "1p", "3p")]
    assert forms_of_persons == forms.split()


@pytest.mark.parametrize(
    ("verb", "clitic", "infinitive", "expected"),
    [
        ("vejo", "o", False, "vejo-o"), ("compras", "a", False, "compra-la"),
        ("vês", "os", False, "vê-los"), ("traz", "o", False, "trá-lo"),
        ("conduz", "o", False, "condu-lo"), ("viram", "o", False, "viram-no"),
        ("viram", "a", False, "viram-na"), ("dão", "o", False, "dão-no"),
        ("quer", "o", False, "quere-o"), ("comprar", "o", True, "comprá-lo"),
        ("comer", "as", True, "comê-las"), ("abrir", "o", True, "abri-lo"),
        ("construir", "a", True, "construí-la"), ("seguir", "o", True, "segui-lo"),
        ("levantamos", "nos", False, "levantamo-nos"), ("damos", "lhe", False, "damos-lhe"),
    ],
)  # fmt: skip
def test_attach_clitic_adjusts_spelling(verb, clitic, infinitive, expected):
    assert "".join(attach_clitic(verb, clitic, infinitive)) == expected
