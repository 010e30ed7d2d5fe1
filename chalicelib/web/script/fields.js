/** Form fields: a label, a hint, the field and its error, tied together for screen readers too. */

import { el, setAttribute, setText } from "./dom.js";

/**
 * Make a field's row; `error(text)` says what is wrong with it, "" that nothing is any more.
 * @template {HTMLInputElement | HTMLTextAreaElement} Input
 * @param {string} name
 * @param {string} label
 * @param {Input} input
 * @param {string} [hint]
 */
export function field(name, label, input, hint = "") {
  input.id = name;
  input.setAttribute("aria-describedby", `${name}-hint ${name}-error`);
  const wrong = el("p", { class: "form-error", id: `${name}-error` });
  const note = el("p", { class: "hint", id: `${name}-hint` }, hint);
  const node = el("div", { class: "field" }, el("label", { for: name }, label), note, input, wrong);
  /** @param {string} text */
  const error = (text) => {
    setText(wrong, text);
    markInvalid(input, text !== "");
  };
  input.addEventListener("input", () => error(""));
  return { node, input, note, error };
}

/**
 * Mark a field as wrong, or not any more.
 * @param {HTMLElement} input
 * @param {boolean} invalid
 */
export function markInvalid(input, invalid) {
  setAttribute(input, "aria-invalid", invalid ? "true" : null);
}

/**
 * Make a checkbox with its label.
 * @param {string} name
 * @param {string} label
 * @param {string} hint
 * @param {boolean} checked
 */
export function checkbox(name, label, hint, checked) {
  const input = el("input", { type: "checkbox", id: name, checked, "aria-describedby": `${name}-hint` });
  const node = el(
    "div",
    { class: "field" },
    el("div", { class: "check" }, input, el("label", { for: name }, label)),
    el("p", { class: "hint", id: `${name}-hint` }, hint),
  );
  return { node, input };
}
