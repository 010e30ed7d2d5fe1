"""What is delivered as a chapter, and what was ordered: lengths, loops, and the songs that are no loops."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.script import Script, ScriptLine
from chalicelib.errors import NotAsOrdered, Unusable
from chalicelib.story.delivery import ensure_as_ordered, loop_start
from chalicelib.story.measures import count_words

JACK = [
    "the house that Jack built",
    "the malt that lay in",
    "the rat that ate",
    "the cat that killed",
    "the dog that worried",
    "the cow with the crumpled horn that tossed",
    "the maiden all forlorn that milked",
    "the man all tattered and torn that kissed",
    "the priest all shaven and shorn that married",
    "the cock that crowed in the morn that waked",
    "the farmer sowing his corn that kept",
    "the horse and the hound and the horn that belonged to",
]
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
THUMBS = ["thumb", "shoe", "knee", "door", "hive", "sticks", "up in heaven", "gate", "spine", "once again"]
GIFTS = [
    "a partridge in a pear tree",
    "two turtle doves, and",
    "three French hens,",
    "four calling birds,",
    "five gold rings,",
    "six geese a-laying,",
    "seven swans a-swimming,",
    "eight maids a-milking,",
    "nine ladies dancing,",
    "ten lords a-leaping,",
    "eleven pipers piping,",
    "twelve drummers drumming,",
]
DAYS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"]
DAYS += ["twelfth"]
MACDONALD = [("cow", "moo"), ("pig", "oink"), ("duck", "quack"), ("horse", "neigh"), ("lamb", "baa"), ("hen", "cluck")]
THREE_PIGS = [
    "Little pig, little pig, let me come in.",
    "Not by the hair of my chinny chin chin.",
    "Then I'll huff, and I'll puff, and I'll blow your house in.",
]


def house_that_jack_built() -> list[list[str]]:
    verses = [[f"This is {JACK[n]}", *reversed(JACK[:n])] for n in range(len(JACK))]
    return [[*verse[:-1], f"{verse[-1]}."] for verse in verses]


def ten_green_bottles() -> list[list[str]]:
    return [
        [
            f"{NUMBERS[n - 1].title()} green bottles hanging on the wall,",
            f"{NUMBERS[n - 1].title()} green bottles hanging on the wall,",
            "And if one green bottle should accidentally fall,",
            f"There'll be {NUMBERS[n - 2] if n > 1 else 'no'} green bottles hanging on the wall.",
        ]
        for n in range(10, 0, -1)
    ]


def this_old_man() -> list[list[str]]:
    return [
        [
            f"This old man, he played {number},",
            f"He played knick-knack on my {thing};",
            "With a knick-knack paddywhack,",
            "Give the dog a bone,",
            "This old man came rolling home.",
        ]
        for number, thing in zip(NUMBERS, THUMBS, strict=True)
    ]


def twelve_days_of_christmas() -> list[list[str]]:
    return [
        [f"On the {day} day of Christmas my true love sent to me", *reversed(GIFTS[: n + 1])]
        for n, day in enumerate(DAYS)
    ]


def old_macdonald() -> list[list[str]]:
    return [
        [
            "Old MacDonald had a farm, E-I-E-I-O,",
            f"And on that farm he had a {animal}, E-I-E-I-O,",
            f"With a {sound}-{sound} here and a {sound}-{sound} there,",
            f"Here a {sound}, there a {sound}, everywhere a {sound}-{sound},",
            "Old MacDonald had a farm, E-I-E-I-O.",
        ]
        for animal, sound in MACDONALD
    ]


def in_digits() -> list[list[str]]:
    return [
        [
            f"{n} green bottles hanging on the wall,",
            f"{n} green bottles hanging on the wall,",
            "And if 1 green bottle should accidentally fall,",
            f"There'll be {n - 1} green bottles hanging on the wall.",
        ]
        for n in range(10, 0, -1)
    ]


SONGS = [in_digits, house_that_jack_built, ten_green_bottles, this_old_man, twelve_days_of_christmas, old_macdonald]

WORDS = [
    first + middle + last
    for first in ("ba", "co", "du", "fen", "gri", "hol", "jas", "kum", "lor", "mi", "pel", "sta")
    for middle in ("r", "nd", "ll", "mp", "st")
    for last in ("a", "en", "ow", "ing", "y")
]


def prose(lines: int, seed: int = 1) -> list[str]:
    """Return lines of eight to twenty words, most of them rare, between the small words that all prose has."""
    chance = random.Random(seed)
    small = ["the", "and", "of", "to", "a", "in", "she", "he", "was", "that"]
    return [
        " ".join(chance.choice(small if position % 2 else WORDS) for position in range(chance.randint(8, 20))) + "."
        for _ in range(lines)
    ]


def script(texts: Sequence[str]) -> Script:
    return Script([ScriptLine(f"{n:03d}", "Narrator", text) for n, text in enumerate(texts, 1)])


def wind(times: int) -> list[str]:
    return [f"The wind blew over the sea {n} times." for n in range(1, times + 1)]


def ordered(texts: Sequence[str]) -> int:
    """Return an order that these texts fit in length."""
    return round(count_words(" ".join(texts)))


@pytest.mark.parametrize("song", SONGS)
@pytest.mark.parametrize("by", ["line", "verse"])
def test_a_song_is_no_loop(song: Callable[[], list[list[str]]], by: str) -> None:
    verses = song()
    texts = [line for verse in verses for line in verse] if by == "line" else [" ".join(verse) for verse in verses]
    assert len(verses) >= 6
    assert loop_start(texts) is None
    ensure_as_ordered(script(texts), ordered(texts))
    within = [*prose(30), *texts, *prose(30, seed=2)]
    ensure_as_ordered(script(within), ordered(within))


def test_a_refrain_may_come_after_every_verse() -> None:
    lines = prose(80)
    texts = [text for n in range(0, 80, 2) for text in (*lines[n : n + 2], *THREE_PIGS)]
    ensure_as_ordered(script(texts), ordered(texts))


def test_a_short_answer_may_be_given_again_and_again() -> None:
    texts = [text for line in prose(60) for text in (line, "Yes.", "Yes, and then?")]
    ensure_as_ordered(script(texts), ordered(texts))
    ensure_as_ordered(script([*prose(40), *["Dong!"] * 12]), 600)


ADJECTIVES = ["cold", "warm", "grey", "wild", "quiet", "long"]
LOOPS = {
    "numbers": wind(550),
    "the same": ["The wind blew over the sea."] * 550,
    "small changes": [
        f"The {ADJECTIVES[n % 6]} wind blew over the {ADJECTIVES[n % 5]} sea {n} times{' that night' * (n % 3 == 0)}."
        for n in range(550)
    ],
    "a period of two": [text for n in range(200) for text in (f"She said it {n} times to him.", "But he only slept.")],
    "a period of three": [
        text for n in range(150) for text in (*THREE_PIGS[:2], f"And so he went to the next house, number {n}.")
    ],
    "a period of four": [
        text
        for n in range(100)
        for text in (
            f"On day {n} the sun rose.",
            "Nobody in the village saw it.",
            f"It set {n} hours later.",
            "The old woman closed her window again.",
        )
    ],
    "a page": prose(25) * 8,
    "a long paragraph": [" ".join(prose(8))] * 9,
    "within a line": [*prose(20), "The wind blew over the sea. " * 60],
    "dots": [*prose(20), *["..."] * 500],
    "Chinese": [f"风吹过大海第{n}次,没有人听见。" for n in range(300)],
    "Chinese numerals": [f"风吹过大海第{'一二三四五六七八九十'[n % 10]}次,没有人听见。" for n in range(300)],
    "Thai": [f"ลมพัดผ่านทะเลครั้งที่ {n} และไม่มีใครได้ยิน" for n in range(300)],
    "with something new at times": [
        text for n, new in enumerate(prose(40)) for text in (*wind(14)[n % 3 :], *([new] if n % 2 else []))
    ],
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_a_loop_is_refused_at_any_length(loop: list[str]) -> None:
    with pytest.raises(NotAsOrdered, match=r"^You wrote nearly the same words again and again from line \d+ on; "):
        ensure_as_ordered(script(loop), ordered(loop))


@pytest.mark.parametrize("half", [60, 275])
def test_a_loop_after_a_good_first_half_is_named_by_where_it_begins(half: int) -> None:
    texts = [*prose(half), *wind(half)]
    with pytest.raises(NotAsOrdered, match=f"from line {half + 1} on"):
        ensure_as_ordered(script(texts), ordered(texts))


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ([], "You wrote no words; about 900 were ordered."),
        (["...", "— ! —", "?!"] * 100, "You wrote no words; about 900 were ordered."),
        (["Once."], "You wrote 1 word; about 900 were ordered."),
        (["It rains.", "It rains still.", "Good night."], "You wrote 7 words; about 900 were ordered."),
        (prose(500), r"You wrote [67],\d\d\d words; about 900 were ordered."),
    ],
)
def test_too_few_and_too_many_words_are_refused_with_both_numbers(texts: list[str], reason: str) -> None:
    with pytest.raises(Unusable, match=f"^{reason}$"):
        ensure_as_ordered(script(texts), 900)


@pytest.mark.parametrize(("words", "accepted"), [(224, False), (225, True), (2700, True), (2701, False)])
def test_of_a_last_reply_a_quarter_of_the_order_and_three_times_as_much_are_accepted(
    words: int, accepted: bool
) -> None:
    assert accepted_as(of_words(words), last=True) is accepted


@pytest.mark.parametrize(("words", "accepted"), [(719, False), (720, True), (1080, True), (1081, False)])
def test_a_first_reply_keeps_within_a_fifth_of_the_order(words: int, accepted: bool) -> None:
    assert accepted_as(of_words(words), last=False) is accepted


def of_words(words: int) -> Script:
    text = " ".join(prose(400)).split()[:words]
    return script([" ".join(text[n : n + 20]) for n in range(0, words, 20)])


def accepted_as(chapter: Script, *, last: bool) -> bool:
    try:
        ensure_as_ordered(chapter, 900, last=last)
    except NotAsOrdered:
        return False
    return True


def test_words_that_no_spaces_divide_are_an_estimate_and_cost_no_second_call() -> None:
    chance = random.Random(4)
    lines = ["".join(chance.choices(HAN, k=30)) + "。" for _ in range(38)]  # some 630 words of English
    assert accepted_as(script(lines), last=False)


HAN = "".join(chr(code) for code in range(0x4E00, 0x5200))


def test_a_language_without_spaces_is_counted_in_words_of_english() -> None:
    chance = random.Random(3)
    lines = ["".join(chance.choices(HAN, k=30)) + "。" for _ in range(54)]  # 1,620 characters: 900 words of English
    ensure_as_ordered(script(lines), 900)
    with pytest.raises(NotAsOrdered, match="You wrote 167 words"):
        ensure_as_ordered(script(lines[:10]), 900)


VOCABULARY = prose(400, seed=5)


@given(st.lists(st.sampled_from(VOCABULARY), min_size=20, max_size=150, unique=True), st.floats(0.26, 2.9))
def test_distinct_sentences_are_accepted_between_a_quarter_and_three_times(texts: list[str], share: float) -> None:
    ensure_as_ordered(script(texts), round(ordered(texts) / share), last=True)


@given(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=4, unique=True), st.integers(0, 80), st.data())
def test_a_block_that_is_repeated_is_refused_wherever_it_stands(
    block: list[str], before: int, data: st.DataObject
) -> None:
    times = data.draw(st.integers(10, 100))
    texts = [*prose(before, seed=9), *block * times, *prose(5, seed=10)]
    with pytest.raises(NotAsOrdered, match=f"from line {before + 1} on"):
        ensure_as_ordered(script(texts), ordered(texts))
