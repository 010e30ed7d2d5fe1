/** Questions that must be answered before something is lost. */

import { button, el } from "./dom.js";
import { attempt, complaint } from "./notices.js";

/** Show a modal dialog with a heading and `fill(close)`'s nodes; gives what it is closed with, "" by Escape. */
export function openDialog(heading, fill) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": "dialog-heading" });
    const close = (answer) => dialog.close(answer);
    dialog.append(el("h2", { id: "dialog-heading" }, heading), ...fill(close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask before `act` is done: true when it was done. The dialog stays, with the reason, while it fails. */
export async function confirmed(heading, sentences, yes, no, act) {
  const answer = await openDialog(heading, (close) => {
    const complain = complaint();
    const confirm = button(yes, async () => (await attempt(confirm, complain, act)) && close("yes"), {
      class: "danger",
    });
    const keep = button(no, () => close(""), { autofocus: true });
    return [
      ...sentences.map((text) => el("p", {}, text)),
      complain.node,
      el("div", { class: "actions" }, keep, confirm),
    ];
  });
  return answer === "yes";
}

/** Whether edits that are not saved may be lost. */
export function discardEdits() {
  return confirmed(
    "Leave without saving?",
    ["The lines you changed are not saved yet."],
    "Discard changes",
    "Keep editing",
    () => {},
  );
}
