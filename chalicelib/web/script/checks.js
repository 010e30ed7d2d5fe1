/** What the forms check before anything is sent, by the limits of the API. */

/** @import { LIMITS } from "./limits.js" */

import { count } from "./format.js";

/**
 * Count characters as the API does.
 * @param {string} text
 */
export const characters = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/**
 * What was typed into the form of a story, trimmed.
 * @typedef {object} Typed
 * @property {string} prompt
 * @property {string | null} text what is read out; null for a story that is made up
 * @property {string} title
 * @property {number | null} num_chapters null where it is left open, NaN for what is no number
 */

/**
 * Return what is wrong with each field of a story, as sentences; "" for a field that is fine.
 * @param {Typed} story
 * @param {typeof LIMITS.CreateStory} limits
 * @param {boolean} [hasText] whether there is a text already, which an empty field leaves as it is
 */
export function checkStory({ prompt, text, title, num_chapters }, limits, hasText = false) {
  const told = text !== null;
  return {
    prompt: !told && !prompt ? "Say what the story is about." : tooMany(prompt, limits.prompt.maxLength),
    text: told ? checkText(text, limits.text.maxLength, hasText) : "",
    title:
      characters(title) > limits.title.maxLength ? `A title has at most ${limits.title.maxLength} characters.` : "",
    num_chapters: checkNumber(num_chapters, limits.num_chapters, told),
  };
}

/**
 * @param {string} text
 * @param {number} most
 * @param {boolean} hasText
 */
function checkText(text, most, hasText) {
  if (!text && !hasText) return "Paste your text here, or open a file.";
  return tooLong(text, most);
}

/**
 * Say how much too long a text is that is read out, or "".
 * @param {string} text
 * @param {number} most
 */
export function tooLong(text, most) {
  const used = characters(text);
  return used > most ? `This text has ${count(used)} characters; up to ${count(most)} can be read out at once.` : "";
}

/**
 * @param {string} text
 * @param {number} most
 */
const tooMany = (text, most) => (characters(text) > most ? `Use at most ${count(most)} characters.` : "");

/**
 * @param {number | null} value
 * @param {{ minimum: number, maximum: number }} limits
 * @param {boolean} optional
 */
function checkNumber(value, { minimum, maximum }, optional) {
  if (value === null && optional) return "";
  const fits = value !== null && Number.isInteger(value) && value >= minimum && value <= maximum;
  return fits ? "" : `Enter a whole number from ${minimum} to ${maximum}.`;
}

/**
 * Say what is wrong with the name of a character that is given a voice; `taken` are the names before it.
 * @param {string} name
 * @param {ReadonlySet<string>} taken
 * @param {typeof LIMITS.CreateStory.voices} limits
 */
export function checkName(name, taken, limits) {
  const most = limits.propertyNames.maxLength;
  if (!name) return "Give the character a name, or remove the voice.";
  if (characters(name) > most) return `A name has at most ${most} characters.`;
  if (name === "Narrator") return "Choose the narrator’s voice above.";
  return taken.has(name) ? `${name} has two voices. Remove one of them.` : "";
}
