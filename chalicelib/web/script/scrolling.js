/** Back and forward return to where one had scrolled to, although a view is built anew and what it shows comes later. */

import { scrolls } from "./store.js";

const PATIENCE_MS = 3000;

let serial = 0;
let current = "";
let settle = () => {};

/**
 * Remember how far the present view is scrolled. A browser tells of scrolling with its next frame only, so this is to be
 * called as well before another view takes its place.
 */
export function rememberScroll() {
  if (current) scrolls.set(current, Math.round(window.scrollY));
}

/** Remember how far each view was scrolled. */
export function startScrolling() {
  history.scrollRestoration = "manual";
  window.addEventListener("scroll", rememberScroll, { passive: true });
  for (const name of ["wheel", "touchstart", "keydown", "pointerdown"]) {
    window.addEventListener(name, () => settle(), { passive: true });
  }
}

/**
 * Go to where this entry of the history was left; to the top of one that is new.
 * @param {HTMLElement} content what grows while the view is being filled
 */
export function restoreScroll(content) {
  settle();
  const known = history.state?.entry;
  const wanted = typeof known === "string" ? scrolls.get(known) : 0;
  current = typeof known === "string" ? known : `${Date.now()}.${++serial}`;
  if (!known) history.replaceState({ ...history.state, entry: current }, "");
  window.scrollTo(0, wanted);
  if (wanted > 0) waitFor(content, wanted);
}

/**
 * Scroll once the page is long enough, unless the user has begun to scroll.
 * @param {HTMLElement} content
 * @param {number} wanted
 */
function waitFor(content, wanted) {
  const here = current;
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < wanted + window.innerHeight) return;
    settle();
    window.scrollTo(0, wanted);
  });
  const timer = setTimeout(() => settle(), PATIENCE_MS);
  // Until then the shorter page must not count as where it was left.
  current = "";
  settle = () => {
    settle = () => {};
    current = here;
    observer.disconnect();
    clearTimeout(timer);
  };
  observer.observe(content);
}
