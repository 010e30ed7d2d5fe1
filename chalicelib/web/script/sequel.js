/** The next book: what it continues, and whether a story can be continued. */

/** @import { Story } from "../types/openapi.d.ts" */

import { ApiError, get } from "./api.js";
import { button, el } from "./dom.js";
import { formError } from "./notices.js";
import { allWritten } from "./words.js";

const NOT_FOUND = 404;

/**
 * Tell whether a next book can follow: every chapter is written, and nothing is being changed.
 * @param {Story} story
 */
export const canBeContinued = (story) => allWritten(story) && !story.task_id;

/**
 * Return the story that another one continues; null where there is none, or it was deleted.
 * @param {string | null} storyId
 */
export async function earlierBook(storyId) {
  if (!storyId) return null;
  try {
    return await get("/stories/{story_id}", { story_id: storyId });
  } catch (error) {
    if (error instanceof ApiError && error.status === NOT_FOUND) return null;
    throw error;
  }
}

/**
 * Link to a story by its title, in quotation marks.
 * @param {Story} story
 */
const titleLink = ({ story_id, title, language }) =>
  el("span", {}, "“", el("a", { href: `#/story/${story_id}`, lang: language }, title), "”");

/**
 * Make the lines of a form that say what its book continues, with a way out.
 * @param {Story | null} earlier null where it was deleted
 * @param {() => void} leave
 */
export function sequelNote(earlier, leave) {
  const sentence = earlier
    ? el("p", {}, "The next book after ", titleLink(earlier), ": the same people, world and voices.")
    : el("p", {}, "The book that this one was to continue has been deleted.");
  const wrong = formError();
  const out = button("Not a next book", leave, { class: "quiet" });
  const node = el("div", { class: "sequel" }, sentence, out, wrong.node);
  return { node, error: wrong.show };
}

/**
 * Make the line of a story's page that says what it continues: empty unless that can be read.
 * @param {Story} story
 * @param {AbortSignal} signal
 */
export function continuesLine({ sequel_of }, signal) {
  const node = el("p", { class: "continues" });
  const show = async () => {
    const earlier = await earlierBook(sequel_of).catch(() => null);
    if (earlier && !signal.aborted) node.replaceChildren("Continues ", titleLink(earlier));
  };
  show();
  return node;
}

/**
 * Make the way to the form of the next book; `update` shows it where one can follow.
 * @param {string} storyId
 */
export function nextBookLink(storyId) {
  const node = el("a", { class: "button", href: `#/story/${storyId}/next`, hidden: true }, "Write the next book");
  /** @param {Story} story */
  const update = (story) => {
    node.hidden = !canBeContinued(story);
  };
  return { node, update };
}
