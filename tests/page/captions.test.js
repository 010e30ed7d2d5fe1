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

test("a line in several cues is one, from the first to the last", () => {
  const parts = [
    "003\n00:01.000 --> 00:04.000\na",
    "003.2\n00:04.000 --> 00:09.500\nb",
    "004\n00:10.000 --> 00:11.000\nc",
  ];
  assert.deepEqual(parseCaptions(["WEBVTT", ...parts].join("\n\n")), [
    { id: "003", start: 1, end: 9.5 },
    { id: "004", start: 10, end: 11 },
  ]);
});

test("titles and credits are cues of no line of the script", () => {
  const read = [
    "title\n00:00.750 --> 00:01.750\na",
    "001\n00:04.000 --> 00:05.000\nb",
    "closing-2\n00:08.000 --> 00:09.000\nc",
  ];
  const cues = parseCaptions(["WEBVTT", ...read].join("\n\n"));
  assert.deepEqual(
    cues.map(({ id }) => id),
    ["title", "001", "closing-2"],
  );
  assert.equal(cueAt(cues, 3)?.id, "title");
  assert.equal(cueAt(cues, 8.5)?.id, "closing-2");
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
