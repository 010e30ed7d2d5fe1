/** What rarely changes: the voices, and what a month's stories cost. */

/** @import { Usage, Voices } from "../types/openapi.d.ts" */

import { get } from "./api.js";
import { monthAfter } from "./format.js";

const FRESH_MS = 30_000;

/** @type {Promise<Voices> | null} */
let voices = null;
let voicesFetchedAt = 0;

/** Fetch the voices; again after half a minute, since what the narrator's account has may have been asked meanwhile. */
function fetched() {
  if (voices && Date.now() - voicesFetchedAt < FRESH_MS) return voices;
  const known = voices;
  voicesFetchedAt = Date.now();
  voices = get("/voices", {}).catch((error) => {
    voices = known;
    if (known) return known;
    throw error;
  });
  return voices;
}

/** Fetch the voices again when they are asked for next: a task may have found out which ones there are. */
export const forgetVoices = () => {
  voicesFetchedAt = 0;
};

/** Return the voices that can be cast. */
export const allVoices = async () => (await fetched()).voices;

/** Return whether the narrator's model performs directions. */
export const performsDirections = async () => (await fetched()).performs_directions;

/** Return the month of the list prices that estimates are made with, such as 2026-11. */
export const pricesAsOf = async () => (await fetched()).prices_as_of;

/** Return the current month in UTC, by which usage is kept. */
export const currentMonth = () => new Date().toISOString().slice(0, 7);

/** @type {Map<string, { response: Promise<Usage>, fetchedAt: number }>} */
const months = new Map();

/**
 * Return a month's usage; a month that has passed is fetched once, the current one again after half a minute.
 * @param {string} month
 */
export function monthUsage(month) {
  const known = months.get(month);
  if (known && (month < monthAfter(currentMonth(), -1) || Date.now() - known.fetchedAt < FRESH_MS))
    return known.response;
  const response = get("/usage", { month });
  months.set(month, { response, fetchedAt: Date.now() });
  response.catch(() => months.delete(month));
  return response;
}

/** Fetch the current month again when it is asked for next: something was bought just now. */
export const forgetCurrentMonth = () => months.delete(currentMonth());

/**
 * Return what a story cost in these months, in dollars.
 * @param {string} storyId
 * @param {readonly string[]} ofMonths
 */
export async function costOf(storyId, ofMonths) {
  const usages = await Promise.all(ofMonths.map(monthUsage));
  const records = usages.flatMap((usage) => usage.stories).filter((record) => record.story_id === storyId);
  return records.reduce((sum, record) => sum + record.cost_usd, 0);
}
