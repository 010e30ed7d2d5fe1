/** The lines of a script as fields: they are written, added, moved and deleted. */

/** @import { Line, Story } from "../types/openapi.d.ts" */

import { button, el, setText } from "./dom.js";
import { markInvalid } from "./fields.js";
import { announce } from "./notices.js";
import { unspoken } from "./unspoken.js";

/** @typedef {Pick<Line, "speaker" | "text"> & { line_id?: string }} EditedLine a new line has no id */

/**
 * The fields of a line. `place` says which of how many it is, `error` what is wrong with it.
 * @typedef {object} Row
 * @property {HTMLElement} node
 * @property {HTMLTextAreaElement} text
 * @property {() => EditedLine} value
 * @property {(number: number, of: number) => void} place
 * @property {(sentence: string) => void} error
 */

/** The lines in their order. */
export class LineList {
  /** @type {Row[]} */
  rows = [];

  /**
   * @param {Story} story
   * @param {readonly EditedLine[]} lines
   * @param {boolean} performs whether the narrator's model performs directions
   */
  constructor(story, lines, performs) {
    this.story = story;
    this.performs = performs;
    this.node = el("ol", { role: "list", lang: story.language });
    for (const line of lines) this.rows.push(lineFields(story, line, performs, this));
    this.#show();
  }

  /** Return the lines as they are now. */
  values() {
    return this.rows.map((row) => row.value());
  }

  /** @param {Row} row */
  addAfter(row) {
    const added = lineFields(this.story, { speaker: row.value().speaker, text: "" }, this.performs, this);
    this.rows.splice(this.rows.indexOf(row) + 1, 0, added);
    this.#show();
    added.text.focus();
  }

  /** @param {Row} row */
  remove(row) {
    const at = this.rows.indexOf(row);
    this.rows.splice(at, 1);
    this.#show();
    announce(`Line ${at + 1} deleted.`);
    this.rows[Math.min(at, this.rows.length - 1)]?.text.focus();
  }

  /**
   * @param {Row} row
   * @param {number} by
   * @param {HTMLElement} focused what has the focus, and keeps it where it can
   */
  move(row, by, focused) {
    const at = this.rows.indexOf(row);
    const to = at + by;
    if (to < 0 || to >= this.rows.length) return;
    this.rows.splice(at, 1);
    this.rows.splice(to, 0, row);
    this.#show();
    announce(`Now line ${to + 1} of ${this.rows.length}.`);
    // At either end the button that was pressed is disabled.
    if (focused instanceof HTMLButtonElement && focused.disabled) row.text.focus();
    else focused.focus();
  }

  #show() {
    this.node.replaceChildren(...this.rows.map((row) => row.node));
    for (const [at, row] of this.rows.entries()) row.place(at + 1, this.rows.length);
  }
}

let serial = 0;

/**
 * Make the fields of one line. Alt with an arrow key moves it.
 * @param {Story} story
 * @param {EditedLine} line
 * @param {boolean} performs
 * @param {LineList} list
 */
function lineFields(story, line, performs, list) {
  const id = `line-${++serial}`;
  const speaker = el("select", { "aria-label": "Speaker" });
  for (const name of new Set([...story.cast, line.speaker])) speaker.append(el("option", { value: name }, name));
  speaker.value = line.speaker;
  const wrong = el("p", { class: "form-error", id: `${id}-wrong` });
  const note = el("p", { class: "hint", id: `${id}-note` });
  const text = el("textarea", {
    "aria-describedby": `${id}-wrong ${id}-note`,
    rows: Math.max(2, Math.ceil(line.text.length / 60)),
    dir: "auto",
    value: line.text,
  });
  const tools = {
    up: button("Move up", () => list.move(row, -1, tools.up), { class: "quiet" }),
    down: button("Move down", () => list.move(row, 1, tools.down), { class: "quiet" }),
    add: button("Add a line below", () => list.addAfter(row), { class: "quiet" }),
    bin: button("Delete", () => list.remove(row), { class: "quiet" }),
  };
  const buttons = el("div", { class: "actions" }, ...Object.values(tools));
  const describe = () => setText(note, unspoken(text.value, performs));
  text.addEventListener("input", describe);
  describe();
  const node = el("li", {}, speaker, text, wrong, note, buttons);
  node.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !by || !(event.target instanceof HTMLElement)) return;
    event.preventDefault();
    list.move(row, by, event.target);
  });
  /** @type {Row} */
  const row = {
    node,
    text,
    /** @returns {EditedLine} */
    value: () => {
      const typed = { speaker: speaker.value, text: text.value.trim() };
      return line.line_id ? { line_id: line.line_id, ...typed } : typed;
    },
    /** @param {number} number @param {number} of */
    place: (number, of) => {
      text.setAttribute("aria-label", `Line ${number}`);
      buttons.setAttribute("aria-label", `Change line ${number}`);
      buttons.setAttribute("role", "group");
      tools.up.disabled = number === 1;
      tools.down.disabled = number === of;
      tools.bin.disabled = of === 1;
    },
    /** @param {string} sentence */
    error: (sentence) => {
      setText(wrong, sentence);
      markInvalid(text, sentence !== "");
    },
  };
  return row;
}
