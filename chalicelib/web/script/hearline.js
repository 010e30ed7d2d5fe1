/** A line of somebody in a chapter that is narrated: how they sound in this story. */

/** @import { Story } from "../types/openapi.d.ts" */

import { get } from "./api.js";
import { parseCaptions } from "./captions.js";

/**
 * List the chapters whose sound has the voices of the present cast, by number.
 * @param {Pick<Story, "chapters">} story
 */
export const heardChapters = ({ chapters }) =>
  chapters.filter(({ audio }) => audio && !audio.out_of_date).map(({ number }) => number);

/**
 * Return the chapter in which somebody speaks first, and the second of it; null where they have no line yet.
 * @param {Pick<Story, "story_id" | "chapters">} story
 * @param {string} speaker
 */
export async function firstLine(story, speaker) {
  for (const number of heardChapters(story)) {
    const parameters = { story_id: story.story_id, number };
    const { script } = await get("/stories/{story_id}/chapters/{number}", parameters);
    const ids = new Set(script?.lines.filter((line) => line.speaker === speaker).map(({ line_id }) => line_id));
    if (!ids.size) continue;
    const captions = await get("/stories/{story_id}/chapters/{number}/captions", parameters);
    const cue = parseCaptions(captions).find(({ id }) => ids.has(id));
    if (cue) return { number, start: cue.start };
  }
  return null;
}
