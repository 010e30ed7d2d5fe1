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

test("a chapter whose sound came out odd in places says in how many", () => {
  const notice = { line_id: "003", code: "odd_sound", message: "Nothing can be heard in this line." };
  assert.equal(words.chapterState({ ...narrated, notices: [notice] }), "ready, 1 line may sound odd");
  assert.equal(
    words.chapterState({ ...narrated, notices: [notice, { ...notice, line_id: "004" }] }),
    "ready, 2 lines may sound odd",
  );
  assert.equal(words.chapterState({ ...narrated, notices: [] }), "ready");
});

test("a chapter in which another voice stands in says so, until it is out of date", () => {
  const notices = [{ line_id: null, code: "voice_replaced", message: "Mira is heard in the voice Sarah." }];
  assert.equal(words.chapterState({ ...narrated, notices }), "ready, another voice stands in");
  assert.equal(words.chapterState({ ...stale, notices }), "audio is out of date");
});

test("a tale to hear first is there only for who has no story of their own", () => {
  const [tale, own] = [{ story_id: "t" }, { story_id: "s" }];
  assert.equal(words.firstTaleOf([], ""), "");
  assert.equal(words.firstTaleOf([], "t"), ""); // it was deleted
  assert.equal(words.firstTaleOf([tale], "t"), "t");
  assert.equal(words.firstTaleOf([tale], ""), null);
  assert.equal(words.firstTaleOf([own, tale], "t"), null);
});

test("a tale to hear first says how far it is", () => {
  const being = "It is being made on this machine; this takes a minute or so.";
  assert.equal(words.taleSentence(story("draft", [chapter({}), chapter({})])), being);
  assert.equal(words.taleSentence(story("generating", [written, chapter({})])), being);
  assert.equal(
    words.taleSentence(story("generating", [narrated, written])),
    "1 of 2 chapters can be played; the rest follows.",
  );
  assert.equal(words.taleSentence(story("completed", [narrated, narrated])), "2 chapters, 2 minutes.");
  assert.equal(words.taleSentence(story("failed", [written])), "It could not be made on this machine.");
});

test("what has to be narrated is written and has no audio, or an older one", () => {
  assert.deepEqual(words.chaptersToNarrate(story("completed", [chapter({}), written, narrated, stale])), [2, 4]);
});

test("a story says what can be played of it", () => {
  assert.equal(words.storySentence(story("completed", [written, written]), null), "Written.");
  assert.equal(
    words.storySentence(story("completed", [narrated, written]), null),
    "Written. 1 of 2 chapters can be played.",
  );
  assert.equal(words.storySentence(story("completed", [narrated, narrated]), null), "Ready to play: 2 minutes.");
  assert.equal(
    words.storySentence(story("completed", [narrated, stale]), null),
    "Written. The audio of 1 chapter is out of date.",
  );
  assert.equal(
    words.storySentence(story("failed", [written], { error: "The credit is used up." }), null),
    "The credit is used up.",
  );
  assert.equal(words.chaptersReady(story("completed", [narrated, written])), "1 of 2 chapters ready");
  assert.equal(words.storyState(story("completed", [narrated, written])), "Written");
  assert.equal(words.storyState(story("completed", [narrated])), "Ready");
});

const task = (status, fields = {}) => ({
  task_id: "t",
  kind: "audiobook",
  status,
  message: "",
  error: null,
  ...fields,
});
const LAST = { last_task_id: "t" };

test("a task that stopped is told, although it leaves the story's own status as it was", () => {
  const whole = story("completed", [written], LAST);
  const failed = task("failed", { error: "The budget is used up." });
  assert.equal(words.storySentence(whole, failed), "The budget is used up.");
  assert.equal(words.shownStatus(whole, failed), "failed");
  assert.equal(words.storySentence(whole, task("cancelled")), "Cancelled. What was already made is kept.");
  assert.equal(words.shownStatus(whole, { ...failed, task_id: "another" }), "completed");
  assert.equal(words.stoppedTask({ ...whole, task_id: "t" }, failed), null);
  assert.equal(words.stoppedTask(whole, task("completed")), null);
});

test("chapters that wait for a person are named, without the price of an earlier moment", () => {
  const waiting = "Written, but chapters 1 and 3 came out longer than planned and waits for you";
  const done = task("completed", { message: `${waiting}: narrating would cost $0.80, more than 1.5 times.` });
  assert.equal(words.storySentence(story("completed", [written, narrated], LAST), done), `${waiting}.`);
  assert.match(words.storySentence(story("completed", [narrated, narrated], LAST), done), /^Ready to play/);
  assert.equal(
    words.storySentence(story("completed", [written], LAST), task("completed", { message: "Done" })),
    "Written.",
  );
});

test("what is only a demonstration says so", () => {
  assert.equal(words.demonstrationSentence([]), "");
  assert.match(
    words.demonstrationSentence(["author", "narrator"]),
    /^This is a demonstration: .* Nothing is charged\./,
  );
  assert.match(words.demonstrationSentence(["author"]), /author is a demonstration/);
  assert.match(words.demonstrationSentence(["narrator"]), /voices are a demonstration/);
});
