/** Audio as files: one chapter as MP3, all of them as ZIP. */

/** @import { Story } from "../types/openapi.d.ts" */

import { el } from "./dom.js";
import { fileName, plainName } from "./format.js";
import { freshAudio } from "./freshaudio.js";

/**
 * Save one chapter's audio.
 * @param {string} storyId
 * @param {number} number
 */
export async function saveChapter(storyId, number) {
  const { chapter, response } = await fetchAudio(storyId, number);
  save(await response.blob(), fileName(chapter));
}

/**
 * Save the audio of several chapters in one ZIP.
 * @param {Story} story
 * @param {readonly number[]} numbers
 * @param {(done: number) => void} onProgress called with how many chapters have been fetched
 */
export async function saveAll(story, numbers, onProgress) {
  const { downloadZip } = await import("./client-zip.js");
  async function* files() {
    for (const [done, number] of numbers.entries()) {
      onProgress(done);
      const { chapter, response } = await fetchAudio(story.story_id, number);
      yield { name: fileName(chapter), input: response };
    }
  }
  save(await downloadZip(files()).blob(), `${plainName(story.title)}.zip`);
}

/**
 * Fetch a chapter, and the response that holds its audio.
 * @param {string} storyId
 * @param {number} number
 */
async function fetchAudio(storyId, number) {
  const { chapter, audio } = await freshAudio(storyId, number);
  try {
    const response = await fetch(audio.url);
    if (response.ok) return { chapter, response };
  } catch {
    // said below, as for any other response that holds no audio
  }
  throw new Error(`The audio of chapter ${number} could not be fetched. Try again.`);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
