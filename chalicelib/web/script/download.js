/** A story as files: one chapter as MP3, all of them as ZIP, their captions, their text. */

/** @import { ChapterAlone, Story } from "../types/openapi.d.ts" */

import { get } from "./api.js";
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

/** @typedef {(done: number, all: number) => void} OnProgress called with how many chapters have been fetched */

/**
 * Save the audio of every narrated chapter in one ZIP.
 * @param {Story} story
 * @param {OnProgress} onProgress
 */
export async function saveAll(story, onProgress) {
  const files = each(narrated(story), onProgress, async ({ number }) => {
    const { chapter, response } = await fetchAudio(story.story_id, number);
    return { name: fileName(chapter), input: response };
  });
  await saveZip(files, `${plainName(story.title)}.zip`);
}

/**
 * Save the captions of every narrated chapter in one ZIP.
 * @param {Story} story
 * @param {OnProgress} onProgress
 */
export async function saveCaptions(story, onProgress) {
  const files = each(narrated(story), onProgress, async (chapter) => {
    const place = { story_id: story.story_id, number: chapter.number };
    const input = await get("/stories/{story_id}/chapters/{number}/captions", place);
    return { name: fileName(chapter, "vtt"), input: new Response(input) };
  });
  await saveZip(files, `${plainName(story.title)} - captions.zip`);
}

/**
 * Save the words of every written chapter as one text.
 * @param {Story} story
 * @param {OnProgress} onProgress
 */
export async function saveText(story, onProgress) {
  const parts = [story.title];
  const written = story.chapters.filter(({ summary }) => summary);
  const texts = each(written, onProgress, async ({ number }) => {
    const chapter = await get("/stories/{story_id}/chapters/{number}", { story_id: story.story_id, number });
    return chapterText(chapter);
  });
  for await (const text of texts) parts.push(text);
  save(new Blob([`${parts.join("\n\n\n")}\n`], { type: "text/plain;charset=utf-8" }), `${plainName(story.title)}.txt`);
}

/**
 * Return a chapter as a reader's text: its title, its lines, and a line between scenes.
 * @param {Pick<ChapterAlone, "title" | "script">} chapter
 */
export function chapterText({ title, script }) {
  const lines = script?.lines ?? [];
  const texts = lines.map(({ text, scene_break }, at) => (scene_break && at ? `* * *\n\n${text}` : text));
  return [title, ...texts].join("\n\n");
}

/** @param {Story} story */
const narrated = ({ chapters }) => chapters.filter(({ audio }) => audio);

/**
 * Make something of each chapter, one after the other.
 * @template T
 * @param {Story["chapters"]} chapters
 * @param {OnProgress} onProgress
 * @param {(chapter: Story["chapters"][number]) => Promise<T>} make
 */
async function* each(chapters, onProgress, make) {
  for (const [done, chapter] of chapters.entries()) {
    onProgress(done, chapters.length);
    yield await make(chapter);
  }
}

/**
 * @param {AsyncIterable<{ name: string, input: Response }>} files
 * @param {string} name
 */
async function saveZip(files, name) {
  const { downloadZip } = await import("./client-zip.js");
  save(await downloadZip(files).blob(), name);
}

/**
 * Fetch a chapter, and the response that holds its audio.
 * @param {string} storyId
 * @param {number} number
 */
export async function fetchAudio(storyId, number) {
  const { chapter, audio } = await freshAudio(storyId, number);
  try {
    const response = await fetch(audio.url);
    if (response.ok) return { chapter, response };
  } catch {
    // said below, as for any other response that holds no audio
  }
  const offline = "You are offline. A chapter can be downloaded once you are connected again.";
  throw new Error(navigator.onLine ? `The audio of chapter ${number} could not be fetched. Try again.` : offline);
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
