import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { firstLine, heardChapters } from "../../chalicelib/web/script/hearline.js";

const AUDIO = { duration: 60, out_of_date: false };
const STORY = {
  story_id: "s",
  chapters: [
    { number: 1, audio: null },
    { number: 2, audio: { ...AUDIO, out_of_date: true } },
    { number: 3, audio: AUDIO },
    { number: 4, audio: AUDIO },
  ],
};
const SCRIPTS = {
  3: [["001", "Narrator"]],
  4: [
    ["001", "Narrator"],
    ["002", "Mira"],
    ["003", "Mira"],
  ],
};
const CAPTIONS = `WEBVTT

001
00:00:00.000 --> 00:00:02.000
<v Narrator>It rained.</v>

002
00:00:02.500 --> 00:00:04.000
<v Mira>Come in.</v>`;

let requests = [];

const provide = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

beforeEach(() => {
  requests = [];
  provide("document", { baseURI: "https://fireside.example/", querySelector: () => null });
  provide("navigator", { onLine: true });
  provide("fetch", (url) => {
    const path = new URL(url).pathname;
    requests.push(path);
    if (path.endsWith("captions"))
      return Promise.resolve(new Response(CAPTIONS, { headers: { "Content-Type": "text/vtt" } }));
    const lines = SCRIPTS[path.split("/").at(-1)].map(([line_id, speaker]) => ({ line_id, speaker, text: "" }));
    return Promise.resolve(Response.json({ script: { lines } }));
  });
});

test("only a chapter that is narrated as it is now has the present voices", () => {
  assert.deepEqual(heardChapters(STORY), [3, 4]);
});

test("the first line of a speaker is found in the first chapter that has one", async () => {
  assert.deepEqual(await firstLine(STORY, "Mira"), { number: 4, start: 2.5 });
  assert.deepEqual(requests, ["/stories/s/chapters/3", "/stories/s/chapters/4", "/stories/s/chapters/4/captions"]);
  assert.deepEqual(await firstLine(STORY, "Narrator"), { number: 3, start: 0 });
});

test("a speaker without a line has none", async () => {
  assert.equal(await firstLine(STORY, "Nobody"), null);
});
