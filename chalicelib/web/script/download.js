/** Sound as files: one chapter as MP3, all of them as ZIP. */

import { get } from "./api.js";
import { el } from "./dom.js";
import { fileName, plainName } from "./format.js";

/** Save one chapter's sound. */
export async function saveChapter(storyId, number) {
  const { chapter, response } = await fetchSound(storyId, number);
  save(await response.blob(), fileName(chapter));
}

/** Save the sound of all these chapters in one ZIP; `progress(done)` is told how many are fetched. */
export async function saveAll(story, numbers, progress) {
  const { downloadZip } = await import(new URL("client-zip.js", import.meta.url));
  async function* files() {
    for (const [done, number] of numbers.entries()) {
      progress(done);
      const { chapter, response } = await fetchSound(story.story_id, number);
      yield { name: fileName(chapter), input: response };
    }
  }
  save(await downloadZip(files()).blob(), `${plainName(story.title)}.zip`);
}

/** A chapter, and the answer that holds its sound. Its URL is signed now: an older one may have run out. */
async function fetchSound(storyId, number) {
  const chapter = await get(`stories/${storyId}/chapters/${number}`);
  if (!chapter.audio) throw new Error(`Chapter ${number} has no sound yet.`);
  try {
    const response = await fetch(chapter.audio.url);
    if (response.ok) return { chapter, response };
  } catch {
    // told below, as any other answer that is no sound
  }
  throw new Error(`The sound of chapter ${number} could not be fetched; try again.`);
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
