/** Another title, for a story or a chapter: a button that becomes a form. */

import { button, el } from "./dom.js";
import { formError, runAction } from "./notices.js";

/**
 * Make the button; `update(title, hidden)` says what the title is now.
 * @param {string} id a prefix for the ids of its fields
 * @param {string} label such as `Rename story`
 * @param {number} most characters of a title
 * @param {(title: string) => Promise<void>} save
 */
export function renaming(id, label, most, save) {
  let present = "";
  const error = formError({ id: `${id}-error` });
  const input = el("input", {
    id: `${id}-title`,
    maxlength: most,
    autocomplete: "off",
    "aria-describedby": `${id}-error`,
  });
  const submit = el("button", { class: "primary" }, "Save title");
  const open = button(label, () => toggle(true), { class: "quiet" });
  const form = el(
    "form",
    { class: "renaming", hidden: true, novalidate: true },
    el("label", { for: input.id }, "Title"),
    input,
    error.node,
    el(
      "div",
      { class: "actions" },
      submit,
      button("Keep it", () => toggle(false)),
    ),
  );
  /** @param {boolean} editing */
  const toggle = (editing) => {
    form.hidden = !editing;
    open.hidden = editing;
    error.clear();
    if (editing) input.value = present;
    (editing ? input : open).focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    runAction(submit, error, async () => {
      const title = input.value.trim();
      if (!title) throw new Error("A title needs some text.");
      if (title !== present) await save(title);
      toggle(false);
    });
  });
  const node = el("div", { class: "rename" }, open, form);
  /** @param {string} title @param {boolean} hidden */
  const update = (title, hidden) => {
    present = title;
    node.hidden = hidden;
  };
  return { node, update };
}
