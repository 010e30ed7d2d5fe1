/** What something would cost, in words. */

/** @import { Estimated } from "../types/openapi.d.ts" */

import { count, dollars, length, monthTitle } from "./format.js";

/** Characters per second: below this, most of the audio is paid for, and its length says nothing about the price. */
const SLOWEST = 10;

/** What of an estimate is a price. @typedef {Omit<Estimated, "unavailable_voices">} Price */

/**
 * Say what it would take.
 * @param {Price} estimate
 * @param {string} month of the prices; "" where it is not known
 * @param {boolean} [free] whether all of it is a demonstration
 */
export function estimateSentence({ characters, audio_seconds, cost_usd }, month, free = false) {
  if (!cost_usd)
    return free ? "Everything it needs is there already." : "Everything it needs has been paid for already.";
  const parts = [];
  if (characters) parts.push(`${count(characters)} characters`);
  if (characters > audio_seconds * SLOWEST) parts.push(`${length(audio_seconds)} of sound`);
  const price = `${[...parts, dollars(cost_usd)].join(", ")}${atPrices(month)}`;
  return free ? `With real providers: about ${price}. Here nothing is charged.` : `About ${price}.`;
}

/** @param {string} month */
const atPrices = (month) => month && ` at list prices of ${monthTitle(month)}`;

/**
 * Say what the words alone would cost.
 * @param {Price} all
 * @param {Price} words
 */
export function withoutSound(all, words) {
  return all.cost_usd > words.cost_usd && words.cost_usd ? `Without sound: ${dollars(words.cost_usd)}.` : "";
}

/**
 * Say what it costs to have a chapter written again, and then narrated.
 * @param {Price} words
 * @param {Price} all
 * @param {string} month of the prices; "" where it is not known
 * @param {boolean} [free] whether all of it is a demonstration
 */
export function rewriteSentence(words, all, month, free = false) {
  const voices = dollars(all.cost_usd - words.cost_usd);
  const at = month && `,${atPrices(month)}`;
  if (free)
    return `Writing it again would cost about ${dollars(words.cost_usd)} with a real author. Here nothing is charged.`;
  return `Writing it again costs about ${dollars(words.cost_usd)}, narrating it then ${voices}${at}.`;
}

/**
 * Say what the cost is made up of; the voices cost what is left once the words are paid for.
 * @param {Price} all
 * @param {Price} words
 */
export function breakdown(all, words) {
  const items = [];
  if (words.input_tokens + words.output_tokens) {
    const tokens = `${count(words.input_tokens)} tokens read and ${count(words.output_tokens)} written`;
    items.push(`Words: ${tokens}, ${dollars(words.cost_usd)}`);
  }
  if (all.characters) {
    items.push(`Voices: ${count(all.characters)} characters spoken, ${dollars(all.cost_usd - words.cost_usd)}`);
  }
  return items;
}

/**
 * Say which of the two providers is a demonstration, and so not charged; "" where both are, or neither.
 * @param {readonly string[]} shown the providers without a key
 */
export function unchargedSentence(shown) {
  if (shown.length !== 1) return "";
  return shown[0] === "author"
    ? "The author is a demonstration, and is not charged."
    : "The voices are a demonstration, and are not charged.";
}

/**
 * `$0.42`, or what that would be where nothing is charged.
 * @param {number} cost in dollars
 * @param {boolean} free
 */
export const wouldCost = (cost, free) => (free ? `would cost ${dollars(cost)}` : dollars(cost));

/**
 * Say what the stories of a month cost, or would have.
 * @param {number} cost in dollars
 * @param {string} stories how many, in words
 * @param {string} month in words
 * @param {readonly string[]} shown the providers without a key
 */
export function monthSentence(cost, stories, month, shown) {
  if (shown.length > 1)
    return `With real providers ${stories} in ${month} would have cost ${dollars(cost)}. Nothing was charged.`;
  return [`${dollars(cost)} for ${stories} in ${month}.`, unchargedSentence(shown)].filter(Boolean).join(" ");
}
