import assert from "node:assert/strict";
import { test } from "node:test";
import * as words from "../../chalicelib/web/script/words.js";

const AUDIO = { duration: 60, bytes: 1, content_type: "audio/mpeg", url: "u", out_of_date: false };
const chapter = (fields) => ({
  number: 1,
  title: "One",
  status: "pending",
  summary: null,
  audio: null,
  version: null,
  based_on_older: false,
  error: null,
  ...fields,
});
const written = chapter({ status: "script_ready", summary: "It rained." });
const narrated = chapter({ status: "completed", summary: "It rained.", audio: AUDIO });
const stale = { ...narrated, status: "script_ready", audio: { ...AUDIO, out_of_date: true } };
const story = (status, chapters, fields = {}) => ({
  status,
  chapters: chapters.map((one, at) => ({ ...one, number: at + 1 })),
  num_chapters: chapters.length,
  chapters_ready: chapters.filter(({ audio }) => audio).length,
  task_id: null,
  last_task_id: null,
  error: null,
  ...fields,
});

test("a chapter's state names what is wrong with it rather than that it is written", () => {
  assert.equal(words.chapterState(chapter({})), "waiting");
  assert.equal(words.chapterState(written), "written");
  assert.equal(words.chapterState(narrated), "ready");
  assert.equal(words.chapterState(stale), "audio is out of date");
  assert.equal(words.chapterState({ ...narrated, based_on_older: true }), "ready, based on an older text");
});

test("what has to be narrated is written and has no audio, or an older one", () => {
  assert.deepEqual(words.chaptersToNarrate(story("completed", [chapter({}), written, narrated, stale])), [2, 4]);
});

test("a story says what can be played of it", () => {
  assert.equal(words.storySentence(story("completed", [written, written])), "Written.");
  assert.equal(words.storySentence(story("completed", [narrated, written])), "Written. 1 of 2 chapters can be played.");
  assert.equal(words.storySentence(story("completed", [narrated, narrated])), "Ready to play: 2 minutes.");
  assert.equal(
    words.storySentence(story("completed", [narrated, stale])),
    "Written. The audio of 1 chapter is out of date.",
  );
  assert.equal(
    words.storySentence(story("failed", [written], { error: "The credit is used up." })),
    "The credit is used up.",
  );
  assert.equal(words.chaptersReady(story("completed", [narrated, written])), "1 of 2 chapters ready");
  assert.equal(words.storyState(story("completed", [narrated, written])), "Written");
  assert.equal(words.storyState(story("completed", [narrated])), "Ready");
});

test("nothing can be started while a task runs", () => {
  const busy = story("generating", [written], { task_id: "t", last_task_id: "t" });
  assert.deepEqual(words.possibleActions(busy), { retry: false, write: false, narrate: false });
});

test("a story is written first, and narrated once it is written or has stopped", () => {
  const can = (status, chapters, fields) => words.possibleActions(story(status, chapters, fields));
  assert.deepEqual(can("draft", [chapter({})]), { retry: false, write: true, narrate: false });
  assert.deepEqual(can("completed", [written, narrated]), { retry: false, write: false, narrate: true });
  assert.deepEqual(can("completed", [narrated]), { retry: false, write: false, narrate: false });
  const stopped = can("cancelled", [written, chapter({})], { last_task_id: "t" });
  assert.deepEqual(stopped, { retry: true, write: true, narrate: true });
  assert.equal(can("failed", [written]).retry, false);
});
