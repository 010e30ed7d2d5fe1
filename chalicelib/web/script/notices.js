/** What a view says while it loads and when something fails, and what screen readers are told in passing. */

import { button, el, setText } from "./dom.js";

/** Tell screen readers something that changes nowhere else on the page. */
export function announce(text) {
  setText(document.getElementById("announcer"), text);
}

/** An error's sentence, and a button that tries again. */
export function failure(error, again) {
  return el(
    "div",
    { class: "failure", role: "alert" },
    el("p", {}, error.message),
    again && button("Try again", again, { class: "primary" }),
  );
}

/** A line for errors of one's own actions: empty until `say`. */
export function complaint(props = {}) {
  const node = el("p", { class: "complaint", role: "alert", ...props });
  return { node, say: (text) => setText(node, text), clear: () => setText(node, "") };
}

/**
 * Load what `where` is to show, then show it; an error offers to try again. Nothing happens after `signal`'s abort.
 */
export async function whenLoaded(where, signal, label, load, show) {
  where.replaceChildren(el("p", { class: "loading", role: "status" }, label));
  try {
    const data = await load();
    if (signal.aborted) return;
    where.replaceChildren();
    show(data);
  } catch (error) {
    if (signal.aborted) return;
    where.replaceChildren(failure(error, () => whenLoaded(where, signal, label, load, show)));
  }
}

/**
 * Do what a button asks for: it cannot be pressed twice meanwhile, and an error is said beside it.
 * Gives whether it went well.
 */
export async function attempt(pressed, complain, act) {
  if (pressed.getAttribute("aria-disabled") === "true") return false;
  pressed.setAttribute("aria-disabled", "true");
  complain.clear();
  try {
    await act();
    return true;
  } catch (error) {
    complain.say(error.message);
    return false;
  } finally {
    pressed.removeAttribute("aria-disabled");
  }
}
