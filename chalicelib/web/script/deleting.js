/** Deleting a story, and all that the page still holds of it. */

import { remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { announce } from "./notices.js";
import { player } from "./player.js";
import { place } from "./store.js";

/** Delete a story if that is really wanted; gives whether it is gone. */
export async function deleteStory(story) {
  const gone = await confirmed(
    `Delete “${story.title}”?`,
    ["Its text and its sound go for good. What it cost stays in Usage."],
    "Delete story",
    "Keep it",
    () => remove(`stories/${story.story_id}`),
  );
  if (!gone) return false;
  place.clear(story.story_id);
  if (player.storyId === story.story_id) player.stop();
  announce(`“${story.title}” is deleted.`);
  return true;
}
