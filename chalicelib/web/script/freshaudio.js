/** A chapter's audio by a URL that is signed now: an older one may have expired. */

import { get } from "./api.js";

/**
 * Fetch a chapter and its audio; throw where there is none.
 * @param {string} storyId
 * @param {number} number
 */
export async function freshAudio(storyId, number) {
  const chapter = await get("/stories/{story_id}/chapters/{number}", { story_id: storyId, number });
  if (!chapter.audio) throw new Error(`Chapter ${number} has no audio.`);
  return { chapter, audio: chapter.audio };
}
