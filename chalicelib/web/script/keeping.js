/** Keeping chapters on this device, to be heard offline: fetched, stored, counted and removed. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Watch } from "./watch.js" */

import { get } from "./api.js";
import { button, el, setText } from "./dom.js";
import { fetchAudio } from "./download.js";
import { plural } from "./format.js";
import { canKeep, chaptersToKeep, keptAddress, keptCache, keptChapters, noteKept } from "./kept.js";
import { announce, formError, runAction } from "./notices.js";
import { audioKey } from "./words.js";

const CHAPTER = "/stories/{story_id}/chapters/{number}";
const MEGABYTE = 1_000_000;
const NO_ROOM = "There is no room left on this device. Remove a story that you keep on it, and try again.";

/**
 * Keep some chapters of a story, one after the other; what was kept when one of them fails stays.
 * @param {Story} story
 * @param {readonly number[]} numbers
 * @param {(done: number) => void} onProgress called with how many are kept
 */
export async function keepChapters(story, numbers, onProgress) {
  if (!navigator.onLine) throw new Error("You are offline. A chapter can be kept once you are connected again.");
  // Without this a browser that runs out of room may remove what is kept; it need not agree.
  await navigator.storage?.persist?.().catch(() => false);
  try {
    for (const [done, number] of numbers.entries()) {
      onProgress(done);
      await keepChapter(story, number);
    }
  } catch (error) {
    throw error instanceof DOMException && error.name === "QuotaExceededError" ? new Error(NO_ROOM) : error;
  }
}

/**
 * @param {Story} story
 * @param {number} number
 */
async function keepChapter(story, number) {
  const parameters = { story_id: story.story_id, number };
  const { chapter, response } = await fetchAudio(story.story_id, number);
  const sound = await response.blob();
  const captions = await get(`${CHAPTER}/captions`, parameters).catch(() => "");
  const cache = await keptCache();
  await cache.put(keptAddress(`${CHAPTER}/audio`, parameters), new Response(sound));
  await cache.put(keptAddress(CHAPTER, parameters), asJson(chapter));
  await cache.put(keptAddress(`${CHAPTER}/captions`, parameters), new Response(captions));
  await keepStory(story);
  const kept = { ...keptChapters(story.story_id), [number]: { key: audioKey(chapter), bytes: sound.size } };
  if (!noteKept(story.story_id, kept)) throw new Error(NO_ROOM);
}

/** @param {Story} story */
async function keepStory(story) {
  const address = keptAddress("/stories/{story_id}", { story_id: story.story_id });
  // Offline no task can be followed.
  const still = { ...story, task_id: null, last_task_id: null };
  await (await keptCache()).put(address, asJson(still));
}

/** @param {object} value */
const asJson = (value) =>
  new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json; charset=utf-8" } });

/**
 * Remove a story from this device.
 * @param {string} storyId
 */
export async function removeKept(storyId) {
  noteKept(storyId, null);
  if (!canKeep()) return;
  const cache = await keptCache();
  const address = keptAddress("/stories/{story_id}", { story_id: storyId });
  const requests = await cache.keys();
  await Promise.all(requests.filter(({ url }) => url.startsWith(address)).map((request) => cache.delete(request)));
}

/**
 * Make the part of a story's page in which it is kept on this device, and removed from it.
 * @param {Watch} watch
 */
export function keepingTools(watch) {
  const error = formError();
  const status = el("p", { class: "hint", role: "status" });
  const keep = button("", () => runAction(keep, error, () => watch.story && keepAll(watch.story)));
  const remove = button("Remove from this device", () => runAction(remove, error, removeAll), { class: "quiet" });
  const node = el("div", { class: "keeping" }, error.node, status, el("div", { class: "actions" }, keep, remove));

  /** @param {Story} story */
  const missing = (story) => chaptersToKeep(story, audioKey);

  /** @param {Story} story */
  async function keepAll(story) {
    const numbers = missing(story).map(({ number }) => number);
    try {
      await keepChapters(story, numbers, (done) => setText(status, `Fetching ${done + 1} of ${numbers.length}…`));
      announce("Kept on this device.");
    } finally {
      update(watch.story ?? story);
    }
  }

  async function removeAll() {
    await removeKept(watch.storyId);
    if (watch.story) update(watch.story);
    announce("Removed from this device.");
  }

  /** @param {Story} story */
  function update(story) {
    const kept = Object.values(keptChapters(story.story_id));
    const more = missing(story).length;
    node.hidden = !story.chapters.some(({ audio }) => audio);
    keep.hidden = more === 0 || !canKeep();
    remove.hidden = kept.length === 0;
    setText(keep, kept.length ? `Keep ${plural(more, "more chapter")} on this device` : "Keep on this device");
    if (!keep.disabled) setText(status, keptSentence(kept));
  }
  return { node, update };
}

/** @param {ReadonlyArray<{ bytes: number }>} kept */
function keptSentence(kept) {
  if (!canKeep()) return "This browser can keep no chapters to listen offline, but it can download them.";
  if (!kept.length) return "Keep it on this device to listen without a connection.";
  const size = Math.max(1, Math.round(kept.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE));
  return `${plural(kept.length, "chapter")} kept on this device, ${size} MB: you can listen without a connection.`;
}
