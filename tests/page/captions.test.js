import assert from "node:assert/strict";
import { test } from "node:test";
import { cueAt, parseCaptions, parseLines } from "../../chalicelib/web/script/captions.js";

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

test("a line has its speaker and its words, on one row and without marks", () => {
  const file = [
    "WEBVTT",
    "001\n00:00.500 --> 00:02.000\n<v Ada &amp; Bo>Is 1 &lt; 2?\nIt is.</v>",
    "001.2\n00:02.000 --> 00:03.000\n<v Ada &amp; Bo>Surely.</v>",
    "002\n00:04.000 --> 00:05.000\nNobody says this: &amp;lt;",
  ].join("\n\n");
  assert.deepEqual(parseLines(file), [
    { id: "001", start: 0.5, end: 3, speaker: "Ada & Bo", text: "Is 1 < 2? It is. Surely." },
    { id: "002", start: 4, end: 5, speaker: "", text: "Nobody says this: &lt;" },
  ]);
});
