import assert from "node:assert/strict";
import { test } from "node:test";
import { characters, checkName, checkStory } from "../../chalicelib/web/script/checks.js";

const LIMITS = {
  prompt: { minLength: 1, maxLength: 5 },
  text: { minLength: 1, maxLength: 8 },
  title: { minLength: 1, maxLength: 3 },
  num_chapters: { minimum: 2, maximum: 7 },
  voices: { maxProperties: 50, propertyNames: { minLength: 1, maxLength: 4 } },
};
const FINE = { prompt: "A fox", text: null, title: "", num_chapters: 2 };
const check = (fields, hasText) => checkStory({ ...FINE, ...fields }, LIMITS, hasText);

test("the limits hold to the last character", () => {
  assert.deepEqual(check({}), { prompt: "", text: "", title: "", num_chapters: "" });
  assert.equal(check({ prompt: "A fox!" }).prompt, "Use at most 5 characters.");
  assert.equal(check({ title: "Foxy" }).title, "A title has at most 3 characters.");
  for (const num_chapters of [1, 8, 2.5, Number.NaN, null]) {
    assert.equal(check({ num_chapters }).num_chapters, "Enter a whole number from 2 to 7.");
  }
  assert.equal(check({ num_chapters: 7 }).num_chapters, "");
});

test("a story must be about something", () => {
  assert.equal(check({ prompt: "" }).prompt, "Say what the story is about.");
});

test("a text needs no idea and no number of chapters, and has its own limit", () => {
  const told = (fields, hasText) => check({ prompt: "", text: "It rains", num_chapters: null, ...fields }, hasText);
  assert.deepEqual(told({}), { prompt: "", text: "", title: "", num_chapters: "" });
  assert.match(told({ text: "" }).text, /Paste your text/);
  assert.equal(told({ text: "" }, true).text, "");
  assert.equal(told({ text: "It rained" }).text, "This text has 9 characters; up to 8 can be read out at once.");
  assert.match(told({ text: "It rained" }, true).text, /9 characters/);
  assert.equal(told({ prompt: "A fox!" }).prompt, "Use at most 5 characters.");
  assert.match(told({ num_chapters: 8 }).num_chapters, /from 2 to 7/);
});

test("a character beyond the basic plane counts once", () => {
  assert.equal(characters("🦊𝒜é"), 3);
  for (const text of ["", "\ud83e", "\udd8a🦊", "🦊\ud83e\ud83e", "雨🦊\n"])
    assert.equal(characters(text), [...text].length);
  assert.equal(check({ prompt: "🦊🦊🦊🦊🦊" }).prompt, "");
});

test("a character has one voice, and the narrator's is chosen elsewhere", () => {
  const name = (text, ...taken) => checkName(text, new Set(taken), LIMITS.voices);
  assert.equal(name("Ada", "Bo"), "");
  assert.match(name(""), /name/);
  assert.match(name("Adele"), /at most 4/);
  assert.match(checkName("Narrator", new Set(), { propertyNames: { maxLength: 60 } }), /above/);
  assert.match(name("Ada", "Ada"), /two voices/);
});
