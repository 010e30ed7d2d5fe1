/** What a view says while it loads and when something fails, and what screen readers announce in passing. */

import { toError } from "./api.js";
import { button, el, find, setText } from "./dom.js";

/** @typedef {{ node: HTMLElement, show: (text: string, thrown?: unknown) => void, clear: () => void }} FormError */

/**
 * Tell screen readers something that changes nowhere else on the page.
 * @param {string} text
 */
export function announce(text) {
  setText(find("#announcer", HTMLElement), text);
}

/**
 * Make a panel with an error's sentence and, unless `again` is left out, a button that tries again.
 * @param {unknown} error
 * @param {() => void} [again]
 */
export function errorPanel(error, again) {
  return el(
    "div",
    { class: "error-panel", role: "alert" },
    el("p", {}, toError(error).message),
    again && button("Try again", again, { class: "primary" }),
  );
}

/**
 * Make a line for the errors of one's own actions: empty until `show`.
 * @param {import("./dom.js").Attributes} [attributes]
 * @returns {FormError}
 */
export function formError(attributes = {}) {
  const node = el("p", { class: "form-error", role: "alert", ...attributes });
  return { node, show: (text) => setText(node, text), clear: () => setText(node, "") };
}

/**
 * Load what `where` is to show, then show it; an error offers to try again. Nothing happens once `signal` has aborted.
 * @template T
 * @param {HTMLElement} where
 * @param {AbortSignal} signal
 * @param {string} label what is said meanwhile
 * @param {() => Promise<T>} load
 * @param {(data: T) => void} show
 */
export async function loadInto(where, signal, label, load, show) {
  where.replaceChildren(el("p", { class: "loading", role: "status" }, label));
  try {
    const data = await load();
    if (signal.aborted) return;
    where.replaceChildren();
    show(data);
  } catch (error) {
    if (signal.aborted) return;
    where.replaceChildren(errorPanel(error, () => loadInto(where, signal, label, load, show)));
  }
}

/**
 * Do what a button asks for; return whether it went well. The button cannot be pressed twice meanwhile, and an error is
 * shown beside it.
 * @param {HTMLElement} pressed
 * @param {FormError} error
 * @param {() => unknown} action may return a promise
 */
export async function runAction(pressed, error, action) {
  if (pressed.getAttribute("aria-disabled") === "true") return false;
  pressed.setAttribute("aria-disabled", "true");
  error.clear();
  try {
    await action();
    return true;
  } catch (thrown) {
    error.show(toError(thrown).message, thrown);
    return false;
  } finally {
    pressed.removeAttribute("aria-disabled");
  }
}
