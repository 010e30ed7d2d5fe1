/** How words are said: what is typed in as rows, as the API takes it, and what is wrong with it. */

/** @import { ProposedPronunciation } from "../types/openapi.d.ts" */
/** @import { LIMITS } from "./limits.js" */

import { characters } from "./checks.js";

/** @typedef {{ word: string, say: string }} Saying */

/** What is wrong with a row: `part` is the field at fault. @typedef {{ part: keyof Saying, sentence: string }} Wrong */

/** @param {string} text */
const trimmed = (text) => text.trim().replace(/\s+/g, " ");

/** @param {Saying} row */
const isEmpty = ({ word, say }) => !word.trim() && !say.trim();

/**
 * Return the rows of what a story has.
 * @param {Readonly<Record<string, string>>} sayings
 * @returns {Saying[]}
 */
export const rowsOf = (sayings) => Object.entries(sayings).map(([word, say]) => ({ word, say }));

/**
 * Return what rows say, as the API takes it; empty rows say nothing.
 * @param {readonly Saying[]} rows
 */
export const sayingsOf = (rows) =>
  Object.fromEntries(rows.filter((row) => !isEmpty(row)).map(({ word, say }) => [trimmed(word), trimmed(say)]));

/**
 * Tell whether two stories' words are said alike.
 * @param {Readonly<Record<string, string>>} some
 * @param {Readonly<Record<string, string>>} others
 */
export const saidAlike = (some, others) => sorted(some) === sorted(others);

/** @param {Readonly<Record<string, string>>} sayings */
const sorted = (sayings) => JSON.stringify(Object.entries(sayings).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Return what is wrong with each row, null for one that is fine.
 * @param {readonly Saying[]} rows
 * @param {typeof LIMITS.CreateStory.pronunciations} limits
 * @returns {Array<Wrong | null>}
 */
export function checkSayings(rows, limits) {
  const taken = new Set();
  return rows.map((row) => {
    if (isEmpty(row)) return null;
    const [word, say] = [trimmed(row.word), trimmed(row.say)];
    const sentence = wrongWord(word, taken, limits.propertyNames.maxLength);
    taken.add(word);
    if (sentence) return { part: "word", sentence };
    if (!say) return { part: "say", sentence: `Write how ${word} is said.` };
    return isSayable(say) ? null : { part: "say", sentence: "Write it in letters, without square brackets." };
  });
}

/**
 * @param {string} word
 * @param {ReadonlySet<string>} taken
 * @param {number} most
 */
function wrongWord(word, taken, most) {
  if (!word) return "Enter the word.";
  if (characters(word) > most) return `Use at most ${most} characters.`;
  if (!isSayable(word)) return "Enter a word with letters or digits, without square brackets.";
  return taken.has(word) ? `${word} is there twice. Remove one of them.` : "";
}

/** @param {string} text */
const isSayable = (text) => /[\p{L}\p{N}]/u.test(text) && !/[[\]]/.test(text);

/**
 * Return where a refusal of the API belongs: to a row by its index, or to none (-1).
 * @param {string} message
 * @param {readonly Saying[]} rows
 * @returns {Wrong & { at: number }}
 */
export function refusalOf(message, rows) {
  const [, rest = message] = /^pronunciations(?:\[[^\]]*\])?: (.*)$/s.exec(message) ?? [];
  if (message.startsWith("pronunciations[")) {
    const lengths = rows.map(({ say }) => characters(trimmed(say)));
    return { at: lengths.indexOf(Math.max(...lengths)), part: "say", sentence: "This is too long." };
  }
  const at = rows.findIndex(({ word }) => trimmed(word) && rest.startsWith(trimmed(word)));
  const named = at < 0 ? "" : `${trimmed(rows[at]?.word ?? "")}: `;
  const isSaying = at >= 0 && rest.startsWith(named);
  return { at, part: isSaying ? "say" : "word", sentence: isSaying ? rest.slice(named.length) : rest };
}

/**
 * List what the author proposes and nobody has taken up yet.
 * @param {readonly ProposedPronunciation[]} proposed
 * @param {Readonly<Record<string, string>>} sayings what applies already
 */
export const openProposals = (proposed, sayings) => proposed.filter(({ word }) => !Object.hasOwn(sayings, word));
