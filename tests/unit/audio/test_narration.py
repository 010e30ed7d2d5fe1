import json
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec
import pytest

from chalicelib.audio.cutting import cut
from chalicelib.audio.narration import LONGEST_SEGMENT, Segment, segments
from chalicelib.audio.ports import SpeechRequest
from chalicelib.audio.voices import VoicesConfig, load_voices
from chalicelib.domain.outline import NARRATOR
from chalicelib.domain.script import EnhancedLine, ScriptLine
from chalicelib.errors import SpokenLine

CONFIG = load_voices()
VOICES = {NARRATOR: CONFIG.narrator, "Ada": "21m00Tcm4TlvDq8ikWAM"}


def with_model(model: str, **traits: object) -> VoicesConfig:
    change = msgspec.structs.replace
    return change(CONFIG, model=model, models={model: change(CONFIG.models[model], **traits)})


def result(found: list[Segment]) -> list[str]:
    return [segment.request.text for segment in found if segment.request]


def test_neighbours_guide_the_prosody_but_not_the_key() -> None:
    alone, between = (
        segments([ScriptLine("001", "Ada", "Yes.")], VOICES, CONFIG),
        segments(
            [
                ScriptLine("001", NARRATOR, "Before."),
                ScriptLine("002", "Ada", "Yes."),
                ScriptLine("003", NARRATOR, "After."),
            ],
            VOICES,
            CONFIG,
        ),
    )
    assert between[1].request is not None
    assert (between[1].request.previous_text, between[1].request.next_text) == ("Before.", "After.")
    assert between[1].key == alone[0].key
    assert len({segment.key for segment in between}) == 3


def test_the_voice_and_the_settings_are_part_of_the_key() -> None:
    line = [ScriptLine("001", "Ada", "Yes.")]
    keys = {
        segments(line, VOICES, CONFIG)[0].key,
        segments(line, {**VOICES, "Ada": "other"}, CONFIG)[0].key,
        segments(line, VOICES, msgspec.structs.replace(CONFIG, settings={"stability": 0.9}))[0].key,
        segments(line, VOICES, msgspec.structs.replace(CONFIG, output_format="mp3_22050_32"))[0].key,
    }
    assert len(keys) == 4


def test_tags_are_spoken_by_models_that_know_them_and_stripped_for_the_others() -> None:
    line = [EnhancedLine("001", "Ada", "Come [softly] here.", ["whispers"])]
    assert result(segments(line, VOICES, CONFIG)) == ["Come here."]
    v3 = segments(line, VOICES, with_model("eleven_v3"))
    assert result(v3) == ["[whispers] Come [softly] here."]
    assert v3[0].request is not None
    assert v3[0].request.previous_text is None


def test_a_line_beyond_the_models_limit_is_cut() -> None:
    text = "One sentence. " * 20
    found = segments(
        [ScriptLine("001", "Ada", text, True)], VOICES, with_model("eleven_multilingual_v2", max_characters=100)
    )
    assert len(found) == 3
    assert all(len(part) <= 100 for part in result(found))
    assert " ".join(result(found)) == text.strip()
    assert [segment.scene_break for segment in found] == [True, False, False]


def test_what_cannot_be_spoken_is_a_pause_and_costs_nothing() -> None:
    (segment,) = segments([ScriptLine("001", "Ada", "…!")], VOICES, CONFIG)
    assert (segment.request, segment.key) == (None, "")


def test_a_speaker_without_a_voice_is_read_by_the_narrator() -> None:
    assert segments([ScriptLine("001", "Nobody", "Hi.")], VOICES, CONFIG)[0].voice_id == CONFIG.narrator


def test_a_line_of_many_minutes_is_bought_in_segments() -> None:
    text = " ".join(f"Sentence number {number} of the tale." for number in range(100))
    found = segments([ScriptLine("001", "Ada", text)], VOICES, CONFIG)
    assert all(len(part) <= LONGEST_SEGMENT for part in result(found))
    assert " ".join(result(found)) == text


def test_a_line_that_was_bought_in_one_piece_stays_found() -> None:
    """The key is one of before lines were cut."""
    text = "The lamp burned on. " * 60
    line = ScriptLine("001", "Ada", text.strip())
    facts = [line.text, VOICES["Ada"], CONFIG.model, CONFIG.output_format, dict(CONFIG.settings)]
    key = sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:40]
    assert [segment.key for segment in segments([line], VOICES, CONFIG, {key})] == [key]
    assert len(segments([line], VOICES, CONFIG, {"another"})) > 1


def test_a_line_that_was_partly_bought_in_long_pieces_keeps_its_cut() -> None:
    text = " ".join(f"Sentence number {number:03d} of the tale." for number in range(100))
    line = [ScriptLine("001", "Ada", text)]
    config = with_model("eleven_multilingual_v2", max_characters=2000)
    old = old_cut(text, 2000)
    assert [len(key) for key in old] == [40, 40]
    for kept in (set(old), {old[0]}, {old[1]}):
        assert [segment.key for segment in segments(line, VOICES, config, kept)] == old
    new = [segment.key for segment in segments(line, VOICES, config)]
    assert len(new) > 2
    for kept in (set(new), {*new, old[1]}, {*new[:4], old[1]}):  # an earlier version has gone on in shorter pieces
        assert [segment.key for segment in segments(line, VOICES, config, kept)] == new


def test_an_end_that_both_cuts_share_does_not_bring_the_old_one_back() -> None:
    text = f"{'Word ' * 158}end. {'Word ' * 158}end. Short."
    line = [ScriptLine("001", "Ada", text)]
    config = with_model("eleven_multilingual_v2", max_characters=1592)
    old, new = old_cut(text, 1592), [segment.key for segment in segments(line, VOICES, config)]
    assert old[-1] == new[-1]
    for kept in (set(new), {new[-1]}):
        assert [segment.key for segment in segments(line, VOICES, config, kept)] == new


def old_cut(text: str, most: int) -> list[str]:
    """Return the keys of a line's pieces, cut by the model's own limit alone."""
    parts = cut(text, most)
    facts = [[part, VOICES["Ada"], CONFIG.model, CONFIG.output_format, dict(CONFIG.settings)] for part in parts]
    return [sha256(json.dumps(of_part, sort_keys=True).encode()).hexdigest()[:40] for of_part in facts]


LAMP = SpeechRequest(
    text="The lamp burned on.",
    voice_id="21m00Tcm4TlvDq8ikWAM",
    model="eleven_multilingual_v2",
    output_format="mp3_44100_128",
    settings={"stability": 0.5, "similarity_boost": 0.75, "style": 0.0, "use_speaker_boost": True},
)
LAMP_KEY = "a653a9ea000246f298f831ee92e265922b9b8fe2"  # pragma: allowlist secret


def key_of(request: SpeechRequest) -> str:
    return Segment("001", "Ada", request.voice_id, False, request).key


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (LAMP, LAMP_KEY),
        (replace(LAMP, settings=dict(sorted(LAMP.settings.items(), reverse=True))), LAMP_KEY),
        (replace(LAMP, previous_text="Night fell.", next_text="Ada slept."), LAMP_KEY),
        (replace(LAMP, settings={}), "8a96b5a6a343ead9516d24cfbb17b75cbc1ebcbc"),  # pragma: allowlist secret
        (
            replace(LAMP, text="[whispers] Wer da? Über uns …", voice_id="EXAVITQu4vr4xnSDxMaL", model="eleven_v3"),
            "60e083aaa5f781d94efc241cabbe87136c979f4c",  # pragma: allowlist secret
        ),
        (
            replace(LAMP, model="eleven_flash_v2_5", output_format="mp3_22050_32", settings={"stability": 0.9}),
            "ec4efa333baf5cdcf454e347abffeab0d918db44",  # pragma: allowlist secret
        ),
    ],
    ids=["settings", "settings in another order", "neighbours", "no settings", "tags and model", "format"],
)
def test_what_release_0_1_has_bought_stays_found(request_: SpeechRequest, key: str) -> None:
    """The keys are those of release 0.1.0: a change of any of them buys the lines of all stories again."""
    assert key_of(request_) == key


def test_who_speaks_and_the_name_of_the_voice_are_in_no_key() -> None:
    assert key_of(replace(LAMP, speaker="Ada", voice_name="Rachel")) == LAMP_KEY


def test_the_shipped_configuration_sends_nothing_that_changes_a_key() -> None:
    (segment,) = segments([ScriptLine("001", "Ada", "The lamp burned on.")], VOICES, CONFIG, language="de")
    assert segment.request is not None
    assert (segment.request.language_code, segment.request.text_normalization) == (None, None)
    facts = ["The lamp burned on.", VOICES["Ada"], CONFIG.model, CONFIG.output_format, dict(CONFIG.settings)]
    assert segment.key == sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:40]


def test_a_line_knows_its_speaker_and_the_name_of_its_voice() -> None:
    lines = [ScriptLine("001", "Ada", "Yes."), ScriptLine("002", "Bruno", "No.")]
    found = segments(lines, {**VOICES, "Bruno": "of another account"}, CONFIG)
    said = [segment.request.line for segment in found if segment.request]
    assert said == [
        SpokenLine("Ada", "Rachel", CONFIG.model, VOICES["Ada"]),
        SpokenLine("Bruno", "of another account", CONFIG.model, "of another account"),
    ]


def test_a_language_and_a_normalization_enter_the_key_where_they_are_set() -> None:
    line = [ScriptLine("001", "Ada", "Yes.")]
    flash = with_model("eleven_flash_v2_5")
    reads = msgspec.structs.replace(with_model("eleven_v3"), text_normalization="off")
    german, french, none = (segments(line, VOICES, flash, language=name)[0] for name in ("de", "fr", "tlh"))
    assert german.request is not None
    assert german.request.language_code == "de"
    assert len({german.key, french.key, none.key}) == 3
    assert none.key == segments(line, VOICES, flash)[0].key
    assert segments(line, VOICES, reads)[0].key != segments(line, VOICES, with_model("eleven_v3"))[0].key


def test_a_normalization_is_not_sent_to_models_that_do_not_take_it() -> None:
    config = msgspec.structs.replace(with_model("eleven_flash_v2_5"), text_normalization="on")
    (segment,) = segments([ScriptLine("001", "Ada", "Yes.")], VOICES, config)
    assert segment.request is not None
    assert segment.request.text_normalization is None


def test_a_line_that_was_bought_before_languages_were_sent_stays_found() -> None:
    line = [ScriptLine("001", "Ada", "The lamp burned on. " * 60)]
    flash = with_model("eleven_flash_v2_5")
    bought = [segment.key for segment in segments(line, VOICES, flash)]
    assert [segment.key for segment in segments(line, VOICES, flash, bought, "de")] == bought
    anew = [segment.key for segment in segments(line, VOICES, flash, (), "de")]
    assert not set(anew) & set(bought)
    assert [segment.key for segment in segments(line, VOICES, flash, anew, "de")] == anew


@dataclass(frozen=True, slots=True)
class LaterRequest(SpeechRequest):
    """A request of a later version, which takes two parameters more."""

    language: str | None = None
    take: int | None = None


def test_a_later_parameter_enters_the_key_only_where_it_is_set() -> None:
    later = LaterRequest(LAMP.text, LAMP.voice_id, LAMP.model, LAMP.output_format, LAMP.settings)
    assert key_of(later) == LAMP_KEY
    keys = [
        key_of(replace(later, **fields))
        for fields in ({}, {"language": "de"}, {"language": "fr"}, {"take": 0}, {"language": "de", "take": 2})
    ]
    assert len(set(keys)) == 5
    assert key_of(replace(later, take=2, language="de")) == keys[-1]
