"""Tables of the eight domains of `reviews`: entities, aspects, events and neutral sentences."""

# Per domain:
#   nouns: singular/plural of each entity, and its selectional classes
#   references: preposition of comparisons, preposition of distractors, participle, other entities
#   aspects: noun[*~]: class ...; "*" is a plural, "~" a mass noun
#   positive, negative: events; each can follow "although"
#   neutral: sentences without polarity
# The names of the domains are part of the hash that selects held-out compositions.
DOMAINS = {
    "film": {
        "nouns": "film/films movie/movies | story",
        "references": """in | in | seen | the film I saw the week before; the director's first film; the film
            that came before it""",
        "aspects": """plot: story, story: story, script: text, dialogue: text, acting~: performance, cast:
            people, ending: story, soundtrack: sound, camera work~: picture, jokes*: text, leading actor:
            people, villain: people, opening scene: story, special effects*: picture, costumes*: picture""",
        "positive": """the whole room applauded, I laughed until I cried, two hours felt like ten minutes, I
            went back to see it the next day, even my teenage son put his phone away, I forgot to eat my
            popcorn, nobody moved until the last name had rolled by""",
        "negative": """two hours of my life are gone, half of the audience walked out, I fell asleep twice, I
            checked my watch every five minutes, the man next to me snored through the finale, I spent the
            second half planning my shopping, we left before the end""",
        "neutral": """We saw it on a Friday evening; It runs for just over two hours; I went with two friends;
            It was shown in the small cinema near the station; The tickets had been a birthday present; I
            sat in the third row; It is set in {city}; The director comes from {city}""",
    },
    "novel": {
        "nouns": "book/books novel/novels | story text",
        "references": """in | with | read | the book I read before it; the author's first novel; the book I
            read last summer""",
        "aspects": """plot: story, story: story, prose~: text, dialogue: text, ending: story, narrator:
            people, characters*: people, first chapter: story, descriptions*: text, translation: text,
            heroine: people, illustrations*: picture, cover: picture, twists*: story""",
        "positive": """I read it in a single night, I missed my stop because of it, I bought three more copies
            for my friends, I started again as soon as I had finished, the last page made me cry, I read
            whole pages aloud to my husband""",
        "negative": """I gave up after fifty pages, I fell asleep over it every evening, it ended up under a
            wobbly table, I skipped whole chapters, I left it on a train on purpose, I needed four months to
            get to the end""",
        "neutral": """I read it on a train to {city}; It has about four hundred pages; It is set in {city};
            I borrowed it from the library; My book club chose it in {month}; The author was born in
            {city}; It came out in {month}""",
    },
    "restaurant": {
        "nouns": "restaurant/restaurants bistro/bistros | place",
        "references": """at | at | eaten at | the restaurant across the street; the bistro I tried last week;
            the café near my office""",
        "aspects": """food~: food, soup: food, fish~: food, bread~: food, desserts*: food, noodles*: food,
            dumplings*: food, vegetables*: food, service~: staff, waiters*: staff, waitress: staff, dining
            room: place, terrace: place, music~: sound, prices*: price, chairs*: seat""",
        "positive": """they brought us a second dessert for free, my father asked for the recipe, our plates
            came back empty, the cook came out to greet us, we booked again before we left, the children ate
            every bite""",
        "negative": """we waited for ninety minutes, I found a hair in my plate, they forgot half of our
            order, we went home hungry, I was sick all night, they charged us for water, the waiter spilled
            wine on my coat""",
        "neutral": """We were a party of six; We went there on a Tuesday in {month}; It lies behind the town
            hall; I had the fish and my wife had the soup; The owner comes from {city}; We had a table by
            the window; It opened in {month}""",
    },
    "hotel": {
        "nouns": "hotel/hotels guesthouse/guesthouses | place",
        "references": """at | at | stayed at | the hotel across the road; the hotel I tried last year; the
            guesthouse round the corner""",
        "aspects": """room: place, bathroom: place, lobby: place, breakfast: food, view: picture, garden:
            place, receptionist: staff, cleaners*: staff, porter: staff, Wi-Fi~: device, lift: device,
            beds*: seat, pool: place, prices*: price, décor~: picture""",
        "positive": """they gave us a better room for free, I slept like a baby, they let us stay until the
            evening, fresh fruit waited in our room every morning, we stayed two nights longer than planned,
            somebody carried our bags up three floors""",
        "negative": """the shower ran cold every morning, I found somebody's socks in my bed, we heard every
            word from next door, the heating stayed off all weekend, they had lost our booking, the lift was
            out of order all week, I counted four cockroaches""",
        "neutral": """We stayed for three nights in {month}; Our room was on the fourth floor; I was there for
            a conference; It stands next to the old harbour; We had come by train from {city}; I booked it
            by telephone; Check-in begins at two""",
    },
    "phone": {
        "nouns": "phone/phones handset/handsets | device",
        "references": """on | with | owned | my old phone; my sister's phone; the phone I had before""",
        "aspects": """screen: picture device, camera: device, battery: device, speaker: sound, keyboard:
            device, fingerprint reader: device, charger: device, software~: device, photos*: picture,
            buttons*: device, call quality~: sound, support team: staff, design: picture, manual: lesson""",
        "positive": """the battery lasted for three days, it survived a fall down the stairs, everyone asks me
            where I got it, I ordered a second one for my mother, it found a signal in the deepest valley,
            it was fully charged in twenty minutes""",
        "negative": """the battery died before noon, it froze twice on the first day, the screen cracked in my
            pocket, I sent it back within a week, it shut down in the middle of a call, it became too hot to
            hold, the shop refused to take it back""",
        "neutral": """I bought it in {month}; It comes in black and in blue; I use it for work; It was made in
            {city}; It weighs about two hundred grams; My contract runs for two years; It arrived on a
            Monday""",
    },
    "game": {
        "nouns": "game/games sequel/sequels | story",
        "references": """in | with | played | the first part;
            the game I played before it; the studio's last game""",
        "aspects": """story: story, graphics*: picture, controls*: device, soundtrack: sound, puzzles*: story,
            levels*: story, characters*: people, voice acting~: performance, tutorial: lesson, dialogue:
            text, final battle: story, quests*: story, menus*: device, maps*: picture""",
        "positive": """I played until the sun came up, I finished it three times, my sister begged me for a
            turn, I forgot about dinner, a month later we still play it every evening, I cheered out loud at
            the end""",
        "negative": """I deleted it after an hour, it crashed every ten minutes, it erased my progress, I got
            stuck in a wall twice, I asked for my money back, my controller ended up in the bin""",
        "neutral": """I played it on a laptop; It takes about twenty hours; It is set in {city}; It came out
            in {month}; My cousin lent it to me; You play a lighthouse keeper; The studio has its office in
            {city}""",
    },
    "concert": {
        "nouns": "concert/concerts show/shows | story",
        "references": """at | at | been to | the concert I went to in spring; the band's last concert; the
            show I saw a year ago""",
        "aspects": """band: people, singer: people, songs*: sound, lyrics*: text, drummer: people, orchestra:
            people, hall: place, seats*: seat, light show: picture, ushers*: staff, encore: story, sound~:
            sound, opening act: people, string section: sound, conductor: people""",
        "positive": """we sang all the way home, they played four encores, the whole hall got up and danced, I
            had goose bumps for two hours, strangers hugged each other at the end, I bought a ticket for the
            next night at once""",
        "negative": """they stopped after forty minutes, the singer forgot half of the words, my ears rang for
            three days, we saw nothing but a pillar, people asked for their money back, they came on two
            hours late, the crowd booed""",
        "neutral": """It took place in {month}; We took the late bus home; The hall holds nine hundred people;
            They come from {city}; I went with my neighbour; It began at eight; We stood near the bar""",
    },
    "course": {
        "nouns": "course/courses workshop/workshops | lesson",
        "references": """in | in | taken | the course I took last year; my Spanish course;
            my sister's course""",
        "aspects": """lectures*: lesson, teacher: staff, exercises*: lesson, videos*: lesson picture,
            examples*: lesson, slides*: picture lesson, textbook: lesson text, feedback~: lesson, tutors*:
            staff, classroom: place, website: device, final project: lesson, handouts*: lesson,
            fees*: price""",
        "positive": """I found a better job because of it, I passed the exam at the first try, nobody missed a
            single lesson, I still use my notes every day, our group still meets once a month, I signed up
            for the next level at once""",
        "negative": """half of the group dropped out, I failed the exam, the teacher never answered my
            questions, I learned more from my nephew, they cancelled three lessons out of ten, I asked for
            my money back""",
        "neutral": """It lasts for ten weeks; We met on Thursdays; I took it in {month}; There were twelve of
            us; You need a laptop; The school has its office in {city}; It ends with a written exam""",
    },
}

CITIES = "Lisbon, Kraków, Québec, Malmö, São Paulo, Kyoto, Zürich, Dublin, Cape Town, Bogotá, Naples, Oslo"
MONTHS = "January, February, March, April, May, June, July, August, September, October, November"

# Aspects of distractors, which belong to no domain.
UNRELATED_ASPECTS = "weather, traffic, journey home, news~, football match, queue outside"
