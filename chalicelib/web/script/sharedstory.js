/** A shared story, as its secret opens it, and the place in it that this browser remembers. */

import { jsonStorage } from "./store.js";

/** @typedef {{ number: number, title: string, duration: number }} SharedChapter the duration is in seconds */
/**
 * @typedef {object} SharedStory
 * @property {string} id names the story and does not reveal the secret
 * @property {string} title
 * @property {string} language
 * @property {string} notice the sentence that says who wrote and narrates it
 * @property {string} cover an SVG document, or ""
 * @property {SharedChapter[]} chapters those that are narrated
 * @property {number} chapters_to_come
 */

/** The link plays nothing any more: it was revoked, or has expired. */
export class Gone extends Error {}

const storage = jsonStorage(() => localStorage);

/** The address of a file of the story; the secret is the last part of the page's own address. @param {string} name */
export function fileAddress(name) {
  const secret = location.pathname.split("/").findLast(Boolean) ?? "";
  return new URL(`feeds/${secret}/${name}`, document.baseURI).href;
}

/** @param {string} name */
async function fetchFile(name) {
  const response = await fetch(fileAddress(name), { cache: "no-store", referrerPolicy: "no-referrer" });
  if (response.status === 404) throw new Gone("This link plays no story any more.");
  if (!response.ok) throw new Error("Fireside is not answering right now.");
  return response;
}

/** Fetch what the story is now. @returns {Promise<SharedStory>} */
export const fetchStory = async () => (await fetchFile("story.json")).json();

/** Fetch the words of a chapter, as WebVTT. @param {number} number */
export const fetchCaptions = async (number) => (await fetchFile(`${number}.vtt`)).text();

/** Return where in the story one was. @param {SharedStory} story @returns {{ chapter: number, seconds: number } | null} */
export function placeIn(story) {
  const kept = /** @type {{ chapter?: unknown, seconds?: unknown } | null} */ (storage.get(`shared.${story.id}`));
  const [chapter, seconds] = [Number(kept?.chapter), Number(kept?.seconds)];
  return story.chapters.some(({ number }) => number === chapter) && seconds >= 0 ? { chapter, seconds } : null;
}

/** Remember where in the story one is; the beginning without a place. @param {SharedStory} story */
export function keepPlace(story, chapter = 0, seconds = 0) {
  if (chapter) storage.set(`shared.${story.id}`, { chapter, seconds });
  else storage.remove(`shared.${story.id}`);
}
