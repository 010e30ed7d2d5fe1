/** How many chapters are asked for: one number for a story that is made up, another for a text, which has its own. */

/** @import { Draft } from "./store.js" */

import { defaults } from "./embedded.js";

export class ChapterCount {
  #told;
  #typed;
  /** Whether there is a new text in place of the one that the draft has. */
  #replaced = false;

  /**
   * @param {HTMLInputElement} input
   * @param {Draft | null} kept
   * @param {boolean} told whether a text is read out
   */
  constructor(input, kept, told) {
    this.input = input;
    this.first = kept?.textChapters ?? "";
    this.#told = told;
    this.#typed = { idea: kept?.chapters ?? String(defaults().num_chapters), text: this.first };
    input.value = told ? this.#typed.text : this.#typed.idea;
  }

  /**
   * Take what is typed in now, and show the number that belongs to what is chosen.
   * @param {boolean} told
   * @param {boolean} replaced whether there is a new text: the number of the one before says nothing about it
   */
  update(told, replaced) {
    const typed = this.#typed;
    typed[this.#told ? "text" : "idea"] = this.input.value;
    if (replaced && !this.#replaced && typed.text === this.first) typed.text = "";
    if (!replaced && this.#replaced && typed.text === "") typed.text = this.first;
    this.#told = told;
    this.#replaced = replaced;
    const shown = told ? typed.text : typed.idea;
    // Writing the same again would move the cursor, and remove what is no number.
    if (this.input.value !== shown) this.input.value = shown;
  }

  /** Return both, as they were typed. */
  draft() {
    return { chapters: this.#typed.idea, textChapters: this.#typed.text };
  }

  /** Return the number: null where it is left open, NaN where it is none. */
  value() {
    if (this.input.validity.badInput) return Number.NaN;
    return this.input.value.trim() ? Number(this.input.value) : null;
  }
}
