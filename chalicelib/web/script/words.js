/** What the API's states mean to a listener, in words. */

/** @import { Chapter, Story, StoryHead, Task } from "../types/openapi.d.ts" */

import { length, plural } from "./format.js";

/** @type {Readonly<Record<Chapter["status"], string>>} */
const CHAPTER_STATES = {
  pending: "waiting",
  generating_script: "being written",
  script_ready: "written",
  generating_audio: "being narrated",
  completed: "ready",
  failed: "failed",
};

/**
 * Tell whether every chapter has its text.
 * @param {Story} story
 */
export const allWritten = (story) => story.chapters.length > 0 && story.chapters.every(isWritten);

/**
 * Tell whether a chapter has a text, be it an older one.
 * @param {Chapter} chapter
 */
export const isWritten = ({ status, summary, audio }) =>
  summary !== null || audio !== null || ["script_ready", "generating_audio", "completed"].includes(status);

/**
 * List the numbers of chapters that are written and whose audio is missing or out of date.
 * @param {Story} story
 */
export const chaptersToNarrate = (story) =>
  story.chapters.filter((chapter) => isWritten(chapter) && needsAudio(chapter)).map((chapter) => chapter.number);

/** @param {Chapter} chapter */
const needsAudio = ({ audio }) => audio === null || audio.out_of_date;

/**
 * Say where a chapter stands.
 * @param {Chapter} chapter
 */
export function chapterState(chapter) {
  const state = CHAPTER_STATES[chapter.status] ?? chapter.status;
  const notes = [];
  if (chapter.audio?.out_of_date) notes.push("audio is out of date");
  if (chapter.based_on_older) notes.push("based on an older text");
  const notices = chapter.notices ?? [];
  const replaced = !chapter.audio?.out_of_date && notices.some(({ code }) => code === "voice_replaced");
  if (replaced) notes.push("another voice stands in");
  const odd = notices.filter(({ code }) => code === "odd_sound").length;
  if (odd) notes.push(`${plural(odd, "line")} may sound odd`);
  return (state === "written" && notes.length ? notes : [state, ...notes]).join(", ");
}

/**
 * Say where a story of the library stands.
 * @param {StoryHead} story
 */
export function storyState(story) {
  return {
    draft: "Draft",
    generating: "In progress",
    completed: story.chapters_ready === story.num_chapters ? "Ready" : "Written",
    failed: "Stopped by an error",
    cancelled: "Cancelled",
  }[story.status];
}

/**
 * Return which tale somebody may hear first whose library has these stories: its id, or "" where there is none. Null once
 * they have a story of their own.
 * @param {ReadonlyArray<Pick<StoryHead, "story_id">>} stories
 * @param {string} tale the id of the one that was made for newcomers, or ""
 */
export function firstTaleOf(stories, tale) {
  if (stories.some(({ story_id }) => story_id !== tale)) return null;
  return stories.length ? tale : "";
}

/**
 * `2 of 3 chapters ready`.
 * @param {StoryHead} story
 */
export function chaptersReady({ chapters_ready: ready, num_chapters: all }) {
  if (ready === 0) return plural(all, "chapter");
  return ready === all ? `${plural(ready, "chapter")} ready` : `${ready} of ${plural(all, "chapter")} ready`;
}

/**
 * Return the story's last task if it has stopped before its end; null if it has not, or is not known.
 * @param {Story} story
 * @param {Task | null} task
 */
export function stoppedTask({ task_id, last_task_id }, task) {
  if (task_id || !task || task.task_id !== last_task_id) return null;
  return task.status === "failed" || task.status === "cancelled" ? task : null;
}

/**
 * Return the status of a story that no task runs on. One that only a part of the story was given to, such as a rewrite,
 * leaves the story's own status as it was; how it ended is what one wants to know all the same.
 * @param {Story} story
 * @param {Task | null} task the one that ran last, as far as it is known
 */
export const shownStatus = (story, task) => stoppedTask(story, task)?.status ?? story.status;

/**
 * Return a sentence about a story that no task runs on.
 * @param {Story} story
 * @param {Task | null} task the one that ran last, as far as it is known
 */
export function storySentence(story, task) {
  const stopped = stoppedTask(story, task);
  switch (shownStatus(story, task)) {
    case "draft":
      return "A draft: nothing has been written or paid for yet.";
    case "failed":
      return stopped?.error ?? story.error ?? "Something went wrong.";
    case "cancelled":
      return "Cancelled. What was already made is kept.";
    case "generating":
      return "In progress.";
    default:
      return waitingSentence(story, task) ?? writtenSentence(story);
  }
}

/**
 * Return what a task that is done says of chapters whose narration waits for a person. The price it names is that of
 * the moment it ended: the present one stands beside the button.
 * @param {Story} story
 * @param {Task | null} task
 */
function waitingSentence(story, task) {
  if (task?.status !== "completed" || task.task_id !== story.last_task_id) return null;
  const [, sentence] = /^(Written, but .* waits? for you): /.exec(task.message) ?? [];
  return sentence && chaptersToNarrate(story).length ? `${sentence}.` : null;
}

/** @param {Story} story */
function writtenSentence(story) {
  const ready = story.chapters.filter((chapter) => chapter.audio).length;
  const stale = story.chapters.filter((chapter) => chapter.audio?.out_of_date).length;
  if (stale) return `Written. The audio of ${plural(stale, "chapter")} is out of date.`;
  if (ready === story.num_chapters) return `Ready to play: ${length(totalSeconds(story))}.`;
  return ready ? `Written. ${ready} of ${plural(story.num_chapters, "chapter")} can be played.` : "Written.";
}

/**
 * Say how far the tale is that a newcomer can hear first.
 * @param {Story} story
 */
export function taleSentence(story) {
  const ready = story.chapters.filter(({ audio }) => audio).length;
  const chapters = plural(story.num_chapters, "chapter");
  if (ready === story.num_chapters) return `${chapters}, ${length(totalSeconds(story))}.`;
  if (ready) return `${ready} of ${chapters} can be played; the rest follows.`;
  if (story.status === "failed" || story.status === "cancelled") return "It could not be made on this machine.";
  return "It is being made on this machine; this takes a minute or so.";
}

/**
 * Add up the seconds of audio of all chapters.
 * @param {Story} story
 */
export const totalSeconds = (story) => story.chapters.reduce((sum, chapter) => sum + (chapter.audio?.duration ?? 0), 0);

/**
 * Return what tells a chapter's audio from the one that was narrated before it.
 * @param {Pick<Chapter, "audio"> | null} chapter
 */
export const audioKey = (chapter) => JSON.stringify([chapter?.audio?.bytes, chapter?.audio?.duration]);

/**
 * Say what of a story is only shown here; "" where it is really made.
 * @param {string[]} shown the providers without a key
 */
export function demonstrationSentence(shown) {
  if (shown.length > 1) {
    return (
      "This is a demonstration: one of the stories Fireside ships with, read by demo voices, which speak English alone. " +
      "Nothing is charged. Add your keys to have your own."
    );
  }
  if (shown[0] === "author") {
    return "The author is a demonstration: you hear one of the stories Fireside ships with. Add your key to have your own.";
  }
  return shown[0] ? "The voices are a demonstration, and speak English alone. Add your key to have real ones." : "";
}
