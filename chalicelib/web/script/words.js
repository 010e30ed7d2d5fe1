/** States as words: what the API's status words mean to a listener. */

import { length, plural } from "./format.js";

/** Whether every chapter has its text. */
export const allWritten = (story) => story.chapters.length > 0 && story.chapters.every(isWritten);

/** Whether a chapter has a text, be it an older one. */
export const isWritten = ({ status, summary, audio }) =>
  summary !== null || audio !== null || ["script_ready", "generating_audio", "completed"].includes(status);

/** The numbers of chapters that are written and whose sound is missing or out of date. */
export const unspoken = (story) =>
  story.chapters.filter((chapter) => isWritten(chapter) && needsSound(chapter)).map((chapter) => chapter.number);

const needsSound = (chapter) => chapter.audio === null || chapter.audio.out_of_date;

/** Where a chapter stands. */
export function chapterState(chapter) {
  const state = {
    pending: "waiting",
    generating_script: "being written",
    script_ready: "written",
    generating_audio: "being narrated",
    completed: "ready",
    failed: "failed",
  }[chapter.status];
  const notes = [state ?? chapter.status];
  if (chapter.audio?.out_of_date) notes.push("sound is out of date");
  if (chapter.based_on_older) notes.push("based on an older text");
  if (notes[0] === "written" && notes.length > 1) notes.shift();
  return notes.join(", ");
}

/** Where a story of the library stands. */
export function storyState(story) {
  const ready = story.chapters_ready ?? 0;
  return {
    draft: "Draft",
    generating: "Being made",
    completed: ready === story.num_chapters ? "Ready" : "Written",
    failed: "Stopped by an error",
    cancelled: "Cancelled",
  }[story.status];
}

/** `2 of 3 chapters to hear`. */
export function chaptersReady(story) {
  const ready = story.chapters_ready ?? 0;
  if (ready === 0) return plural(story.num_chapters, "chapter");
  return ready === story.num_chapters
    ? `${plural(ready, "chapter")} to hear`
    : `${ready} of ${plural(story.num_chapters, "chapter")} to hear`;
}

/** A sentence about a story that nothing is being done to. */
export function storySentence(story) {
  const ready = story.chapters.filter((chapter) => chapter.audio).length;
  const stale = story.chapters.filter((chapter) => chapter.audio?.out_of_date).length;
  switch (story.status) {
    case "draft":
      return "A draft: nothing has been written or paid for yet.";
    case "failed":
      return story.error ?? "Something went wrong.";
    case "cancelled":
      return "Cancelled. Whatever was made is kept.";
    case "generating":
      return "Being made.";
    default:
      if (stale) return `Written. The sound of ${plural(stale, "chapter")} is out of date.`;
      if (ready === story.num_chapters) return `Ready to hear: ${length(totalSeconds(story))}.`;
      return ready ? `Written. ${ready} of ${plural(story.num_chapters, "chapter")} can be heard.` : "Written.";
  }
}

/** Seconds of sound of all chapters. */
export const totalSeconds = (story) => story.chapters.reduce((sum, chapter) => sum + (chapter.audio?.duration ?? 0), 0);
