"""Vocabulary tables of `phrases`: words, translations, inflection and selectional classes.

The tables are text: a new word is one new entry. Selectional classes keep sentences sensible:
people eat food, not ideas. A word with two Portuguese senses has two lines with disjoint classes,
so that its context always determines the sense: *short* men are baixos, *short* dresses curtos; a
piano is tocado, tennis jogado.

The names of the classes select random numbers and hash values; a change changes the dataset.
"""

# english[/plural][@preposition] portuguese[/plural] gender; "/-" marks a mass noun.
NOUNS = {
    "people": """boy rapaz m, girl rapariga f, man/men homem m, woman/women mulher f,
        child/children criança f, teacher professor m, doctor médico m, nurse enfermeira f,
        student aluno m, lawyer advogado m, king rei m, queen rainha f, prince príncipe m,
        princess princesa f, actor ator m, actress atriz f, lady senhora f, baby bebé m,
        farmer agricultor m, baker padeiro m, fisherman/fishermen pescador m, soldier soldado m,
        policeman/policemen polícia m, engineer engenheiro m, writer escritor m,
        painter pintor m, gardener jardineiro m, judge juiz/juízes m, guest convidado m,
        tourist turista m, witch bruxa f, dancer bailarina f, hero/heroes herói m,
        thief/thieves ladrão m, person/people pessoa f""",
    "kin": """brother irmão/irmãos m, sister irmã f, uncle tio m, aunt tia f, grandfather avô m,
        grandmother avó f, father pai m, mother mãe f, son filho m, daughter filha f,
        cousin primo m, friend amigo m, neighbour vizinho m, nephew sobrinho m, niece sobrinha f""",
    "animal": """dog cão/cães m, cat gato m, horse cavalo m, cow vaca f, bird pássaro m,
        duck pato m, rabbit coelho m, lion leão m, monkey macaco m, elephant elefante m,
        fox raposa f, wolf/wolves lobo m, mouse/mice rato m, bear urso m, goat cabra f,
        turtle tartaruga f, snake cobra f, frog rã f, pig porco m, donkey burro m,
        hen galinha f, bee abelha f""",
    "food": """apple maçã f, pear pera f, orange laranja f, banana banana f, grape uva f,
        lemon limão m, cake bolo m, bread/- pão m, cheese/- queijo m, soup/- sopa f,
        rice/- arroz m, fish/- peixe m, meat/- carne f, egg ovo m, potato batata f,
        tomato tomate m, carrot cenoura f, salad salada f, biscuit bolacha f,
        strawberry morango m, cherry cereja f, onion cebola f, nut noz f, pizza pizza f,
        honey/- mel m, butter/- manteiga f, peach pêssego m, fig figo m, melon melão m""",
    "drink": """water/- água f, milk/- leite m, coffee/- café m, tea/- chá m, wine/- vinho m,
        beer/- cerveja f, juice/- sumo m""",
    "text": """book livro m, letter carta f, newspaper jornal m, magazine revista f,
        poem poema m, story história f, message mensagem f, article artigo m,
        report relatório m, novel romance m, contract contrato m, list lista f, diary diário m""",
    "clothing": """shirt camisa f, dress vestido m, coat casaco m, hat chapéu m, skirt saia f,
        shoe sapato m, boot bota f, sock meia f, glove luva f, scarf/scarves cachecol m,
        tie gravata f, suit fato m, sweater camisola f, belt cinto m""",
    "vehicle": """car carro m, bus autocarro m, train comboio m, bicycle bicicleta f,
        boat barco m, plane avião m, truck camião m, motorbike mota f, taxi táxi m,
        tractor trator m, ship navio m""",
    "thing": """key chave f, knife/knives faca f, fork garfo m, spoon colher f, plate prato m,
        glass copo m, cup chávena f, umbrella guarda-chuva m, watch relógio m, phone telefone m,
        computer computador m, lamp candeeiro m, candle vela f, mirror espelho m,
        picture quadro m, pen caneta f, pencil lápis m, ball bola f, doll boneca f,
        toy brinquedo m, ring anel m, coin moeda f, ticket bilhete m, flower flor f, rose rosa f,
        hammer martelo m, rope corda f, towel toalha f, blanket cobertor m, brush escova f,
        pillow almofada f, map mapa m""",
    "container": """box@in caixa f, bag@in saco m, suitcase@in mala f, bottle@in garrafa f,
        basket@in cesto m, cupboard@in armário m, drawer@in gaveta f""",
    "furniture": """table@on mesa f, chair@on cadeira f, bed@on cama f, sofa@on sofá m,
        shelf/shelves@on estante f, desk@on secretária f, bench@on banco m""",
    "opening": "door porta f, window janela f, gate portão m",
    "place": """house@in casa f, church@in igreja f, castle@in castelo m, hotel@at hotel m,
        school@at escola f, tower@in torre f, theatre@at teatro m, museum@at museu m,
        library@in biblioteca f, hospital@in hospital m, station@at estação f, shop@in loja f,
        bakery@in padaria f, palace@in palácio m, cinema@at cinema m, airport@at aeroporto m,
        market@at mercado m, restaurant@in restaurante m, farm@on quinta f,
        office@in escritório m, kitchen@in cozinha f, factory@in fábrica f, room@in quarto m""",
    "outdoors": """garden@in jardim m, park@in parque m, square@in praça f, street@in rua f,
        beach@on praia f, forest@in floresta f, river@in rio m, lake@in lago m,
        island@on ilha f, village@in aldeia f, city@in cidade f, mountain@on montanha f,
        field@in campo m, bridge@on ponte f, road@on estrada f""",
    "instrument": """guitar guitarra f, piano/pianos piano m, violin violino m, flute flauta f,
        trumpet trompete m, drum tambor m, harp harpa f""",
    "game": """football/- futebol m, chess/- xadrez m, tennis/- ténis m, volleyball/- voleibol m,
        basketball/- basquetebol m""",
    "idea": """idea ideia f, problem problema m, plan plano m, dream sonho m,
        question pergunta f, answer resposta f, song canção f, film filme m, war guerra f,
        journey viagem f, lesson lição f, secret segredo m, mistake erro m""",
}

NAMES = {
    "m": "Pedro João Miguel Rui Tiago Paulo Bruno Nuno",
    "f": "Ana Maria Sofia Rita Inês Teresa Clara Joana",
}

GROUPS = {
    "person": "people kin",
    "being": "people kin animal",
    "fare": "food drink",
    "ware": "text clothing vehicle thing container furniture instrument",
    "site": "place outdoors",
    "any": "people kin animal food text clothing vehicle thing container furniture place outdoors idea",
}

# english | portuguese[/feminine[/plural]] | classes; "<" is prenominal, "^" is prenominal and needs a
# definite noun phrase, "*" is a temporary state (estar).
ADJECTIVES = """
good | <bom/boa | being fare ware place idea
bad | <mau/má | person food text idea
new | <novo | person ware site idea
other | ^outro | being ware place idea
first | ^primeiro | people text idea vehicle
last | ^último | people text idea vehicle
young | jovem | being
old | velho | being ware
old | antigo | site idea
strong | forte | being drink
thin | magro | being
fat | gordo | being
happy | feliz | being
sad | triste | being text idea
calm | calmo | being outdoors
brave | corajoso | being
dangerous | perigoso | animal site idea
clever | esperto | being
tired | *cansado | being
sick | *doente | being
tall | alto | person
short | baixo | person
short | curto | text clothing idea
rich | rico | person
poor | pobre | person
famous | famoso | person text place
lazy | preguiçoso | being
polite | educado | person
shy | tímido | person
honest | honesto | person
generous | generoso | person
curious | curioso | being
nervous | *nervoso | being
angry | *zangado | being
busy | *ocupado | person
worried | *preocupado | person
English | inglês | person text vehicle
Portuguese | português | person text fare vehicle
French | francês | person text fare vehicle
German | alemão/alemã/alemães | person text vehicle
Italian | italiano | person text fare vehicle
fresh | fresco | food
delicious | delicioso | fare
sweet | doce | fare
cold | *frio | fare
hot | *quente | fare
ripe | *maduro | food
expensive | caro | fare ware
cheap | barato | fare ware
red | vermelho | clothing vehicle thing container furniture opening
blue | azul | clothing vehicle thing container furniture opening
green | verde | clothing vehicle thing container furniture opening
yellow | amarelo | clothing vehicle thing container furniture opening
white | branco | animal clothing vehicle thing container furniture opening
black | preto | animal clothing vehicle thing container furniture opening
grey | cinzento | animal clothing vehicle thing container furniture opening
brown | castanho | animal clothing vehicle thing container furniture opening
big | grande | animal food thing container furniture opening vehicle site
small | pequeno | animal food thing container furniture opening vehicle site
heavy | pesado | thing container furniture instrument opening
light | leve | clothing thing container
modern | moderno | ware place
useful | útil | text thing container idea
broken | *partido | thing furniture opening instrument
dirty | *sujo | animal clothing vehicle thing container furniture opening site
clean | *limpo | animal clothing vehicle thing container furniture opening site
empty | *vazio | container place
full | *cheio | container place
open | *aberto | opening container
closed | *fechado | opening container
fast | rápido | animal vehicle
slow | lento | animal vehicle
long | comprido | clothing thing
long | longo | text idea
elegant | elegante | person clothing
beautiful | bonito | being ware site opening idea
ugly | feio | being ware site opening
strange | estranho | being text thing site idea
comfortable | confortável | clothing vehicle furniture place
quiet | tranquilo | site
noisy | barulhento | being vehicle site
interesting | interessante | person text site idea
difficult | difícil | text idea
easy | fácil | text idea
important | importante | person text idea
funny | engraçado | person text idea
simple | simples | text idea
"""

# english/past [particle] | portuguese[-se] [preposition] | subjects | objects; "*" is stative.
VERBS = """
eat/ate | comer | being | food
cook/cooked | cozinhar | person | food
prepare/prepared | preparar | person | fare
taste/tasted | provar | person | fare
order/ordered | pedir | person | fare
serve/served | servir | person | fare
drink/drank | beber | being | drink
cut/cut | cortar | person | food
read/read | ler | person | text
write/wrote | escrever | person | text
translate/translated | traduzir | person | text
sign/signed | assinar | person | text
buy/bought | comprar | person | ware food drink
sell/sold | vender | person | ware food animal
steal/stole | roubar | person | ware animal
find/found | encontrar | person | any
lose/lost | perder | person | thing clothing text
hide/hid | esconder | person | thing text clothing container
carry/carried | levar | person | thing container instrument
use/used | usar | person | thing vehicle
break/broke | partir | being | thing furniture opening
repair/repaired | reparar | person | vehicle furniture instrument opening
wash/washed | lavar | person | clothing vehicle animal
clean/cleaned | limpar | person | vehicle furniture opening place
paint/painted | pintar | person | furniture opening place vehicle
draw/drew | desenhar | person | animal thing site
open/opened | abrir | person | opening container
close/closed | fechar | person | opening container
build/built | construir | person | furniture place
drive/drove | conduzir | person | vehicle
park/parked | estacionar | person | vehicle
wear/wore | vestir | person | clothing
fold/folded | dobrar | person | clothing
see/saw | ver | being | any
hear/heard | ouvir | being | being instrument
know/knew | *conhecer | person | person site
love/loved | *adorar | person | any drink
hate/hated | *detestar | person | any drink
admire/admired | admirar | person | person site
have/had | *ter | person | ware animal idea
want/wanted | *querer | person | ware fare animal
like/liked | *gostar de | being | any drink
need/needed | *precisar de | person | person ware drink
trust/trusted | *confiar em | person | person
help/helped | ajudar | person | person
call/called | chamar | person | being
visit/visited | visitar | person | person site
invite/invited | convidar | person | person
greet/greeted | cumprimentar | person | person
hug/hugged | abraçar | person | being
kiss/kissed | beijar | person | being
protect/protected | proteger | person | being
photograph/photographed | fotografar | person | being site vehicle
follow/followed | seguir | being | being vehicle
chase/chased | perseguir | animal | being
bite/bit | morder | animal | person food
forget/forgot | esquecer | person | person idea
wait/waited for | esperar por | person | person vehicle
look/looked for | procurar | being | any
look/looked at | olhar para | being | people animal food text clothing vehicle thing place outdoors
talk/talked to | falar com | person | person
think/thought about | pensar em | person | person idea
dream/dreamed about | sonhar com | person | person site idea
pay/paid for | pagar | person | fare ware
play/played | tocar | person | instrument
play/played | jogar | person | game
choose/chose | escolher | person | ware food
receive/received | receber | person | text thing person
cross/crossed | atravessar | being vehicle | outdoors
go/went to | ir a | person | site
return/returned to | voltar a | person vehicle | site
come/came from | vir de | person vehicle | site
leave/left | sair de | person vehicle | site
understand/understood | *compreender | person | text idea
explain/explained | explicar | person | idea
describe/described | descrever | person | any
push/pushed | empurrar | person | vehicle furniture
burn/burned | queimar | person | text food
keep/kept | guardar | person | text thing
sleep/slept | dormir | being |
run/ran | correr | being |
walk/walked | andar | being |
swim/swam | nadar | being |
cry/cried | chorar | person |
laugh/laughed | rir | person |
smile/smiled | sorrir | person |
work/worked | trabalhar | person |
live/lived | *morar | person |
sing/sang | cantar | person |
dance/danced | dançar | person |
fall/fell | cair | being |
arrive/arrived | chegar | person vehicle |
travel/travelled | viajar | person |
rest/rested | descansar | being |
stop/stopped | parar | vehicle |
play/played | brincar | being |
sit/sat down | sentar-se | person |
get/got up | levantar-se | person |
hide/hid | esconder-se | being |
complain/complained | queixar-se | person |
"""

# Verbs with a direct and an indirect object.
DITRANSITIVE_VERBS = """
give/gave | dar | person | ware food
send/sent | enviar | person | text thing clothing
bring/brought | trazer | person | food text thing clothing
lend/lent | emprestar | person | ware
offer/offered | oferecer | person | food text thing clothing
show/showed | mostrar | person | ware site
"""
