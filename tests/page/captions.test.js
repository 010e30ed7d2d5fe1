import assert from "node:assert/strict";
import { test } from "node:test";
import { cueAt, parseCaptions } from "../../chalicelib/web/script/captions.js";

const FILE = [
  "WEBVTT",
  "",
  "001",
  "00:00.500 --> 00:02.250",
  "<v Narrator>It rained.",
  "",
  "002",
  "01:00:02.000 --> 01:00:04.000",
  "<v Ada>Again?",
  "and again",
  "",
].join("\n");

test("a cue has its line's id and its times in seconds", () => {
  const cues = [
    { id: "001", start: 0.5, end: 2.25 },
    { id: "002", start: 3602, end: 3604 },
  ];
  assert.deepEqual(parseCaptions(FILE), cues);
  assert.deepEqual(parseCaptions(FILE.replaceAll("\n", "\r\n")), cues);
});

test("what is no cue is passed over", () => {
  assert.deepEqual(parseCaptions(""), []);
  assert.deepEqual(parseCaptions("WEBVTT\n\nNOTE nothing\n\n00:01.000 --> 00:02.000\nno id"), []);
});

test("a line stays the spoken one through the pause after it", () => {
  const cues = parseCaptions(FILE);
  assert.equal(cueAt(cues, 0.4), undefined);
  assert.equal(cueAt(cues, 0.5)?.id, "001");
  assert.equal(cueAt(cues, 3601.9)?.id, "001");
  assert.equal(cueAt(cues, 9999)?.id, "002");
  assert.equal(cueAt([], 1), undefined);
});
