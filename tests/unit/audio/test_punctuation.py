import pytest

from chalicelib.audio.punctuation import ending_of, goes_on, is_brief


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("Where?", "question"),
        ('"Where?" ', "question"),
        ("「どこ？」", "question"),  # noqa: RUF001
        ("أين؟", "question"),
        ("Πού\u037e", "question"),
        ("What?!", "question"),
        ("No.", "sentence"),
        ("Nein!“", "sentence"),
        ("不。", "sentence"),
        ("नहीं।", "sentence"),
        ("Wait…", "ellipsis"),
        ("Wait... [sighs]", "ellipsis"),
        ("等等……", "ellipsis"),
        ("I was —", "dash"),
        ("I was--", "dash"),
        ("我——”", "dash"),
        ("Wait,", "clause"),
        ("他说：", "clause"),  # noqa: RUF001
        ("He said:", "clause"),
        ("すごー", "none"),  # a vowel that is drawn out, and no dash
        ("Ada", "none"),
        ("", "none"),
        ("[laughs]", "none"),
    ],
)
def test_how_a_line_ends_is_seen_in_any_script(text: str, ending: str) -> None:
    assert ending_of(text) == ending


@pytest.mark.parametrize(
    ("text", "so"),
    [("she said.", True), ("… said Ada", False), ("She said.", False), ("— dijo Ada", True), ("", False)],
)
def test_a_small_letter_goes_on_with_the_sentence(text: str, so: bool) -> None:
    assert goes_on(text) is so


@pytest.mark.parametrize(
    ("text", "so"),
    [("No, I won't.", True), ("Yes!", True), ("不，我不去。", True), ("I carried it up all the stairs.", False)],  # noqa: RUF001
)
def test_a_few_words_are_brief(text: str, so: bool) -> None:
    assert is_brief(text) is so
