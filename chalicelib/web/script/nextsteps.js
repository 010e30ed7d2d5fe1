/** What can be started on a story now, and what has to be estimated to say its price. */

/** @import { Estimate, Story, Task } from "../types/openapi.d.ts" */

import { allWritten, chaptersToNarrate, stoppedTask } from "./words.js";

/**
 * Tell what can be started now. A task that has stopped is retried, and nothing else is offered beside that: two
 * buttons that go on would have two prices.
 * @param {Story} story
 * @param {Task | null} task the one that ran last, as far as it is known
 * @param {string | null} [refused] the task whose retry was refused: then a new one goes on
 */
export function possibleActions(story, task, refused = null) {
  const idle = !story.task_id;
  const written = allWritten(story);
  const retry = idle && story.last_task_id !== null && story.last_task_id !== refused && isRetried(story, task);
  return {
    retry,
    write: idle && !retry && !written,
    narrate: idle && !retry && written && chaptersToNarrate(story).length > 0,
  };
}

/**
 * @param {Story} story
 * @param {Task | null} task
 */
function isRetried(story, task) {
  if (!task) return story.status === "failed" || story.status === "cancelled";
  const stopped = stoppedTask(story, task);
  if (!stopped) return false;
  // Whoever cancels a rewrite, or has a remark that is declined, goes on without it where there is something to do.
  const givenUp = stopped.status === "cancelled" || stopped.error_code === "content_refused";
  return !(givenUp && isRewrite(story, stopped) && chaptersToNarrate(story).length > 0);
}

/**
 * Tell whether a task that stopped wrote a chapter again: a story's first writing ends before the last chapter is there.
 * @param {Story} story
 * @param {Task} task
 */
const isRewrite = (story, task) => task.kind === "story" && allWritten(story);

/**
 * Return what a retry of the task has to be estimated by; null where that is not known.
 * @param {Story} story
 * @param {Task | null} task
 * @param {number | null} rewritten the chapter that the task writes again, if this browser knows it
 * @returns {Estimate | null}
 */
export function retryEstimate(story, task, rewritten) {
  // Making a book again buys nothing.
  if (!task || task.kind === "book") return null;
  if (task.kind === "audiobook") return { audio: true };
  if (task.kind === "audio") {
    const chapters = chaptersToNarrate(story);
    return chapters.length ? { chapters } : null;
  }
  if (!isRewrite(story, task)) return { audio: false };
  return rewritten === null ? null : { rewrite: rewritten, audio: false };
}
