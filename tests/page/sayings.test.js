import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../chalicelib/web/script/limits.js";
import {
  checkSayings,
  openProposals,
  refusalOf,
  rowsOf,
  saidAlike,
  sayingsOf,
} from "../../chalicelib/web/script/sayings.js";

const LIMIT = LIMITS.CreateStory.pronunciations;
const row = (word, say) => ({ word, say });
const check = (...rows) => checkSayings(rows, LIMIT);

test("rows are what a story has, and the other way round, without what is empty", () => {
  const sayings = { Niamh: "Neev", Siobhan: "Shivawn" };
  assert.deepEqual(sayingsOf(rowsOf(sayings)), sayings);
  assert.deepEqual(sayingsOf([row("  St.  John ", " Sin  jun "), row("", " ")]), { "St. John": "Sin jun" });
});

test("two stories' words are said alike in whatever order they were typed", () => {
  assert.ok(saidAlike({ a: "1", b: "2" }, { b: "2", a: "1" }));
  assert.ok(!saidAlike({ a: "1" }, { a: "2" }));
  assert.ok(saidAlike({}, {}));
});

test("what is wrong with a row is said at the field", () => {
  assert.deepEqual(check(row("Niamh", "Neev"), row("", "")), [null, null]);
  assert.deepEqual(check(row("", "Neev")), [{ part: "word", sentence: "Enter the word." }]);
  assert.deepEqual(check(row("Niamh", "")), [{ part: "say", sentence: "Write how Niamh is said." }]);
  assert.match(check(row("...", "x"))[0].sentence, /^Enter a word with letters or digits/);
  assert.match(check(row("Niamh", "[sighs]"))[0].sentence, /without square brackets/);
  assert.equal(check(row("x".repeat(61), "x"))[0].sentence, "Use at most 60 characters.");
  assert.equal(
    check(row("Niamh", "Neev"), row(" Niamh", "Neeve"))[1].sentence,
    "Niamh is there twice. Remove one of them.",
  );
});

test("a refusal of the API is shown at the row that it names", () => {
  const rows = [row("Ada", "Ayda"), row("Niamh", "N".repeat(121))];
  assert.deepEqual(refusalOf("pronunciations: Niamh: Expected how to say it, in letters, without brackets.", rows), {
    at: 1,
    part: "say",
    sentence: "Expected how to say it, in letters, without brackets.",
  });
  assert.deepEqual(refusalOf("pronunciations: Ada is given twice.", rows), {
    at: 0,
    part: "word",
    sentence: "Ada is given twice.",
  });
  assert.deepEqual(refusalOf("pronunciations[...]: Expected `str` of length <= 120.", rows), {
    at: 1,
    part: "say",
    sentence: "This is too long.",
  });
  assert.deepEqual(refusalOf("pronunciations: Expected words with a letter.", rows), {
    at: -1,
    part: "word",
    sentence: "Expected words with a letter.",
  });
  assert.equal(refusalOf("Something else.", rows).sentence, "Something else.");
});

test("a proposal is open until its word is said some way", () => {
  const proposed = [row("Niamh", "Neev"), row("constructor", "kon")];
  assert.deepEqual(openProposals(proposed, {}), proposed);
  assert.deepEqual(openProposals(proposed, { Niamh: "Nia" }), [proposed[1]]);
});
