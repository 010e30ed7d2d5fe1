/** Rows of words with how each is said: they are typed in, added and removed. */

/** @import { Saying, Wrong } from "./sayings.js" */

import { button, el, setText } from "./dom.js";
import { markInvalid } from "./fields.js";
import { LIMITS } from "./limits.js";
import { announce } from "./notices.js";
import { checkSayings, refusalOf, sayingsOf } from "./sayings.js";

/**
 * @typedef {object} SayingRow
 * @property {HTMLElement} node
 * @property {Record<keyof Saying, HTMLInputElement>} inputs
 * @property {(wrong: Wrong | null) => void} error
 */

/** What it does, for whoever wonders. */
export const SAYINGS_HINT =
  "It changes what is spoken, never what is read. Write a word as it sounds, such as “Neev” for “Niamh”.";

let serial = 0;

/** The rows. */
export class SayingFields {
  #list = el("div", { class: "rows" });
  #wrong = el("p", { class: "form-error", role: "alert" });
  /** @type {SayingRow[]} */
  #rows = [];
  #add = button("Add a word", () => this.add({ word: "", say: "" }).inputs.word.focus());

  /** @param {() => void} onChange called when a row is added or removed */
  constructor(onChange) {
    this.onChange = onChange;
    this.node = el("div", { class: "sayings" }, this.#list, this.#wrong, this.#add);
  }

  /** Return what is typed in. @returns {Saying[]} */
  draft() {
    return this.#rows.map(({ inputs }) => ({ word: inputs.word.value, say: inputs.say.value }));
  }

  /** Show these rows instead of those that are there. @param {readonly Saying[]} sayings */
  fill(sayings) {
    this.#rows = [];
    this.#list.replaceChildren();
    for (const saying of sayings) this.#append(saying);
  }

  /** Add a row. @param {Saying} saying */
  add(saying) {
    const row = this.#append(saying);
    this.onChange();
    return row;
  }

  /** @param {Saying} saying */
  #append(saying) {
    const row = sayingRow(saying, () => this.#remove(row));
    this.#rows.push(row);
    this.#list.append(row.node);
    return row;
  }

  /** Return the pronunciations as the API takes them, or null where a row is wrong: then it says so and has the focus. */
  value() {
    const rows = this.draft();
    setText(this.#wrong, "");
    const problems = checkSayings(rows, LIMITS.CreateStory.pronunciations);
    for (const [at, row] of this.#rows.entries()) row.error(problems[at] ?? null);
    const first = problems.findIndex((problem) => problem !== null);
    if (first < 0) return sayingsOf(rows);
    this.#focus(this.#rows[first], problems[first]?.part ?? "word");
    return null;
  }

  /** Show a refusal of the API beside the row that it is about. @param {string} message */
  refuse(message) {
    const { at, part, sentence } = refusalOf(message, this.draft());
    const row = this.#rows[at];
    setText(this.#wrong, row ? "" : sentence);
    row?.error({ part, sentence });
    this.#focus(row, part);
  }

  /**
   * Go to a field, which may be folded away.
   * @param {SayingRow | undefined} row
   * @param {keyof Saying} part
   */
  #focus(row, part) {
    this.node.closest("details")?.setAttribute("open", "");
    row?.inputs[part].focus();
  }

  /** @param {SayingRow} row */
  #remove(row) {
    const at = this.#rows.indexOf(row);
    this.#rows.splice(at, 1);
    row.node.remove();
    announce("Removed.");
    this.onChange();
    (this.#rows[Math.min(at, this.#rows.length - 1)]?.inputs.word ?? this.#add).focus();
  }

  /** Let nothing be changed for now, or again. @param {boolean} disabled */
  disable(disabled) {
    for (const control of this.node.querySelectorAll("button, input")) control.toggleAttribute("disabled", disabled);
  }
}

/**
 * Fold the rows away, as a part of a form that is optional.
 * @param {SayingFields} fields
 * @param {boolean} open
 */
export const foldedSayings = (fields, open) =>
  el(
    "details",
    { class: "optional", open },
    el("summary", {}, "How words are said (optional)"),
    el("p", { class: "hint" }, SAYINGS_HINT),
    fields.node,
  );

/**
 * @param {Saying} saying
 * @param {() => void} remove
 * @returns {SayingRow}
 */
function sayingRow({ word, say }, remove) {
  const id = `saying-${++serial}`;
  const wrong = el("p", { class: "form-error", id: `${id}-error` });
  const common = { autocomplete: "off", spellcheck: "false", "aria-describedby": wrong.id };
  const inputs = {
    word: el("input", { ...common, id: `${id}-word`, value: word }),
    say: el("input", { ...common, id: `${id}-say`, value: say }),
  };
  /** @param {Wrong | null} problem */
  const error = (problem) => {
    setText(wrong, problem?.sentence ?? "");
    markInvalid(inputs.word, problem?.part === "word");
    markInvalid(inputs.say, problem?.part === "say");
  };
  for (const input of Object.values(inputs)) input.addEventListener("input", () => error(null));
  const node = el(
    "div",
    { class: "saying", role: "group", "aria-label": "How a word is said" },
    el("div", { class: "field" }, el("label", { for: inputs.word.id }, "Word"), inputs.word),
    el("div", { class: "field" }, el("label", { for: inputs.say.id }, "Say it so"), inputs.say),
    button("Remove", remove, { class: "quiet" }),
    wrong,
  );
  return { node, inputs, error };
}
