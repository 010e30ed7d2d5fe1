import assert from "node:assert/strict";
import { test } from "node:test";
import { characters, checkName, checkStory } from "../../chalicelib/web/script/checks.js";

const LIMITS = {
  prompt: { minLength: 1, maxLength: 5 },
  title: { minLength: 1, maxLength: 3 },
  num_chapters: { minimum: 2, maximum: 7 },
  language: { pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\\n)", maxLength: 35 },
  voices: { maxProperties: 50, propertyNames: { minLength: 1, maxLength: 4 } },
};
const FINE = { prompt: "A fox", title: "", num_chapters: 2, language: "pt-BR" };
const check = (fields) => checkStory({ ...FINE, ...fields }, LIMITS);

test("the limits hold to the last character", () => {
  assert.deepEqual(check({}), { prompt: "", title: "", num_chapters: "", language: "" });
  assert.equal(check({ prompt: "A fox!" }).prompt, "Use at most 5 characters.");
  assert.equal(check({ title: "Foxy" }).title, "A title has at most 3 characters.");
  for (const num_chapters of [1, 8, 2.5, Number.NaN]) {
    assert.equal(check({ num_chapters }).num_chapters, "Enter a whole number from 2 to 7.");
  }
  assert.equal(check({ num_chapters: 7 }).num_chapters, "");
});

test("a story must be about something, in a language", () => {
  assert.equal(check({ prompt: "" }).prompt, "Say what the story is about.");
  for (const language of ["", "e", "not a language", "en_US"]) assert.notEqual(check({ language }).language, "");
});

test("a character beyond the basic plane counts once", () => {
  assert.equal(characters("🦊𝒜é"), 3);
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
