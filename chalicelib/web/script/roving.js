/** A list that the keyboard passes in one stop: its arrow keys move within it, as do Home and End. */

const STEPS = new Map([
  ["ArrowDown", 1],
  ["ArrowUp", -1],
]);

/**
 * Return which of the stops comes next, or null where the key moves nothing.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function nextStop(key, at, count) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = STEPS.get(key);
  return step ? Math.min(Math.max(at + step, 0), count - 1) : null;
}

/**
 * Let the keyboard reach only one of the stops of a list at a time: the one that had the focus last.
 * @param {HTMLElement} list
 * @param {() => HTMLElement[]} stops
 */
export function rove(list, stops) {
  /** @param {HTMLElement} chosen */
  const choose = (chosen) => {
    for (const stop of stops()) stop.tabIndex = stop === chosen ? 0 : -1;
  };
  list.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && stops().includes(target)) choose(target);
  });
  list.addEventListener("keydown", (event) => {
    const shown = stops().filter((stop) => !stop.hidden);
    const at = event.target instanceof HTMLElement ? shown.indexOf(event.target) : -1;
    const next = at < 0 ? null : nextStop(event.key, at, shown.length);
    if (next === null) return;
    event.preventDefault();
    shown[next]?.focus();
  });
  return {
    /** See to it that one stop can be reached after the list has changed. */
    update() {
      const shown = stops().filter((stop) => !stop.hidden);
      const chosen = shown.find((stop) => stop.tabIndex === 0) ?? shown[0];
      if (chosen) choose(chosen);
    },
  };
}
