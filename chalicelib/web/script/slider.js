/** The slider of a player's position. */

import { el, setAttribute } from "./dom.js";
import { spokenClock } from "./format.js";

/** Seconds by which the arrow keys move. */
const ARROWS = new Map([
  ["ArrowLeft", -5],
  ["ArrowDown", -5],
  ["ArrowRight", 5],
  ["ArrowUp", 5],
]);

/**
 * Make the slider. Arrow keys go by seconds that one can hear, however long the chapter is.
 * @param {{ position: number, seek(seconds: number): void }} player
 */
export function positionSlider(player) {
  const node = el("input", { type: "range", class: "position", "aria-label": "Position", min: 0, max: 1, value: 0 });
  let held = false;
  const draw = () => {
    const [value, max] = [Number(node.value), Number(node.max)];
    node.style.setProperty("--fill", `${(100 * value) / (max || 1)}%`);
    setAttribute(node, "aria-valuetext", `${spokenClock(value)} of ${spokenClock(max)}`);
  };
  node.addEventListener("input", () => {
    held = true;
    draw();
  });
  node.addEventListener("change", () => {
    held = false;
    player.seek(Number(node.value));
  });
  node.addEventListener("keydown", (event) => {
    const seconds = ARROWS.get(event.key);
    if (!seconds) return;
    event.preventDefault();
    player.seek(player.position + seconds);
  });
  return {
    node,
    /** @param {number} position @param {number} duration both in seconds */
    show(position, duration) {
      if (held) return;
      setAttribute(node, "max", Math.max(1, Math.round(duration)));
      node.value = String(Math.round(position));
      draw();
    },
  };
}
