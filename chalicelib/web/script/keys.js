/** Single keys that control the player, the dialog that lists them, and a way to turn them off (WCAG 2.1.4). */

import { openDialog } from "./dialog.js";
import { button, el, find } from "./dom.js";
import { player } from "./player.js";
import { controls } from "./playerbar.js";
import { shortcuts } from "./store.js";

/** @type {Readonly<Record<string, () => void>>} */
const KEYS = {
  " ": controls.toggle,
  k: controls.toggle,
  j: controls.back,
  l: controls.forward,
  "[": controls.previous,
  "]": controls.next,
};

/** @type {ReadonlyArray<[string[], string]>} */
const HELP = [
  [["Space", "K"], "Play or pause"],
  [["J"], "Back 15 seconds"],
  [["L"], "Forward 30 seconds"],
  [["["], "Previous chapter"],
  [["]"], "Next chapter"],
  [["←", "→"], "Back or forward 5 seconds, on the slider"],
  [["?"], "This list"],
];

/** Listen to the keys. */
export function startKeys() {
  find("#help", HTMLElement).addEventListener("click", showHelp);
  document.addEventListener("keydown", (event) => {
    if (!isShortcut(event)) return;
    const action = KEYS[event.key.toLowerCase()];
    if (event.key === "?") {
      showHelp();
    } else if (player.storyId && action) {
      event.preventDefault();
      action();
    }
  });
}

/**
 * Tell whether a key is meant for the page: a field takes every key itself, and a button or link takes the space bar.
 * @param {KeyboardEvent} event
 */
function isShortcut({ target, key, ctrlKey, metaKey, altKey, defaultPrevented }) {
  if (ctrlKey || metaKey || altKey || defaultPrevented) return false;
  if (!shortcuts.get() || document.querySelector("dialog[open]") || !(target instanceof Element)) return false;
  const takers =
    key === " " ? "button, a, summary, input, textarea, select" : "input:not([type=range]), textarea, select";
  return !target.closest(takers);
}

function showHelp() {
  openDialog("Keyboard shortcuts", (close) => {
    const rows = HELP.map(([keys, does]) =>
      el("div", {}, el("dt", {}, ...keys.map((key) => el("kbd", {}, key))), el("dd", {}, does)),
    );
    const on = el("input", { type: "checkbox", id: "shortcuts-on", checked: shortcuts.get() });
    on.addEventListener("change", () => shortcuts.set(on.checked));
    const done = button("Close", () => close(""), { autofocus: true });
    return [
      el("p", { class: "muted" }, "They control the player unless you are typing in a field."),
      el("dl", { class: "keys" }, ...rows),
      el("p", { class: "check" }, on, el("label", { for: "shortcuts-on" }, "Use keyboard shortcuts")),
      el("div", { class: "actions" }, done),
    ];
  });
}
