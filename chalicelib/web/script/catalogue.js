/** What rarely changes: the voices, and what a month's stories cost. */

import { get } from "./api.js";
import { monthAfter } from "./format.js";

const FRESH_MS = 30_000;

let voices = null;

/** The voices that can be cast; asked for once. */
export function allVoices() {
  voices ??= get("voices").then(
    (answer) => answer.voices,
    (error) => {
      voices = null;
      throw error;
    },
  );
  return voices;
}

/** The present month in UTC, by which usage is kept. */
export const presentMonth = () => new Date().toISOString().slice(0, 7);

const months = new Map();

/** A month's usage; a month that has passed is asked for once, the present one again after half a minute. */
export function monthUsage(month) {
  const known = months.get(month);
  if (known && (month < monthAfter(presentMonth(), -1) || Date.now() - known.askedAt < FRESH_MS)) return known.answer;
  const answer = get(`usage?month=${month}`);
  months.set(month, { answer, askedAt: Date.now() });
  answer.catch(() => months.delete(month));
  return answer;
}

/** Something was bought just now: ask again for the present month. */
export const forgetPresentMonth = () => months.delete(presentMonth());

/** What a story cost in these months. */
export async function costOf(storyId, ofMonths) {
  const usages = await Promise.all(ofMonths.map(monthUsage));
  const records = usages.flatMap((usage) => usage.stories).filter((record) => record.story_id === storyId);
  return records.reduce((sum, record) => sum + record.cost_usd, 0);
}
