/** Form fields: a label, a hint, the field and its error, tied together for screen readers too. */

import { el, setAttribute, setText } from "./dom.js";

/**
 * Make a list to choose from, of values with their names.
 * @param {ReadonlyArray<readonly [string, string]>} options
 * @param {string} chosen
 */
export function choices(options, chosen) {
  const select = el("select", {}, ...options.map(([value, name]) => el("option", { value }, name)));
  select.value = chosen;
  return select;
}

/**
 * Make a field's row; `error(text)` says what is wrong with it, "" that nothing is any more, and `rename(label, hint)`
 * what is asked for now.
 * @template {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Input
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
  const title = el("label", { for: name }, label);
  const node = el("div", { class: "field" }, title, note, input, wrong);
  /** @param {string} text */
  const error = (text) => {
    setText(wrong, text);
    markInvalid(input, text !== "");
  };
  input.addEventListener("input", () => error(""));
  /** @param {string} text @param {string} about */
  const rename = (text, about) => {
    setText(title, text);
    setText(note, about);
  };
  return { node, input, note, error, rename };
}

/**
 * Make a choice between a few, each with a radio button; `value()` says which is chosen.
 * @template {string} Value
 * @param {string} name
 * @param {string} legend
 * @param {ReadonlyArray<readonly [Value, string]>} options
 * @param {Value} chosen
 */
export function radios(name, legend, options, chosen) {
  let value = chosen;
  const node = el("fieldset", { class: "choice" }, el("legend", {}, legend));
  for (const [each, label] of options) {
    const id = `${name}-${each}`;
    const input = el("input", { type: "radio", name, id, value: each, checked: each === chosen });
    input.addEventListener("input", () => {
      value = each;
    });
    node.append(el("div", { class: "check" }, input, el("label", { for: id }, label)));
  }
  return { node, value: () => value };
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
  const note = el("p", { class: "hint", id: `${name}-hint` }, hint);
  const check = el("div", { class: "check" }, input, el("label", { for: name }, label));
  return { node: el("div", { class: "field" }, check, note), input, note };
}
