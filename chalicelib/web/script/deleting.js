/** Deleting a story, and all that the page still holds of it. */

/** @import { StoryHead } from "../types/openapi.d.ts" */

import { remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { isFree } from "./embedded.js";
import { noteKept } from "./kept.js";
import { fetchLater } from "./lazy.js";
import { announce } from "./notices.js";
import { player } from "./player.js";
import { place } from "./store.js";

const GONE = "Its text and audio will be deleted for good.";

/**
 * Delete a story if the user confirms it; return whether it is gone.
 * @param {StoryHead} story
 */
export async function deleteStory({ story_id, title }) {
  const question = {
    heading: `Delete “${title}”?`,
    sentences: [isFree() ? GONE : `${GONE} What it cost stays in Usage.`],
    yes: "Delete story",
    no: "Keep it",
  };
  if (!(await confirmed(question, () => remove("/stories/{story_id}", { story_id })))) return false;
  place.clear(story_id);
  noteKept(story_id, null);
  fetchLater().then(
    ({ removeKept }) => removeKept(story_id),
    () => {},
  );
  if (player.storyId === story_id) player.stop();
  announce(`“${title}” has been deleted.`);
  return true;
}
