import assert from "node:assert/strict";
import { test } from "node:test";

Object.defineProperty(globalThis, "document", { value: { querySelector: () => null }, configurable: true });
const { found } = await import("../../chalicelib/web/script/search.js");
const { nextStop } = await import("../../chalicelib/web/script/roving.js");
const { newlyReady } = await import("../../chalicelib/web/script/watch.js");

const story = (story_id, title, audio_seconds, prompt = "", opening = undefined) => ({
  story_id,
  title,
  audio_seconds,
  prompt,
  manuscript: opening === undefined ? null : { opening },
});
const SHELF = [
  story("a", "Zwölf Monde", 10, "A moon for each month"),
  story("b", "The Lamp", 30, "Élodie fears the dark"),
  story("c", "An Atlas", 20, "", "Call me Ishmael"),
];
const ids = (words, order = "newest", heard = {}) =>
  found(SHELF, { words, order }, (id) => heard[id] ?? "").map(({ story_id }) => story_id);

test("a story is found by all of the words in its title, its idea, or how its text begins", () => {
  assert.deepEqual(ids(""), ["a", "b", "c"]);
  assert.deepEqual(ids("MOON month"), ["a"]);
  assert.deepEqual(ids("moon dark"), []);
  assert.deepEqual(ids("ishmael"), ["c"]);
});

test("accents and case are no matter", () => {
  assert.deepEqual(ids("zwolf"), ["a"]);
  assert.deepEqual(ids("elodie"), ["b"]);
  assert.deepEqual(ids("ÉLODIE"), ["b"]);
});

test("orders", () => {
  assert.deepEqual(ids("", "title"), ["c", "b", "a"]);
  assert.deepEqual(ids("", "longest"), ["b", "c", "a"]);
  assert.deepEqual(ids("", "heard", { c: "2026-11-28", a: "2026-11-27" }), ["c", "a", "b"]);
});

test("arrow keys stay within a list", () => {
  assert.deepEqual([nextStop("ArrowDown", 0, 3), nextStop("ArrowDown", 2, 3), nextStop("ArrowUp", 0, 3)], [1, 2, 0]);
  assert.deepEqual([nextStop("Home", 2, 3), nextStop("End", 0, 3), nextStop("Enter", 0, 3)], [0, 2, null]);
});

test("a chapter becomes ready when it has sound and had none, in the same story", () => {
  const chapters = (...sounds) => sounds.map((sound, at) => ({ number: at + 1, audio: sound ? {} : null }));
  const before = { story_id: "s", chapters: chapters(true, false, false) };
  assert.deepEqual(newlyReady(before, { story_id: "s", chapters: chapters(true, true, false) }), [2]);
  assert.deepEqual(newlyReady(before, before), []);
  assert.deepEqual(newlyReady(null, before), []);
  assert.deepEqual(newlyReady({ ...before, story_id: "t" }, { story_id: "s", chapters: chapters(true, true) }), []);
});
