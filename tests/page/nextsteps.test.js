import assert from "node:assert/strict";
import { test } from "node:test";
import { possibleActions, retryEstimate } from "../../chalicelib/web/script/nextsteps.js";

const AUDIO = { duration: 60, out_of_date: false };
const PENDING = { status: "pending", summary: null, audio: null };
const WRITTEN = { status: "script_ready", summary: "It rained.", audio: null };
const NARRATED = { status: "completed", summary: "It rained.", audio: AUDIO };
const LAST = "t";

const story = (status, chapters, fields = {}) => ({
  status,
  chapters: chapters.map((chapter, at) => ({ ...chapter, number: at + 1 })),
  task_id: null,
  last_task_id: LAST,
  ...fields,
});
const task = (kind, status, fields = {}) => ({ task_id: LAST, kind, status, error_code: null, ...fields });

const NONE = { retry: false, write: false, narrate: false };
const RETRY = { ...NONE, retry: true };
const WRITE = { ...NONE, write: true };
const NARRATE = { ...NONE, narrate: true };

test("nothing can be started while a task runs", () => {
  const busy = story("generating", [WRITTEN], { task_id: LAST });
  assert.deepEqual(possibleActions(busy, task("audio", "running")), NONE);
});

test("a story is written first, and narrated once it is written", () => {
  assert.deepEqual(possibleActions(story("draft", [PENDING], { last_task_id: null }), null), WRITE);
  const done = task("story", "completed");
  assert.deepEqual(possibleActions(story("completed", [WRITTEN, NARRATED]), done), NARRATE);
  assert.deepEqual(possibleActions(story("completed", [NARRATED]), done), NONE);
});

test("a task that has stopped is retried, and nothing stands beside that", () => {
  for (const status of ["failed", "cancelled"]) {
    const stopped = story(status, [WRITTEN, PENDING]);
    assert.deepEqual(possibleActions(stopped, task("audiobook", status)), RETRY);
    assert.deepEqual(possibleActions(stopped, null), RETRY); // the task could not be fetched
    assert.deepEqual(possibleActions(story(status, [WRITTEN]), task("audio", status)), RETRY);
  }
  assert.deepEqual(possibleActions(story("completed", [NARRATED, WRITTEN]), task("audio", "failed")), RETRY);
});

test("a task that cannot be retried makes room for a new one", () => {
  const stopped = story("cancelled", [WRITTEN, PENDING]);
  assert.deepEqual(possibleActions(stopped, task("audiobook", "cancelled"), LAST), WRITE);
  assert.deepEqual(possibleActions({ ...stopped, last_task_id: null }, null), WRITE);
  assert.deepEqual(possibleActions(stopped, task("audio", "completed")), WRITE);
});

test("a rewrite that was cancelled or declined is in nobody's way", () => {
  const whole = story("completed", [WRITTEN, NARRATED]);
  const declined = { error_code: "content_refused" };
  const poor = { error_code: "budget_exceeded" };
  assert.deepEqual(possibleActions(whole, task("story", "cancelled")), NARRATE);
  assert.deepEqual(possibleActions(whole, task("story", "failed", declined)), NARRATE);
  assert.deepEqual(possibleActions(whole, task("story", "failed", poor)), RETRY);
  assert.deepEqual(possibleActions(story("completed", [NARRATED]), task("story", "cancelled")), RETRY);
});

test("a retry is estimated by what its task still has to do", () => {
  const half = story("cancelled", [WRITTEN, PENDING]);
  const whole = story("failed", [WRITTEN, NARRATED]);
  assert.deepEqual(retryEstimate(half, task("audiobook", "cancelled"), null), { audio: true });
  assert.deepEqual(retryEstimate(half, task("story", "cancelled"), null), { audio: false });
  assert.deepEqual(retryEstimate(whole, task("audio", "failed"), null), { chapters: [1] });
  assert.deepEqual(retryEstimate(whole, task("story", "failed"), 2), { rewrite: 2, audio: false });
  assert.equal(retryEstimate(whole, task("story", "failed"), null), null);
  assert.equal(retryEstimate(whole, null, null), null);
});
