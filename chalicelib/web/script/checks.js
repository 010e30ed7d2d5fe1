/** What the forms check before anything is sent, by the limits of the API. */

/** @import { LIMITS } from "./limits.js" */

import { count } from "./format.js";

/**
 * Count characters as the API does.
 * @param {string} text
 */
export const characters = (text) => [...text].length;

/**
 * Return what is wrong with each field of a new story, as sentences; "" for a field that is fine. Texts are trimmed.
 * @param {{ prompt: string, title: string, num_chapters: number, language: string }} story
 * @param {typeof LIMITS.CreateStory} limits
 */
export function checkStory(story, limits) {
  const { minimum, maximum } = limits.num_chapters;
  const whole = Number.isInteger(story.num_chapters);
  const inRange = whole && story.num_chapters >= minimum && story.num_chapters <= maximum;
  return {
    prompt: checkPrompt(story.prompt, limits.prompt.maxLength),
    title:
      characters(story.title) > limits.title.maxLength
        ? `A title has at most ${limits.title.maxLength} characters.`
        : "",
    num_chapters: inRange ? "" : `Enter a whole number from ${minimum} to ${maximum}.`,
    language: new RegExp(limits.language.pattern).test(story.language) ? "" : "Enter a code such as en, de or pt-BR.",
  };
}

/**
 * @param {string} prompt
 * @param {number} most
 */
function checkPrompt(prompt, most) {
  if (!prompt) return "Say what the story is about.";
  return characters(prompt) > most ? `Use at most ${count(most)} characters.` : "";
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
