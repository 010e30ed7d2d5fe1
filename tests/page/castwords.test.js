import assert from "node:assert/strict";
import { test } from "node:test";
import * as words from "../../chalicelib/web/script/castwords.js";

const voice = (voice_id, name, fields = {}) => ({
  voice_id,
  name,
  age: "young",
  gender: "female",
  accent: "swedish",
  available: true,
  ...fields,
});
const VOICES = new Map(
  [
    voice("v1", "George", { age: "middle-aged", gender: "male", accent: "british" }),
    voice("v2", "Charlotte"),
    voice("v3", "Rachel", { available: false }),
    voice("v4", "Daniel"),
  ].map((one) => [one.voice_id, one]),
);
const member = (speaker, voice_id, reason = "fit", fields = {}) => ({
  speaker,
  voice_id,
  reason,
  heard_in: null,
  character: "",
  ...fields,
});

test("a voice is told by its age, gender and accent, as far as they are known", () => {
  assert.equal(words.voiceTraits(VOICES.get("v1")), "Middle-aged, male, British accent");
  assert.equal(words.voiceTraits({ age: "old", gender: "female", accent: "" }), "Old, female");
});

test("a character is told in sentences", () => {
  assert.equal(
    words.characterWords("keeper of the lamp; Kind, and quick to laugh."),
    "Keeper of the lamp. Kind, and quick to laugh.",
  );
  assert.equal(words.characterWords("hero"), "Hero.");
  assert.equal(words.characterWords(""), "");
});

test("in a list a voice says who has it already, and that it is not available", () => {
  assert.equal(words.voiceLabel(VOICES.get("v2")), "Charlotte, young, female");
  assert.equal(words.voiceLabel(VOICES.get("v2"), ["Mira"]), "Charlotte, young, female (also Mira)");
  assert.equal(
    words.voiceLabel(VOICES.get("v3"), ["Mira", "Tom"]),
    "Rachel, young, female (also Mira and Tom) (not available)",
  );
  assert.equal(words.voiceLabel({ ...VOICES.get("v3"), available: null }), "Rachel, young, female"); // nobody knows
});

test("the others who have a voice are found by it", () => {
  const cast = [member("Mira", "v2"), member("Tom", "v2"), member("Ada", null)];
  assert.deepEqual([...words.holdersOf(cast, "Tom")], [["v2", ["Mira"]]]);
});

test("everybody's voice has a reason", () => {
  const cast = [member("Narrator", "v1"), member("Mira", "v2"), member("Tom", "v4")];
  const said = (reason, continues = false) => words.reasonSentence(member("Mira", "v2", reason), cast, continues);
  assert.equal(said("person"), "You chose it.");
  assert.equal(said("kept", true), "As in the book before.");
  assert.equal(said("kept"), "As before.");
  assert.equal(said("author"), "The author chose it.");
  assert.equal(said("fit"), "It fits best.");
  assert.equal(said(null), "");
});

test("a voice that several have names the others", () => {
  const cast = [member("Narrator", "v2"), member("Mira", "v2", "shared"), member("Tom", "v2", "shared")];
  assert.equal(words.reasonSentence(cast[1], cast, false), "It fits; the narrator and Tom have it, too.");
  assert.equal(words.reasonSentence(cast[0], cast.slice(0, 2), false), "It fits best. Mira has it, too.");
  // Somebody else's has been changed since.
  assert.equal(words.reasonSentence(cast[1], [cast[1]], false), "It fits best.");
});

test("who tells the story has one voice with the narrator", () => {
  const cast = [member("Narrator", "v2", "fit"), member("Mira", "v2", "teller")];
  assert.equal(words.reasonSentence(cast[1], cast, false), "Their own voice, since they tell the story.");
  assert.equal(words.reasonSentence(cast[0], cast, false), "It fits best.");
  const told = [member("Narrator", "v2", "teller"), member("Mira", "v2", "person")];
  assert.equal(words.reasonSentence(told[0], told, false), "The voice of Mira, who tells the story.");
});

test("a voice that is not available names the one that is heard instead, and what can be done", () => {
  const heard = member("Mira", "v3", "fit", { heard_in: "v4" });
  const remedy = "Choose another voice, or have Rachel added to your narrator’s account.";
  assert.equal(words.missingSentence(heard, VOICES), `Rachel is not available now: Daniel is heard instead. ${remedy}`);
  assert.equal(
    words.missingSentence(member("Mira", "v3"), VOICES),
    `Rachel is not available now: another voice will be heard instead. ${remedy}`,
  );
  assert.equal(words.missingSentence(member("Mira", "v2"), VOICES), "");
  assert.equal(words.missingSentence(member("Mira", "unknown"), VOICES), "");
  assert.equal(
    words.missingSentence(member("Mira", "unknown", "fit", { heard_in: "gone" }), VOICES),
    "Their voice is not available now: another voice is heard instead. Choose another voice.",
  );
});

test("a voice that is there again can be chosen again", () => {
  assert.equal(
    words.missingSentence(member("Mira", "v2", "fit", { heard_in: "v4" }), VOICES),
    "Charlotte was not available: Daniel is heard instead. Choose Charlotte again.",
  );
});

test("the cast says how many of its voices are not available", () => {
  assert.equal(words.missingCount([member("Mira", "v2")], VOICES), "");
  assert.equal(words.missingCount([member("Mira", "v3"), member("Tom", "v3")], VOICES), "1 voice is not available");
  assert.equal(
    words.missingCount([member("Mira", "v3"), member("Tom", "x", "fit", { heard_in: "v4" })], VOICES),
    "2 voices are not available",
  );
});

test("until there is a plan the cast is whom a person chose a voice for", () => {
  const chosen = words.castOf({ casting: [], voices: { Ada: "v2" } });
  assert.deepEqual(chosen, [member("Ada", "v2", "person")]);
  assert.deepEqual(words.castOf({ casting: chosen, voices: {} }), chosen);
});

test("a speaker is heard in the voice that stands in, or else in their own", () => {
  const story = { casting: [member("Mira", "v3", "fit", { heard_in: "v4" })], voices: { Mira: "v3", Tom: "v2" } };
  assert.equal(words.heardVoice(story, "Mira"), "v4");
  assert.equal(words.heardVoice(story, "Tom"), "v2");
  assert.equal(words.heardVoice(story, "Nobody"), "");
});

test("a change is told, and that it was taken back", () => {
  assert.equal(words.changedSentence("Mira", "Charlotte"), "Mira speaks with Charlotte’s voice from now on.");
  assert.equal(words.changedSentence("Narrator", ""), "The narrator speaks with another voice from now on.");
  assert.equal(words.backSentence("Mira", "George"), "Mira has George’s voice again.");
  assert.equal(words.backSentence("Narrator", ""), "The narrator has the earlier voice again.");
});

test("what is out of date has a price, or none", () => {
  const chapters = [{ audio: null }, { audio: { out_of_date: true } }, { audio: { out_of_date: false } }];
  assert.deepEqual(words.outOfDate({ chapters: chapters.map((one, at) => ({ ...one, number: at + 1 })) }), [2]);
  assert.equal(words.againSentence(0, 1), "");
  assert.equal(words.againSentence(2, null), "2 chapters are out of date.");
  assert.equal(words.againSentence(2, 0.04), "2 chapters are out of date; narrating them again costs about $0.04.");
  assert.equal(words.againSentence(1, 0.001), "1 chapter is out of date; narrating it again costs under $0.01.");
  assert.match(words.againSentence(1, 0), /narrating it again costs nothing, since every line is there already\.$/);
  assert.equal(
    words.againSentence(2, 0.04, true),
    "2 chapters are out of date; narrating them again would cost about $0.04 with real voices. Here nothing is charged.",
  );
});

test("voices that are not in the account are named before anything is bought", () => {
  const missing = (name, speakers = []) => ({ voice_id: name, name, speakers });
  assert.equal(words.unavailableSentence([]), "");
  assert.equal(
    words.unavailableSentence([missing("Rachel")]),
    "Rachel is not in your narrator’s account: another voice is heard instead.",
  );
  assert.equal(
    words.unavailableSentence([missing("Rachel", ["Narrator", "Mira"]), missing("Bill")]),
    "Rachel (for the narrator and Mira) and Bill are not in your narrator’s account: " +
      "other voices are heard in their place.",
  );
  const many = words.unavailableSentence(["A", "B", "C", "D", "E", "F"].map((name) => missing(name)));
  assert.match(many, /^A, B, C, D, and 2 others are not in your narrator’s account/);
});
