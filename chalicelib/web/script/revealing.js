/** Whether a line can be seen above the player, and bringing it there. */

import { find } from "./dom.js";

const playerHeight = () => find("#player", HTMLElement).offsetHeight;

/** Tell whether a part of a line can be seen. @param {Element} node */
export function isVisible(node) {
  const { top, bottom } = node.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight - playerHeight();
}

/** Scroll a line to the middle of the window, unless it is well inside already. @param {Element} node */
export function reveal(node) {
  const { top, bottom } = node.getBoundingClientRect();
  const height = window.innerHeight - playerHeight();
  if (top > height * 0.15 && bottom < height * 0.8) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}
