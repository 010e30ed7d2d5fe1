/** What of a line no voice will say, as the narration decides it. */

import { DIRECTIONS } from "./limits.js";

const MOST_WORDS = 5;

const KNOWN = new Set(DIRECTIONS.split(" "));

/**
 * Return a sentence about what of a line will not be spoken, or "".
 * @param {string} text
 * @param {boolean} performs whether the narrator's model performs directions
 */
export function unspoken(text, performs) {
  if (text.trim() && !/[\p{L}\p{N}]/u.test(text)) return "There is nothing to say in this line: it will be silent.";
  const directions = [...text.matchAll(/\[([^[\]]*)\]/g)].map(([, inner]) => inner?.trim() ?? "").filter(isDirection);
  if (!directions.length) return "";
  const named = directions.map((direction) => `[${direction}]`).join(" ");
  return performs
    ? `${named} will be performed, not read.`
    : `${named} will not be spoken: your narrator follows no directions.`;
}

/**
 * Tell whether what stands in brackets says how to speak; anything else is read.
 * @param {string} text
 */
function isDirection(text) {
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  if (words.length > MOST_WORDS || /[.,;:!?]/.test(text)) return false;
  return words.some((word) => KNOWN.has(word) || KNOWN.has(word.replace(/(ing|ed|es|s|ly)$/, "")));
}
