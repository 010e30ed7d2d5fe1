/** Single keys that control the player, the dialog that names them, and a way to turn them off (WCAG 2.1.4). */

import { button, el } from "./dom.js";
import { openDialog } from "./dialog.js";
import { player } from "./player.js";
import { controls } from "./playerbar.js";
import { shortcuts } from "./store.js";

const KEYS = {
  " ": controls.toggle,
  k: controls.toggle,
  j: controls.back,
  l: controls.forward,
  "[": controls.previous,
  "]": controls.next,
};

const HELP = [
  [["Space", "K"], "Play or pause"],
  [["J"], "Back 15 seconds"],
  [["L"], "Forward 30 seconds"],
  [["["], "Previous chapter"],
  [["]"], "Next chapter"],
  [["←", "→"], "Back or forward 5 seconds, on the slider"],
  [["?"], "This list"],
];

/** Listen to the keys. A field takes every key itself, and a button or link takes the space bar. */
export function startKeys() {
  document.getElementById("help").addEventListener("click", showHelp);
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!shortcuts.get() || document.querySelector("dialog[open]")) return;
    if (target.closest("input:not([type=range]), textarea, select")) return;
    if (key === " " && target.closest("button, a, summary, input")) return;
    if (key === "?") {
      showHelp();
    } else if (player.storyId && KEYS[key.toLowerCase()]) {
      event.preventDefault();
      KEYS[key.toLowerCase()]();
    }
  });
}

function showHelp() {
  openDialog("Keyboard shortcuts", (close) => {
    const rows = HELP.map(([keys, does]) =>
      el("div", {}, el("dt", {}, ...keys.map((key) => el("kbd", {}, key))), el("dd", {}, does)),
    );
    const on = el("input", { type: "checkbox", id: "shortcuts-on", checked: shortcuts.get() });
    on.addEventListener("change", () => shortcuts.set(on.checked));
    return [
      el("p", { class: "muted" }, "They control the player while no field has the focus."),
      el("dl", { class: "keys" }, ...rows),
      el("p", { class: "check" }, on, el("label", { for: "shortcuts-on" }, "Use keyboard shortcuts")),
      el(
        "div",
        { class: "actions" },
        button("Close", () => close(""), { autofocus: true }),
      ),
    ];
  });
}
