/** Form fields: a label, a hint, the field and its error, tied together for everyone. */

import { el, setText } from "./dom.js";

/** A field's row; `error(text)` says what is wrong with it, or nothing any more. */
export function field(name, label, input, hint = "") {
  input.id = name;
  input.setAttribute("aria-describedby", `${name}-hint ${name}-error`);
  const wrong = el("p", { class: "complaint", id: `${name}-error` });
  const note = el("p", { class: "hint", id: `${name}-hint` }, hint);
  const node = el("div", { class: "field" }, el("label", { for: name }, label), note, input, wrong);
  const error = (text) => {
    setText(wrong, text);
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  input.addEventListener("input", () => error(""));
  return { node, input, note, error };
}

/** A checkbox with its label. */
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
