/** What the API's states mean to a listener: in words, and for what can be done next. */

/** @import { Chapter, Story, StoryHead } from "../types/openapi.d.ts" */

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
 * `2 of 3 chapters ready`.
 * @param {StoryHead} story
 */
export function chaptersReady({ chapters_ready: ready, num_chapters: all }) {
  if (ready === 0) return plural(all, "chapter");
  return ready === all ? `${plural(ready, "chapter")} ready` : `${ready} of ${plural(all, "chapter")} ready`;
}

/**
 * Return a sentence about a story that no task runs on.
 * @param {Story} story
 */
export function storySentence(story) {
  switch (story.status) {
    case "draft":
      return "A draft: nothing has been written or paid for yet.";
    case "failed":
      return story.error ?? "Something went wrong.";
    case "cancelled":
      return "Cancelled. What was already made is kept.";
    case "generating":
      return "In progress.";
    default:
      return writtenSentence(story);
  }
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
 * Tell what can be started now.
 * @param {Story} story
 */
export function possibleActions(story) {
  const idle = !story.task_id;
  const stopped = story.status === "failed" || story.status === "cancelled";
  const written = allWritten(story);
  return {
    retry: idle && stopped && story.last_task_id !== null,
    write: idle && !written,
    narrate: idle && chaptersToNarrate(story).length > 0 && (written || stopped),
  };
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
