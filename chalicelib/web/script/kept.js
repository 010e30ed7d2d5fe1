/**
 * What is kept on this device to be heard offline: the sound of chapters, and what the API said of them. It belongs to
 * the one who kept it, and is removed as soon as somebody else signs in here, or its owner signs out.
 */

/** @import { Chapter, Story, Stories } from "../types/openapi.d.ts" */

import { addressOf } from "./api.js";
import { localToken, openedFromDevice } from "./embedded.js";
import { browserStorage, place, token } from "./store.js";

/** The cache that holds it all, under the addresses of the API. */
const CACHE = "fireside-kept-1";

/** @typedef {{ key: string, bytes: number }} KeptSound `key` tells a chapter's sound from the one before it */
/** @typedef {Record<string, Record<string, KeptSound>>} Shelf by story, and by chapter */
/** @typedef {{ owner: string, local: boolean, stories: Shelf }} Index */

/** Whether this browser can keep anything: over HTTPS, or on one machine. */
export const canKeep = () => "caches" in window;

/**
 * Return a few digits that tell one token from another and say nothing else of it (FNV-1a, 32 bits).
 * @param {string} text
 */
export function ownerOf(text) {
  let digest = 0x811c9dc5;
  for (const letter of text) digest = Math.imul(digest ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return (digest >>> 0).toString(16);
}

/** @returns {Index | null} */
const stored = () => /** @type {Index | null} */ (browserStorage.get("kept"));

/** Return what is kept by the user who is signed in, or by this machine's own while its page is opened offline. */
function readIndex() {
  const index = stored();
  if (!index) return null;
  const bearer = token();
  const theirs = bearer ? index.owner === ownerOf(bearer) : index.local && openedFromDevice();
  return theirs ? index : null;
}

/** Return whether the page may open without a token: it came from this machine, and so did what is kept. */
export const opensWithoutToken = () => openedFromDevice() && stored()?.local === true;

/** Remove what somebody else has kept, and where they were. Called once a token is known to be that of the user. */
export async function claimDevice() {
  const bearer = token();
  if (!bearer) return;
  const owner = ownerOf(bearer);
  const before = browserStorage.get("owner");
  if (before !== owner) {
    if (before !== null) await forgetDevice();
    browserStorage.set("owner", owner);
  }
}

/** Remove all that is kept, and every place. */
export async function forgetDevice() {
  browserStorage.remove("kept");
  browserStorage.remove("owner");
  place.clearAll();
  if (canKeep()) await caches.delete(CACHE);
}

/**
 * Return what is kept of a story: its sound by chapter.
 * @param {string} storyId
 * @returns {Readonly<Record<string, KeptSound>>}
 */
export const keptChapters = (storyId) => readIndex()?.stories[storyId] ?? {};

/**
 * Note what is kept of a story; null for nothing.
 * @param {string} storyId
 * @param {Record<string, KeptSound> | null} chapters
 */
export function noteKept(storyId, chapters) {
  const bearer = token();
  if (!chapters && !readIndex()) return true;
  const index = readIndex() ?? { owner: ownerOf(bearer), local: bearer === localToken(), stories: {} };
  if (chapters) index.stories[storyId] = chapters;
  else delete index.stories[storyId];
  return browserStorage.set("kept", index);
}

/** Open the cache. */
export const keptCache = () => caches.open(CACHE);

/**
 * Return the address under which something is kept.
 * @param {string} path such as `/stories/{story_id}`
 * @param {Record<string, string | number>} parameters
 */
export const keptAddress = (path, parameters) => new URL(addressOf(path, parameters), document.baseURI).href;

/**
 * Return a chapter's sound, if just this one is kept.
 * @param {string} storyId
 * @param {number} number
 * @param {string} key
 * @returns {Promise<Blob | null>}
 */
export async function keptSound(storyId, number, key) {
  if (keptChapters(storyId)[number]?.key !== key || !canKeep()) return null;
  const address = keptAddress("/stories/{story_id}/chapters/{number}/audio", { story_id: storyId, number });
  const found = await (await keptCache()).match(address).catch(() => undefined);
  return found ? found.blob() : null;
}

/**
 * Return what the API said at an address when that was kept; undefined for nothing.
 * @param {string} address relative to the page
 * @returns {Promise<unknown>}
 */
export async function keptAnswer(address) {
  const index = readIndex();
  if (!index || !canKeep()) return undefined;
  if (/^stories(\?|$)/.test(address)) return await keptStories(Object.keys(index.stories));
  const [, storyId] = /^stories\/(\w+)/.exec(address) ?? [];
  if (!storyId || !index.stories[storyId]) return undefined;
  const found = await (await keptCache()).match(new URL(address, document.baseURI).href);
  if (!found) return undefined;
  return found.headers.get("Content-Type")?.startsWith("application/json") ? await found.json() : await found.text();
}

/**
 * @param {readonly string[]} storyIds
 * @returns {Promise<Stories>}
 */
async function keptStories(storyIds) {
  const cache = await keptCache();
  const found = await Promise.all(
    storyIds.map(async (story_id) => {
      const response = await cache.match(keptAddress("/stories/{story_id}", { story_id }));
      return response ? /** @type {Story} */ (await response.json()) : null;
    }),
  );
  const stories = found.filter((story) => story !== null);
  stories.sort((a, b) => b.created_at.localeCompare(a.created_at));
  return { stories, cursor: null };
}

/**
 * Return which chapters with sound are not kept as they are now.
 * @param {Story} story
 * @param {(chapter: Chapter) => string} keyOf
 */
export function chaptersToKeep({ story_id, chapters }, keyOf) {
  const kept = keptChapters(story_id);
  return chapters.filter((chapter) => chapter.audio && kept[chapter.number]?.key !== keyOf(chapter));
}
