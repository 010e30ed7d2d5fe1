/** Questions that must be answered before something is lost. */

import { button, el } from "./dom.js";
import { formError, runAction } from "./notices.js";

/**
 * Show a modal dialog; return what it is closed with, "" by Escape.
 * @param {string} heading
 * @param {(close: (answer: string) => void) => Node[]} fill makes what stands below the heading
 * @returns {Promise<string>}
 */
export function openDialog(heading, fill) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": "dialog-heading" });
    dialog.append(el("h2", { id: "dialog-heading" }, heading), ...fill((answer) => dialog.close(answer)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * A question: its heading, its sentences, and the labels of both answers.
 * @typedef {{ heading: string, sentences: string[], yes: string, no: string }} Question
 */

/**
 * Ask before something is done; return whether it was done. While it fails, the dialog stays and says why.
 * @param {Question} question
 * @param {() => Promise<void> | void} action
 */
export async function confirmed({ heading, sentences, yes, no }, action) {
  const answer = await openDialog(heading, (close) => {
    const error = formError();
    const confirm = button(yes, async () => (await runAction(confirm, error, action)) && close("yes"), {
      class: "danger",
    });
    const keep = button(no, () => close(""), { autofocus: true });
    return [...sentences.map((text) => el("p", {}, text)), error.node, el("div", { class: "actions" }, keep, confirm)];
  });
  return answer === "yes";
}

/** Ask whether edits that are not saved may be lost. */
export function discardEdits() {
  return confirmed(
    {
      heading: "Leave without saving?",
      sentences: ["What you have changed is not saved yet."],
      yes: "Discard changes",
      no: "Keep editing",
    },
    () => {},
  );
}
